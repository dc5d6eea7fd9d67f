/** How many flushes and system calls a FlushConsolidationHandler makes of many flushes, over TCP. */
import { Socket } from "node:net";
import {
  Bootstrap,
  ByteBuf,
  FlushConsolidationHandler,
  type FlushConsolidationHandlerOptions,
  ServerBootstrap,
  tcp,
} from "sluice";
import { describe, expect, it, onTestFinished, vi } from "vitest";

const HOST = "127.0.0.1";

/** A client that counts what reaches the transport, and a server that counts bytes and answers nothing. */
async function counted(options?: FlushConsolidationHandlerOptions) {
  let received = 0;
  let told = () => {};
  const server = await new ServerBootstrap()
    .transport(tcp())
    .childHandler((p) =>
      p.addLast({
        channelRead(_ctx, bytes) {
          received += bytes.readableBytes;
          told();
        },
      }),
    )
    .bind({ host: HOST, port: 0 });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const counts = { flushes: 0, writes: 0 };
  const client = await new Bootstrap()
    .transport(tcp())
    .handler((p) => {
      p.addLast({
        flush(ctx) {
          counts.flushes++;
          ctx.flush();
        },
      });
      if (options !== undefined) p.addLast(new FlushConsolidationHandler(options));
    })
    .connect(server.localAddress);
  onTestFinished(() => client[Symbol.asyncDispose]());
  const spy = vi.spyOn(Socket.prototype, "write").mockClear();
  onTestFinished(() => spy.mockRestore());
  /** Writes and flushes so many messages of one byte in one job, and waits until they have arrived. */
  const writeEach = async (count: number) => {
    for (let i = 0; i < count; i++) client.writeAndFlush(ByteBuf.from("x"));
    while (received < count) await new Promise<void>((resolve) => (told = resolve));
    return { ...counts, writes: spy.mock.calls.length };
  };
  return { client, writeEach };
}

describe("a thousand flushes outside of a burst", () => {
  it("are a thousand writes without the handler, and with it as it comes", async () => {
    expect(await (await counted()).writeEach(1000)).toEqual({ flushes: 1000, writes: 1000 });
    expect(await (await counted({})).writeEach(1000)).toEqual({ flushes: 1000, writes: 1000 });
  });

  it("are one for every 256, and one for the rest, when they are consolidated", async () => {
    const { writeEach } = await counted({ consolidateWhenNoReadInProgress: true });
    expect(await writeEach(1000)).toEqual({ flushes: 4, writes: 4 });
  });

  it("are one for every ten when that is the limit", async () => {
    const { writeEach } = await counted({ consolidateWhenNoReadInProgress: true, explicitFlushAfterFlushes: 10 });
    expect(await writeEach(1000)).toEqual({ flushes: 100, writes: 100 });
  });
});
