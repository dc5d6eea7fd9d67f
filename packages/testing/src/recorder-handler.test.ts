import { ByteBuf, SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelInboundHandler, type ChannelPipeline } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, expectTypeOf, it } from "vitest";
import { RecorderHandler } from "./index.js";

class Packet {
  readonly id = 1;
}

class Upper extends ChannelInboundHandler<string, string> {
  override channelRead(ctx: ChannelHandlerContext<string>, text: string): void {
    ctx.fireChannelRead(text.toUpperCase());
  }
}

describe("RecorderHandler", () => {
  it("records the life of a channel and passes everything on", () => {
    const recorder = new RecorderHandler();
    const channel = new EmbeddedChannel(recorder);
    expect(recorder.takeTrace()).toEqual(["added", "active", "READ"]);
    channel.writeInbound(ByteBuf.from("abc"), "text", new Packet());
    expect(channel.inboundMessages).toHaveLength(3);
    channel.writeOutbound(Uint8Array.of(1), [1, 2], 7);
    expect(channel.outboundMessages).toHaveLength(3);
    channel.pipeline.fireUserEventTriggered("hello");
    channel.pipeline.fireExceptionCaught(new SluiceError("FRAME_TOO_LONG"));
    channel.pipeline.fireExceptionCaught(new RangeError("far"));
    channel.pipeline.fireChannelWritabilityChanged();
    expect(() => channel.checkException()).toThrow(SluiceError);
    channel.finish();
    expect(recorder.takeTrace()).toEqual([
      ...["read ByteBuf(3)", 'read "text"', "read Packet", "readComplete", "READ"],
      ...["write Uint8Array(1)", "write Array(2)", "write 7", "flush"],
      ...['event "hello"', "error FRAME_TOO_LONG", "error RangeError: far", "writability true"],
      ...["close", "inactive", "removed"],
    ]);
    expect(recorder.trace).toEqual([]);
    expect(recorder.messages[2]).toEqual(new Packet());
    expect(recorder.written).toEqual([Uint8Array.of(1), [1, 2], 7]);
    expect(recorder.events).toEqual(["hello"]);
    expect(recorder.errors.map(({ message }) => message)).toContain("far");
  });

  it("records the rare operations", () => {
    const recorder = new RecorderHandler();
    const channel = new EmbeddedChannel(recorder);
    recorder.takeTrace();
    // What they lead to is the channel's affair.
    channel.connect({} as never).addListener(() => {});
    channel.bind({} as never).addListener(() => {});
    channel.shutdownOutput().addListener(() => {});
    channel.runPendingTasks();
    channel.disconnect();
    channel.runPendingTasks();
    expect(recorder.takeTrace()).toEqual([
      ...["connect", "bind", "shutdownOutput", "event ChannelOutputShutdownEvent"],
      ...["disconnect", "inactive", "removed"],
    ]);
  });

  it("shows the order among several that share a trace", () => {
    const trace: string[] = [];
    const recorder = (name: string) => new RecorderHandler({ name, trace });
    const b = recorder("B");
    const channel = new EmbeddedChannel(recorder("A"), b);
    channel.pipeline.replace(b, recorder("C"));
    channel.close();
    channel.runPendingTasks();
    expect(trace.join(" ")).toBe(
      "A.added B.added A.active B.active B.READ A.READ C.added B.removed " +
        "C.close A.close A.inactive C.inactive C.removed A.removed",
    );
  });

  it("sees what its place in the pipeline sees", () => {
    const [before, after] = [new RecorderHandler(), new RecorderHandler()];
    new EmbeddedChannel(before, new Upper(), after).writeInbound("one");
    expect(before.messages).toEqual(["one"]);
    expect(after.messages).toEqual(["ONE"]);
  });

  it("clips long strings, and lets objects with words of their own speak", () => {
    const recorder = new RecorderHandler();
    const channel = new EmbeddedChannel(recorder);
    recorder.takeTrace();
    channel.writeInbound("x".repeat(40), new URL("tcp://host:1"), null, {});
    expect(recorder.takeTrace().slice(0, 4)).toEqual([
      `read "${"x".repeat(32)}…"`,
      "read tcp://host:1",
      "read null",
      "read Object",
    ]);
  });

  it("leaves the types on both sides as they are", () => {
    const build = (pipeline: ChannelPipeline<string, number>) => pipeline.addLast(new RecorderHandler());
    expectTypeOf<ReturnType<typeof build>>().toEqualTypeOf<ChannelPipeline<string, number>>();
  });
});
