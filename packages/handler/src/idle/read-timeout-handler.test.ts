import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { IdleStateHandler, ReadTimeoutHandler } from "../index.js";

const readTimeout = expect.objectContaining({ code: "READ_TIMEOUT", severity: "fatal", limit: 30 });

describe("ReadTimeoutHandler", () => {
  it("is an idle handler for reads only", () => {
    const handler = new ReadTimeoutHandler(30);
    expect(handler).toBeInstanceOf(IdleStateHandler);
    expect(handler).toMatchObject({ readerIdleMs: 30, writerIdleMs: 0, allIdleMs: 0 });
  });

  it("raises READ_TIMEOUT and closes the channel when nothing is read", () => {
    const channel = new EmbeddedChannel(new ReadTimeoutHandler(30));
    channel.clock.advance(29);
    expect(channel.isOpen).toBe(true);
    channel.clock.advance(1);
    expect(channel.isOpen).toBe(false);
    expect(() => channel.checkException()).toThrow(readTimeout);
  });

  it("counts from the end of the last read burst", () => {
    const channel = new EmbeddedChannel(new ReadTimeoutHandler(30));
    channel.clock.advance(20);
    channel.writeOneInbound("x");
    channel.clock.advance(40);
    channel.flushInbound();
    channel.clock.advance(29);
    expect(channel.isOpen).toBe(true);
    channel.clock.advance(1);
    expect(channel.isOpen).toBe(false);
  });

  it("does so once, and closes even if somebody handles the error", () => {
    const caught: unknown[] = [];
    let closes = 0;
    const channel = new EmbeddedChannel(
      // The channel is kept open, so that a second timeout could come.
      { close: () => closes++ },
      new ReadTimeoutHandler(30),
      { exceptionCaught: (_ctx, error) => caught.push(error) },
    );
    channel.clock.advance(300);
    expect(caught).toEqual([readTimeout]);
    expect(closes).toBe(1);
  });

  it("lets a subclass decide, each time", () => {
    let timeouts = 0;
    class Patient extends ReadTimeoutHandler {
      protected override readTimedOut(): void {
        timeouts++;
      }
    }
    const channel = new EmbeddedChannel(new Patient(30));
    channel.clock.advance(90);
    expect(timeouts).toBe(3);
    expect(channel.isOpen).toBe(true);
  });

  it("is off for 0 and less, and refuses NaN", () => {
    const channel = new EmbeddedChannel(new ReadTimeoutHandler(0), new ReadTimeoutHandler(-1));
    expect(channel.clock.pending).toBe(0);
    expect(() => new ReadTimeoutHandler(Number.NaN)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});
