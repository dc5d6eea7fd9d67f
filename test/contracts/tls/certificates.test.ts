/** Who is trusted, and as whom; what those who are not learn; and that a server goes on after each of them. */

import { TlsContext, type TlsOptions, tlsOf } from "sluice";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type TestCertificate, TestCertificates } from "./test-certificates.js";
import { ask, failure, TlsScene } from "./tls-scene.js";

const { missing } = TestCertificates;
let all: TestCertificates;
beforeAll(() => {
  if (missing === undefined) all = new TestCertificates();
});
beforeEach((context) => context.skip(missing !== undefined, missing));
afterAll(() => all?.[Symbol.dispose]());

const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;

describe("a client", () => {
  it.each<[what: string, code: string, certificate: () => TestCertificate]>([
    ["another name", "TLS_HOSTNAME_MISMATCH", () => all.issue("other", { names: "DNS:other.example.org" })],
    ["a past", "TLS_CERTIFICATE_EXPIRED", () => all.issue("expired", { names: "DNS:localhost", days: -1 })],
    ["an unknown issuer", "TLS_UNKNOWN_CA", () => all.issue("intruder", { names: "DNS:localhost", by: all.stranger })],
    ["itself as its issuer", "TLS_UNKNOWN_CA", () => all.stranger],
    ["another purpose", "TLS_HANDSHAKE_FAILED", () => all.issue("p", { names: "DNS:localhost", usage: "clientAuth" })],
  ])("refuses a server whose certificate has %s, with %s", async (_what, code, certificate) => {
    for (const maxVersion of VERSIONS) {
      await using scene = await TlsScene.serve(certificate());
      expect(await failure(scene.connect({ ca: all.authority.cert, maxVersion }))).toBe(code);
      // The server goes on for those who do not look.
      expect(await scene.echoes({ dangerouslyAcceptAnyCertificate: true, maxVersion })).toBe("hello");
    }
  });

  it("verifies the name it is told to instead of the host's, and addresses", async () => {
    await using scene = await TlsScene.serve(all.issue("named", { names: "DNS:other.example.org" }));
    expect(await scene.echoes({ ca: all.authority.cert, servername: "other.example.org" })).toBe("hello");
    await using byAddress = await TlsScene.serve(all.localhost);
    expect(await byAddress.echoes({ ca: all.authority.cert, servername: "127.0.0.1" })).toBe("hello");
    const wrong = byAddress.connect({ ca: all.authority.cert, servername: "127.0.0.2" });
    expect(await failure(wrong)).toBe("TLS_HOSTNAME_MISMATCH");
  });

  it("trusts nobody it was not told of, whatever the environment says", async () => {
    await using scene = await TlsScene.serve(all.localhost);
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    try {
      expect(await failure(scene.connect({}))).toBe("TLS_UNKNOWN_CA");
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    }
  });
});

describe.each(VERSIONS)("a server that asks for certificates, %s", (maxVersion) => {
  const client = (certificate?: TestCertificate): TlsOptions => ({
    ca: all.authority.cert,
    maxVersion,
    ...(certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key }),
  });
  const server = (clientAuth: "optional" | "require"): TlsOptions => ({
    ...all.localhost,
    ca: all.authority.cert,
    clientAuth,
  });
  const good = () => all.issue("client", { names: "DNS:client", usage: "clientAuth" });
  const refused = () => ({
    intruder: all.issue("intruder", { names: "DNS:client", by: all.stranger, usage: "clientAuth" }),
    expired: all.issue("expired", { names: "DNS:client", days: -1, usage: "clientAuth" }),
  });

  /** A client that is refused may learn it only when it reads, in TLS 1.3; what it writes must reach nobody. */
  async function attempt(scene: TlsScene, options: TlsOptions): Promise<string> {
    return failure(scene.connect(options).then((channel) => ask(channel, "secret")));
  }

  it("knows who the client is", async () => {
    await using scene = await TlsScene.serve(server("require"));
    const channel = await scene.connect(client(good()));
    expect(await ask(channel, "hello")).toBe("hello");
    expect(tlsOf(scene.children[0]!)?.peerCertificate?.subject).toBe("CN=client");
    expect(scene.handshakes[0]?.session?.peerCertificate?.subjectAltName).toBe("DNS:client");
    expect(tlsOf(channel)?.peerCertificate?.subject).toBe("CN=localhost");
  });

  it("refuses clients without one, with an issuer it does not know, or a past", async () => {
    await using scene = await TlsScene.serve(server("require"));
    const { intruder, expired } = refused();
    for (const options of [client(), client(intruder), client(expired)]) {
      expect(await attempt(scene, options)).not.toBe("no failure");
    }
    expect(scene.errors).toEqual(["TLS_CERTIFICATE_REQUIRED", "TLS_UNKNOWN_CA", "TLS_CERTIFICATE_EXPIRED"]);
    expect(scene.handshakes.map(({ error }) => error?.code)).toEqual(scene.errors);
    expect(scene.children.map((child) => child.closeCause)).toEqual(
      scene.errors.map((code) => expect.objectContaining({ code })),
    );
    expect(await scene.echoes(client(good()))).toBe("hello");
  });

  it("may let in clients without one, but none with a bad one", async () => {
    await using scene = await TlsScene.serve(server("optional"));
    expect(await scene.echoes(client())).toBe("hello");
    expect(await attempt(scene, client(refused().intruder))).not.toBe("no failure");
    expect(scene.errors).toEqual(["TLS_UNKNOWN_CA"]);
    expect(await scene.echoes(client(good()))).toBe("hello");
    expect(scene.handshakes.map(({ session }) => session?.peerCertificate?.subject)).toEqual([
      undefined,
      undefined,
      "CN=client",
    ]);
  });

  it("tells a client without one that it is required, where the protocol has a word for it", async () => {
    await using scene = await TlsScene.serve(server("require"));
    const told = await attempt(scene, client());
    expect(told).toBe(maxVersion === "TLSv1.3" ? "TLS_CERTIFICATE_REQUIRED" : "TLS_HANDSHAKE_FAILED");
  });
});

