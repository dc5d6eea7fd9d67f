import { EmbeddedChannel, ManualClock } from "@sluice/core/embedded";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { setup } from "../../fixtures/idle-channel.js";
import { IdleStateHandler, type IdleStateHandlerOptions } from "../index.js";

const error = new Error("broken");

describe("IdleStateHandler against a model", () => {
  type Step =
    | { readonly do: "advance"; readonly ms: number }
    | { readonly do: "read" | "readComplete" | "write" | "promise" | "succeed" | "fail" | "resetRead" | "resetWrite" };

  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.nat(30) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constantFrom(
          "read" as const,
          "readComplete" as const,
          "write" as const,
          "promise" as const,
          "succeed" as const,
          "fail" as const,
          "resetRead" as const,
          "resetWrite" as const,
        ),
      }),
    },
  );
  const period = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20 }));

  /** Idle detection as one would explain it: every millisecond, ask for each kind how long it has been silent. */
  class Model {
    now = 0;
    readonly events: string[] = [];
    readonly #kinds;
    #reading = false;
    #read = 0;
    #write = 0;

    constructor(options: IdleStateHandlerOptions) {
      const { readerIdleMs = 0, writerIdleMs = 0, allIdleMs = 0 } = options;
      this.#kinds = [
        { state: "READER_IDLE", period: readerIdleMs, last: () => this.#read, reads: true, fired: 0, first: true },
        { state: "WRITER_IDLE", period: writerIdleMs, last: () => this.#write, reads: false, fired: 0, first: true },
        {
          state: "ALL_IDLE",
          period: allIdleMs,
          last: () => Math.max(this.#read, this.#write),
          reads: true,
          fired: 0,
          first: true,
        },
      ].filter((kind) => kind.period > 0);
    }

    advance(ms: number): void {
      for (let i = 0; i < ms; i++) {
        this.now++;
        for (const kind of this.#kinds) {
          if (kind.reads && this.#reading) continue;
          if (this.now - Math.max(kind.last(), kind.fired) < kind.period) continue;
          this.events.push(`${this.now} ${kind.state}${kind.first ? "!" : ""}`);
          kind.first = false;
          kind.fired = this.now;
        }
      }
    }

    read(): void {
      this.#reading = true;
      for (const kind of this.#kinds) if (kind.state !== "WRITER_IDLE") kind.first = true;
    }

    readComplete(): void {
      if (this.#reading) this.resetRead();
    }

    written(): void {
      this.resetWrite();
      for (const kind of this.#kinds) if (kind.state !== "READER_IDLE") kind.first = true;
    }

    resetRead(): void {
      this.#read = this.now;
      this.#reading = false;
    }

    resetWrite(): void {
      this.#write = this.now;
    }
  }

  it("fires the same events at the same times", () => {
    fc.assert(
      fc.property(period, period, period, fc.array(step, { maxLength: 60 }), (reader, writer, all, steps) => {
        const options = { readerIdleMs: reader, writerIdleMs: writer, allIdleMs: all };
        const { channel, clock, writes, idle, events, write } = setup(options);
        const model = new Model(options);
        for (const action of steps) {
          switch (action.do) {
            case "advance":
              clock.advance(action.ms);
              model.advance(action.ms);
              break;
            case "read":
              channel.writeOneInbound("x");
              model.read();
              break;
            case "readComplete":
              channel.pipeline.fireChannelReadComplete();
              model.readComplete();
              break;
            case "write":
              write();
              break;
            case "promise":
              channel.write("x").addListener(() => {});
              break;
            case "succeed":
            case "fail":
              if (writes.held.length > 0) model.written();
              if (action.do === "succeed") writes.succeed();
              else writes.fail(error);
              break;
            case "resetRead":
              idle.resetReadTimeout();
              model.resetRead();
              break;
            case "resetWrite":
              idle.resetWriteTimeout();
              model.resetWrite();
              break;
          }
        }
        // Kinds that fall due in the same millisecond fire in the order in which they were armed; no order is promised.
        expect(sorted(events)).toEqual(sorted(model.events));
        expect(clock.pending).toBe(reader + writer + all > 0 ? 1 : 0);
      }),
    );
  });

  it("neither hangs nor fires early on a clock with fractions", () => {
    const ms = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(ms(1, 20), ms(0, 1e9), fc.array(ms(0, 30), { maxLength: 30 }), (readerIdleMs, startMs, gaps) => {
        const clock = new ManualClock({ startMs });
        let last = startMs;
        const channel = new EmbeddedChannel({
          clock,
          handlers: [
            new IdleStateHandler({ readerIdleMs }),
            {
              userEventTriggered() {
                expect(clock.now()).toBeGreaterThanOrEqual(last + readerIdleMs);
                last = clock.now();
              },
            },
          ],
        });
        for (const gap of gaps) {
          clock.advance(gap);
          channel.writeInbound("x");
          last = clock.now();
        }
        clock.advance(readerIdleMs * 3.5);
        expect(clock.now() - last).toBeLessThan(readerIdleMs);
      }),
    );
  });
});

function sorted(events: string[]): string[] {
  return [...events].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1));
}
