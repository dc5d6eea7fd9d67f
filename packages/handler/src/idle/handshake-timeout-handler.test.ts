import type { ChannelHandlerContext } from "@sluice/core";
import { Channel, type ChannelSignals, type Connection } from "@sluice/core";
import { EmbeddedChannel, ManualClock } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { HandshakeTimeoutHandler } from "../index.js";

const code = (expected: string) => expect.objectContaining({ code: expected });
const LOGGED_IN = { event: "logged in" };

function setup(handler: HandshakeTimeoutHandler) {
  const errors: unknown[] = [];
  const events: unknown[] = [];
  const recorder = {
    exceptionCaught: (_ctx: ChannelHandlerContext, error: Error) => void errors.push(error),
    userEventTriggered: (_ctx: ChannelHandlerContext, event: unknown) => void events.push(event),
  };
  const channel = new EmbeddedChannel(handler, recorder);
  return { channel, clock: channel.clock, errors, events };
}

describe("HandshakeTimeoutHandler", () => {
  it("raises HANDSHAKE_TIMEOUT and closes after ten seconds, unless told otherwise", () => {
    const { channel, clock, errors } = setup(new HandshakeTimeoutHandler());
    clock.advance(9_999);
    expect([errors, channel.isOpen]).toEqual([[], true]);
    clock.advance(1);
    expect(errors).toEqual([code("HANDSHAKE_TIMEOUT")]);
    expect(errors).toMatchObject([{ limit: 10_000, severity: "fatal" }]);
    expect(channel.isOpen).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it("leaves when a user event ends the handshake, and passes the event on", () => {
    const handler = new HandshakeTimeoutHandler({ timeoutMs: 100, until: (event) => event === LOGGED_IN });
    const { channel, clock, errors, events } = setup(handler);
    channel.pipeline.fireUserEventTriggered("something else");
    expect(handler.isDone).toBe(false);
    channel.pipeline.fireUserEventTriggered(LOGGED_IN);
    expect(handler.isDone).toBe(true);
    expect(events).toEqual(["something else", LOGGED_IN]);
    expect(channel.pipeline.get(HandshakeTimeoutHandler)).toBeUndefined();
    expect(clock.pending).toBe(0);
    clock.advance(1_000);
    expect([errors, channel.isOpen]).toEqual([[], true]);
  });

  it("leaves when it is told, from outside and from inside an event, and may be told again", () => {
    const handler = new HandshakeTimeoutHandler();
    const { channel, clock } = setup(handler);
    channel.pipeline.addLast({ channelRead: () => handler.done() });
    channel.writeInbound("let me in");
    handler.done();
    expect(handler.isDone).toBe(true);
    expect(channel.pipeline.get(HandshakeTimeoutHandler)).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it("does not stay when it is told before it is added", () => {
    const handler = new HandshakeTimeoutHandler();
    handler.done();
    const { channel, clock } = setup(handler);
    expect(channel.pipeline.get(HandshakeTimeoutHandler)).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it("takes a call after the deadline for what it is: too late", () => {
    const handler = new HandshakeTimeoutHandler({ timeoutMs: 10 });
    const { channel, clock } = setup(handler);
    channel.pipeline.addLast({ exceptionCaught: () => {} });
    clock.advance(10);
    handler.done();
    expect(handler.isDone).toBe(false);
  });

  it("is told by a handler that hears of the deadline: still too late", () => {
    const handler = new HandshakeTimeoutHandler({ timeoutMs: 10 });
    const channel = new EmbeddedChannel(handler, { exceptionCaught: () => handler.done() });
    channel.clock.advance(10);
    expect([handler.isDone, channel.isOpen]).toEqual([false, false]);
  });

  it("counts from when the channel becomes active, once", () => {
    const clock = new ManualClock();
    let signals: ChannelSignals | undefined;
    const channel = new Channel({
      clock,
      createEnd: (given) => {
        signals = given;
        return { close: () => given.closed(), destroy: () => given.closed(), read: () => {} } as unknown as Connection;
      },
    });
    const errors: unknown[] = [];
    channel.on("error", (error) => errors.push(error));
    channel.pipeline.addLast(new HandshakeTimeoutHandler({ timeoutMs: 100 }));
    clock.advance(1_000);
    signals?.active();
    clock.advance(60);
    channel.pipeline.fireChannelActive();
    expect(clock.pending).toBe(1);
    clock.advance(39);
    expect(channel.isOpen).toBe(true);
    clock.advance(1);
    expect(errors).toEqual([code("HANDSHAKE_TIMEOUT")]);
    expect(channel.isOpen).toBe(false);
  });

  it("stops with the channel, and when somebody takes it out", () => {
    const ended = setup(new HandshakeTimeoutHandler());
    ended.channel.finish();
    expect(ended.clock.pending).toBe(0);
    const removed = setup(new HandshakeTimeoutHandler());
    removed.channel.pipeline.remove(HandshakeTimeoutHandler);
    expect(removed.clock.pending).toBe(0);
    const inactive = setup(new HandshakeTimeoutHandler());
    inactive.channel.pipeline.fireChannelInactive();
    expect(inactive.clock.pending).toBe(0);
  });

  it("lets a handler behind it say why, and waits for nobody", () => {
    const channel = new EmbeddedChannel(new HandshakeTimeoutHandler({ timeoutMs: 10 }), {
      exceptionCaught: (ctx) => ctx.writeAndFlush("too slow"),
    });
    channel.clock.advance(10);
    expect(channel.outboundMessages).toEqual(["too slow"]);
    expect(channel.engine.ending.failPendingOnClose).toBe(true);
  });

  it("has no limit for 0 and less, and goes when it is done all the same", () => {
    const handler = new HandshakeTimeoutHandler({ timeoutMs: 0, until: (event) => event === LOGGED_IN });
    const { channel, clock } = setup(handler);
    expect([handler.timeoutMs, clock.pending]).toEqual([0, 0]);
    channel.pipeline.fireUserEventTriggered(LOGGED_IN);
    expect(channel.pipeline.get(HandshakeTimeoutHandler)).toBeUndefined();
  });

  it("hands what `until` throws to the handlers behind it", () => {
    const broken = new Error("broken");
    const until = () => {
      throw broken;
    };
    const { channel, errors } = setup(new HandshakeTimeoutHandler({ until }));
    channel.pipeline.fireUserEventTriggered(LOGGED_IN);
    expect(errors).toEqual([broken]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses %d", (timeoutMs) => {
    expect(() => new HandshakeTimeoutHandler({ timeoutMs })).toThrow(code("INVALID_ARGUMENT"));
  });
});