describe("versions and protocols", () => {
  it("have to be common to both", async () => {
    await using scene = await TlsScene.serve({ ...all.localhost, minVersion: "TLSv1.3" });
    const { cert: ca } = all.authority;
    expect(await failure(scene.connect({ ca, maxVersion: "TLSv1.2" }))).toBe("TLS_PROTOCOL_VERSION");
    await expect.poll(() => scene.errors).toEqual(["TLS_PROTOCOL_VERSION"]);
    expect(await scene.echoes({ ca })).toBe("hello");
  });

  it("are chosen by the server's order, and not having one in common ends it", async () => {
    await using scene = await TlsScene.serve({ ...all.localhost, alpnProtocols: ["b", "a"] });
    const { cert: ca } = all.authority;
    const channel = await scene.connect({ ca, alpnProtocols: ["a", "b"] });
    expect(tlsOf(channel)?.applicationProtocol).toBe("b");
    expect(await failure(scene.connect({ ca, alpnProtocols: ["c"] }))).toBe("TLS_NO_APPLICATION_PROTOCOL");
    expect(tlsOf(await scene.connect({ ca }))?.applicationProtocol).toBeUndefined();
    expect(scene.errors).toEqual(["TLS_NO_APPLICATION_PROTOCOL"]);
  });
});

describe("a server with names", () => {
  const contents = () => {
    const names = {
      "a.example.org": all.issue("exact", { names: "DNS:a.example.org" }),
      "*.example.org": all.issue("wildcard", { names: "DNS:*.example.org" }),
    };
    return { ca: all.authority.cert, names };
  };
  const subject = async (scene: TlsScene, servername: string) => {
    const channel = await scene.connect({ ca: all.authority.cert, servername });
    return tlsOf(channel)?.peerCertificate?.subject;
  };

  it("shows the certificate of the name that is asked for, or its own", async () => {
    await using scene = await TlsScene.serve({ ...all.localhost, ...contents() });
    expect(await subject(scene, "a.example.org")).toBe("CN=exact");
    expect(await subject(scene, "b.example.org")).toBe("CN=wildcard");
    expect(await subject(scene, "localhost")).toBe("CN=localhost");
    await expect.poll(() => scene.handshakes.length).toBe(3);
    const asked = ["a.example.org", "b.example.org", "localhost"];
    expect(scene.handshakes.map(({ session }) => session?.serverName)).toEqual(asked);
  });

  it("refuses names it has no certificate for, if it has none of its own", async () => {
    await using scene = await TlsScene.serve(contents());
    expect(await failure(subject(scene, "x.y.example.org"))).not.toBe("no failure");
    await expect.poll(() => scene.errors).toEqual(["TLS_UNKNOWN_SERVER_NAME"]);
    expect(await subject(scene, "b.example.org")).toBe("CN=wildcard");
  });

  it("asks for client certificates whichever certificate it shows", async () => {
    await using scene = await TlsScene.serve({ ...all.localhost, ...contents(), clientAuth: "require" });
    const { cert, key } = all.issue("client", { names: "DNS:client", usage: "clientAuth" });
    const options = { ca: all.authority.cert, servername: "b.example.org" };
    expect(await scene.echoes({ ...options, cert, key })).toBe("hello");
    expect(await failure(scene.connect(options).then((channel) => ask(channel, "x")))).toBe("TLS_CERTIFICATE_REQUIRED");
  });

  it("exchanges certificates without a restart", async () => {
    const context = new TlsContext({ ...all.localhost, ...contents() });
    await using scene = await TlsScene.serve({ context });
    const old = await scene.connect({ ca: all.authority.cert });
    expect(await ask(old, "one")).toBe("one");
    const { cert, key } = all.issue("renewed", { names: "DNS:localhost" });
    context.reload({ cert, key });
    expect(await subject(scene, "localhost")).toBe("CN=renewed");
    expect(await subject(scene, "a.example.org")).toBe("CN=exact");
    expect(await ask(old, "two")).toBe("two");
    context.reload({ names: { "a.example.org": all.issue("again", { names: "DNS:a.example.org" }) } });
    expect(await subject(scene, "a.example.org")).toBe("CN=again");
    // What cannot be used changes nothing.
    expect(() => context.reload({ cert: "no certificate", key })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect(await subject(scene, "localhost")).toBe("CN=renewed");
  });
});

describe("a context that cannot work", () => {
  it.each<[what: string, options: () => TlsOptions]>([
    ["a key without a certificate", () => ({ key: all.localhost.key })],
    ["a certificate with another's key", () => ({ cert: all.localhost.cert, key: all.stranger.key })],
    ["a name that is none", () => ({ names: { "not a name": all.localhost } })],
    ["TLS 1.1", () => ({ ...all.localhost, minVersion: "TLSv1.1" as never })],
    ["a handshake without end", () => ({ handshakeTimeoutMs: Number.POSITIVE_INFINITY })],
    ["less than no sessions", () => ({ sessionCacheSize: -1 })],
    ["an unknown demand", () => ({ clientAuth: "please" as never })],
  ])("is refused: %s", (_what, options) => {
    expect(() => new TlsContext(options())).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("and so is a server without a certificate", async () => {
    expect(await failure(TlsScene.serve({ ca: all.authority.cert }))).toBe("INVALID_ARGUMENT");
  });
});
