/** The JDK's TLS at the other end, over 1.2 and 1.3. */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Bootstrap, ByteBuf, tls, tlsOf } from "sluice";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { TestCertificates } from "../contracts/tls/test-certificates.js";
import { failure, TlsScene } from "../contracts/tls/tls-scene.js";
import { PeerProcess } from "./peer-process.js";

const missing = TestCertificates.missing ?? missingJava();
let all: TestCertificates;
beforeAll(() => {
  if (missing === undefined) all = new TestCertificates();
});
beforeEach((context) => context.skip(missing !== undefined, missing));
afterAll(() => all?.[Symbol.dispose]());

const BYTES = 3_000_000;

describe.each(["TLSv1.2", "TLSv1.3"])(
  "the JDK, %s",
  (version) => {
    it("as a client echoes through a Sluice server, and refuses one it does not trust", async () => {
      await using scene = await TlsScene.serve({ ...all.localhost, alpnProtocols: ["echo"] });
      await using stranger = java("client", version, all.stranger.certFile, String(scene.port), "10");
      await stranger.printed(/^failed .*PKIX/m);
      await expect.poll(() => scene.errors).toEqual(["TLS_CERTIFICATE_REJECTED"]);
      await using peer = java("client", version, all.authority.certFile, String(scene.port), String(BYTES));
      await peer.printed(new RegExp(`^done ${version} echo ${BYTES}$`, "m"));
      expect(await peer.exit()).toBe(0);
      await expect.poll(() => scene.server.children.size).toBe(0);
      // It ended in order on both sides.
      expect(scene.errors).toHaveLength(1);
    });

    it("as a server echoes for a Sluice client, after one that did not trust it", async () => {
      await using peer = java("server", version, all.localhost.certFile, all.localhost.keyFile);
      const [, port] = await peer.printed(/^port (\d+)$/m);
      const address = { host: "localhost", port: Number(port) };
      expect(await failure(new Bootstrap().transport(tls({})).connect(address))).toBe("TLS_UNKNOWN_CA");
      const options = { ca: all.authority.cert, alpnProtocols: ["echo"] };
      const channel = await new Bootstrap().transport(tls(options)).connect(address);
      expect(tlsOf(channel)).toMatchObject({ protocol: version, applicationProtocol: "echo" });
      const sending = channel.send(ByteBuf.from(new Uint8Array(BYTES).fill(7)));
      let received = 0;
      for await (const bytes of channel.messages()) {
        received += bytes.readableBytes;
        if (received >= BYTES) break;
      }
      await sending;
      await channel.close();
      await peer.printed(new RegExp(`^done ${version} echo ${BYTES}$`, "m"));
      expect(channel.closeCause).toBeUndefined();
    });
  },
  60_000,
);

/** From its source: what it takes to compile it is less than to keep what was compiled. */
function java(...args: string[]): PeerProcess {
  return new PeerProcess("java", [...JVM_OPTIONS, SOURCE, ...args]);
}

function missingJava(): string | undefined {
  try {
    execFileSync("javac", ["-version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "no Java compiler is installed";
  }
}

const SOURCE = fileURLToPath(new URL("tls/TlsPeer.java", import.meta.url));
const JVM_OPTIONS = ["-Xmx96m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
