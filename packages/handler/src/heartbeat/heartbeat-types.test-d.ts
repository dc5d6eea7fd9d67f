/** Where a heartbeat handler fits: it leaves a pipeline's types as they are, and writes only what may be written. */
import type { ByteBuf } from "@sluice/buffer";
import type { ChannelPipeline } from "@sluice/core";
import { describe, expectTypeOf, it } from "vitest";
import { HeartbeatHandler, missCounter, oneByteHeartbeat, SilenceSweep, textHeartbeat } from "../index.js";

type Message = { readonly type: "ping" | "pong"; readonly id: number } | { readonly type: "data" };

declare const bytes: ChannelPipeline<ByteBuf, ByteBuf>;
declare const texts: ChannelPipeline<string, string>;
declare const messages: ChannelPipeline<Message, Message>;

describe("HeartbeatHandler", () => {
  it("fits where its heartbeats may be written", () => {
    const frames = bytes.addLast(new HeartbeatHandler({ side: "client", protocol: oneByteHeartbeat() }));
    expectTypeOf(frames).toEqualTypeOf<ChannelPipeline<ByteBuf, ByteBuf>>();
    const lines = texts.addLast(new HeartbeatHandler({ side: "client", protocol: textHeartbeat() }));
    expectTypeOf(lines).toEqualTypeOf<ChannelPipeline<string, string>>();
    // @ts-expect-error: strings cannot be written to a pipeline of bytes
    bytes.addLast(new HeartbeatHandler({ side: "client", protocol: textHeartbeat() }));
  });

  it("takes a protocol over the messages of its place", () => {
    const heartbeat = new HeartbeatHandler<Message, Message>({
      side: "client",
      protocol: {
        makePing: (id) => ({ type: "ping", id }),
        isPong: (message) => message.type === "pong",
      },
    });
    expectTypeOf(messages.addLast(heartbeat)).toEqualTypeOf<ChannelPipeline<Message, Message>>();
  });

  it("fits anywhere when it writes nothing", () => {
    expectTypeOf(bytes.addLast(new HeartbeatHandler(missCounter()))).toEqualTypeOf<ChannelPipeline<ByteBuf, ByteBuf>>();
    expectTypeOf(texts.addLast(new SilenceSweep().handler())).toEqualTypeOf<ChannelPipeline<string, string>>();
  });
});
