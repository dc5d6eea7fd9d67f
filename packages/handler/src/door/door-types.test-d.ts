/** Where the handlers at the door fit, and what a broadcast may write. */
import { ByteBuf } from "@sluice/buffer";
import type { Channel, ChannelPipeline } from "@sluice/core";
import { describe, expectTypeOf, it } from "vitest";
import {
  Broadcast,
  ChannelTrafficShapingHandler,
  ConnectionLimitHandler,
  FrameDeadlineHandler,
  GlobalTrafficShapingHandler,
  IpFilterHandler,
  UniqueIpFilter,
} from "../index.js";

interface Tick {
  readonly symbol: string;
}

declare const connections: ChannelPipeline<Channel<string, string>, never>;
declare const bytes: ChannelPipeline<ByteBuf, ByteBuf>;
declare const texts: ChannelPipeline<string, string>;

describe("filters and limits", () => {
  it("stand where connections are the messages, and nowhere else", () => {
    const behind = connections
      .addLast(new IpFilterHandler())
      .addLast(new ConnectionLimitHandler())
      .addLast(new UniqueIpFilter());
    expectTypeOf(behind).toEqualTypeOf<ChannelPipeline<Channel, never>>();
    // @ts-expect-error: bytes have no address
    bytes.addLast(new IpFilterHandler());
    // @ts-expect-error: the pipeline of one connection is no place to count them
    texts.addLast(new ConnectionLimitHandler());
  });
});

describe("deadlines and shaping", () => {
  it("fit anywhere and change nothing", () => {
    const behind = texts
      .addLast(new FrameDeadlineHandler())
      .addLast(new ChannelTrafficShapingHandler())
      .addLast(new GlobalTrafficShapingHandler());
    expectTypeOf(behind).toEqualTypeOf<ChannelPipeline<string, string>>();
  });
});

describe("Broadcast", () => {
  const ticks = new Broadcast<Tick, ByteBuf>({
    encode: (tick) => ByteBuf.from(tick.symbol),
    whenSlow: { coalesce: (tick) => tick.symbol },
  });

  it("stands where what it writes may be written", () => {
    expectTypeOf(bytes.addLast(ticks.handler())).toEqualTypeOf<ChannelPipeline<ByteBuf, ByteBuf>>();
    expectTypeOf(texts.addLast(new Broadcast<string>().handler())).toEqualTypeOf<ChannelPipeline<string, string>>();
    // @ts-expect-error: strings may be written here, bytes may not
    texts.addLast(ticks.handler());
  });

  it("takes its messages and no others", () => {
    ticks.publish({ symbol: "A" }, { symbol: "B" });
    // @ts-expect-error: no tick
    ticks.publish("A");
    // @ts-expect-error: there is no such policy
    ticks.handler({ whenSlow: "explode" });
  });
});
