import { expect, it } from "vitest";
import { EmbeddedChannel } from "./embedded/index.js";
import type { ChannelHandlerContext } from "./index.js";
import { SimpleChannelInboundHandler } from "./simple-channel-inbound-handler.js";

class Ping {}

class Recording<T> extends SimpleChannelInboundHandler<T> {
  readonly seen: unknown[] = [];
  protected override channelRead0(_ctx: ChannelHandlerContext, message: T): void {
    this.seen.push(message);
  }
}

it("takes messages of its class and passes on the others", () => {
  const handler = new Recording(Ping);
  const channel = new EmbeddedChannel(handler);
  const ping = new Ping();
  expect(channel.writeInbound(ping, "text", new (class Special extends Ping {})())).toBe(true);
  expect([handler.seen.length, handler.seen[0], channel.inboundMessages]).toEqual([2, ping, ["text"]]);
});

it("takes everything when it names no class", () => {
  const handler = new Recording();
  expect(new EmbeddedChannel(handler).writeInbound(1, "text", null)).toBe(false);
  expect(handler.seen).toEqual([1, "text", null]);
});
