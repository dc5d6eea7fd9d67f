import { EmbeddedChannel, ManualClock } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { recorder } from "../../fixtures/heartbeat-channel.js";
import { SilenceSweep, type SilenceSweepOptions } from "../index.js";

function setup(options: SilenceSweepOptions) {
  const clock = new ManualClock();
  const sweep = new SilenceSweep(options);
  const connect = () => {
    const { log, handler } = recorder(clock);
    const channel = new EmbeddedChannel({ clock, handlers: [sweep.handler(), handler] });
    return { channel, log };
  };
  return { clock, sweep, connect };
}

describe("SilenceSweep", () => {
  it("closes, at the next sweep, who has been silent for the time", () => {
    const { clock, sweep, connect } = setup({ checkIntervalMs: 30, idleTimeMs: 50 });
    const silent = connect();
    const late = connect();
    const lively = connect();
    clock.advance(20);
    late.channel.writeInbound("x");
    for (let i = 0; i < 5; i++) {
      clock.advance(20);
      lively.channel.writeInbound("x");
    }
    expect(silent.log).toEqual(["60 dead 1", "60 HEARTBEAT_TIMEOUT"]);
    expect(late.log).toEqual(["90 dead 1", "90 HEARTBEAT_TIMEOUT"]);
    expect(lively.log).toEqual([]);
    expect([silent, late, lively].map(({ channel }) => channel.isOpen)).toEqual([false, false, true]);
    expect([silent, late, lively].map(({ channel }) => channel.engine.ending.peerIsGone)).toEqual([true, true, false]);
    expect(sweep.watched).toBe(1);
  });

  it("has one timeout for all channels, and none without", () => {
    const { clock, sweep, connect } = setup({ checkIntervalMs: 30 });
    expect(clock.pending).toBe(0);
    const channels = Array.from({ length: 100 }, () => connect().channel);
    expect([clock.pending, sweep.watched]).toEqual([1, 100]);
    for (const channel of channels) channel.finish();
    expect([clock.pending, sweep.watched]).toEqual([0, 0]);
    const again = connect();
    clock.advance(59);
    expect([clock.pending, again.channel.isOpen]).toEqual([1, true]);
    clock.advance(1);
    expect([clock.pending, again.channel.isOpen]).toEqual([0, false]);
  });

  it("by default allows a silence of two sweeps of a minute", () => {
    const { clock, connect } = setup({});
    const { log } = connect();
    clock.advance(1_000_000);
    expect(log).toEqual(["120000 dead 1", "120000 HEARTBEAT_TIMEOUT"]);
  });

  it("takes a read burst that has not ended for life", () => {
    const { clock, connect } = setup({ checkIntervalMs: 30 });
    const { channel } = connect();
    channel.writeOneInbound("x");
    clock.advance(300);
    expect(channel.isOpen).toBe(true);
    channel.flushInbound();
    clock.advance(60);
    expect(channel.isOpen).toBe(false);
  });

  it("looks at the others whatever a handler does, and lets a removed handler's channel be", () => {
    const { clock, sweep, connect } = setup({ checkIntervalMs: 30 });
    const removed = sweep.handler();
    const left = new EmbeddedChannel({ clock, handlers: [removed] });
    const first = new EmbeddedChannel({
      clock,
      handlers: [
        sweep.handler(),
        {
          userEventTriggered: (ctx) => {
            ctx.close();
            throw new Error("broken");
          },
        },
      ],
    });
    const second = connect();
    left.pipeline.remove(removed);
    clock.advance(60);
    expect([left.isOpen, first.isOpen, second.channel.isOpen]).toEqual([true, false, false]);
    expect(() => first.checkException()).toThrow("broken");
    expect(clock.pending).toBe(0);
  });

  it.each([[{ checkIntervalMs: 0 }], [{ idleTimeMs: Number.NaN }], [{ idleTimeMs: Number.POSITIVE_INFINITY }]])(
    "refuses %j",
    (options) => {
      expect(() => new SilenceSweep(options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    },
  );
});
