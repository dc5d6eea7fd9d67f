/** Whatever happens between two ends of TLS, and whatever they do meanwhile: both end, with a code, and the server serves. */

import { once } from "node:events";
import net from "node:net";
import fc from "fast-check";
import { ByteBuf, type Channel, SluiceError } from "sluice";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { TestCertificates } from "./test-certificates.js";
import { TlsScene, turn } from "./tls-scene.js";

const { missing } = TestCertificates;
let all: TestCertificates;
beforeAll(() => {
  if (missing === undefined) all = new TestCertificates();
});
beforeEach((context) => context.skip(missing !== undefined, missing));
afterAll(() => all?.[Symbol.dispose]());

/** What the relay does to a chunk on its way. */
type Mischief = "pass" | "split" | "corrupt" | "insert" | "drop" | "cut" | "reset";

const mischief = fc.record({
  afterChunks: fc.nat({ max: 8 }),
  toServer: fc.boolean(),
  kind: fc.constantFrom<Mischief>("pass", "split", "corrupt", "insert", "drop", "cut", "reset"),
  position: fc.nat({ max: 2000 }),
  type: fc.integer({ min: 20, max: 24 }),
});
const act = fc.record({
  onServer: fc.boolean(),
  kind: fc.constantFrom("write", "close", "shutdown output", "close forcibly", "pause", "wait"),
  bytes: fc.integer({ min: 1, max: 200_000 }),
});

it.each(["TLSv1.2", "TLSv1.3"] as const)(
  "survives what a network and its users can do, %s",
  async (maxVersion) => {
    await using scene = await TlsScene.serve(all.localhost);
    scene.server.children.on("error", () => {});
    await fc.assert(
      fc.asyncProperty(mischief, fc.array(act, { minLength: 1, maxLength: 6 }), async (mischief, acts) => {
        const relay = new Relay(scene.port, mischief);
        await relay.listening;
        const before = scene.children.length;
        const options = { ca: all.authority.cert, maxVersion, handshakeTimeoutMs: 300 };
        const { channel, error } = await scene
          .connect(options, undefined, undefined, relay.port)
          .then((channel) => ({ channel, error: undefined }))
          .catch((error: unknown) => ({ channel: undefined, error }));
        if (channel === undefined) expect(error).toBeInstanceOf(SluiceError);
        else {
          channel.on("error", () => {});
          for (const { onServer, kind, bytes } of acts)
            await perform(kind, onServer ? scene.children[before] : channel, bytes);
          channel.autoRead = true;
          await Promise.race([channel.close(), rest(200)]);
          channel.closeForcibly();
          await channel.closed;
        }
        relay.close();
        for (const child of scene.children.slice(before)) {
          await Promise.race([child.closed, rest(700)]);
          child.closeForcibly();
          await child.closed;
          const cause = child.closeCause;
          if (cause !== undefined) expect(cause).toBeInstanceOf(SluiceError);
        }
      }),
      { numRuns: 25 },
    );
    expect(scene.server.children.size).toBe(0);
    expect(await scene.echoes({ ca: all.authority.cert, maxVersion })).toBe("hello");
  },
  120_000,
);

async function perform(kind: string, channel: Channel | undefined, bytes: number): Promise<void> {
  if (channel === undefined) return;
  if (kind === "write") channel.writeAndFlush(ByteBuf.from(new Uint8Array(bytes))).addListener(() => {});
  else if (kind === "close") channel.close().addListener(() => {});
  else if (kind === "shutdown output") channel.shutdownOutput().addListener(() => {});
  else if (kind === "close forcibly") channel.closeForcibly();
  else if (kind === "pause") channel.autoRead = false;
  else await rest(3);
  if (bytes % 2 === 0) await turn();
}

const rest = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

class Relay {
  readonly listening: Promise<unknown>;
  readonly #server: net.Server;
  readonly #sockets: net.Socket[] = [];

  constructor(
    to: number,
    mischief: { afterChunks: number; toServer: boolean; kind: Mischief; position: number; type: number },
  ) {
    this.#server = net.createServer({ allowHalfOpen: true }, (client) => {
      const server = net.connect({ port: to, host: "127.0.0.1", allowHalfOpen: true });
      this.#sockets.push(client, server);
      const pass = (from: net.Socket, into: net.Socket, isMine: boolean) => {
        let chunks = 0;
        let isDropping = false;
        from.on("error", () => into.destroy());
        from.on("end", () => into.end());
        from.on("data", (chunk: Buffer) => {
          const isTime = isMine && chunks++ === mischief.afterChunks;
          const at = mischief.position % chunk.length;
          if (isDropping) return;
          if (!isTime || mischief.kind === "pass") return void into.write(chunk);
          if (mischief.kind === "split") for (const byte of chunk.subarray(0, 3000)) into.write(Buffer.of(byte));
          if (mischief.kind === "split") into.write(chunk.subarray(3000));
          else if (mischief.kind === "corrupt") {
            chunk[at] = (chunk[at] as number) ^ 0x55;
            into.write(chunk);
          } else if (mischief.kind === "insert") {
            into.write(Buffer.concat([chunk, Buffer.of(mischief.type, 3, 3, 0, 24), Buffer.alloc(24, 7)]));
          } else if (mischief.kind === "drop") isDropping = true;
          else if (mischief.kind === "cut") {
            isDropping = true;
            into.end(chunk.subarray(0, at));
          } else {
            client.resetAndDestroy();
            server.resetAndDestroy();
          }
        });
      };
      pass(client, server, mischief.toServer);
      pass(server, client, !mischief.toServer);
    });
    this.#server.listen(0, "127.0.0.1");
    this.listening = once(this.#server, "listening");
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
