import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numbered, setup } from "../../fixtures/heartbeat-channel.js";

const { sequenceOf: _, ...unnumbered } = numbered;

interface Timing {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly maxMissed: number;
}

/** Heartbeats as one would explain them: every millisecond, ask what is due. */
abstract class Model {
  now = 0;
  isOpen = true;
  readonly log: string[] = [];
  protected readonly timing: Timing;
  protected readonly onlyPongs: boolean;

  constructor(timing: Timing, onlyPongs: boolean) {
    this.timing = timing;
    this.onlyPongs = onlyPongs;
  }

  advance(ms: number): void {
    this.check();
    for (let i = 0; i < ms; i++) {
      this.now++;
      this.check();
    }
  }

  protected say(...lines: string[]): void {
    for (const line of lines) this.log.push(`${this.now} ${line}`);
  }

  protected die(missed: number): void {
    this.say(`missed ${missed}`, `dead ${missed}`, "HEARTBEAT_TIMEOUT");
    this.isOpen = false;
  }

  protected abstract check(): void;
  abstract data(): void;
  abstract ping(): void;
  abstract pong(): void;
}

class PingingModel extends Model {
  rttMs: number | undefined;
  /** When the pings without a pong were sent. */
  #unanswered: number[] = [];
  #lastPing = 0;
  #missed = 0;
  #isWaiting = false;

  protected check(): void {
    const { intervalMs, timeoutMs, maxMissed } = this.timing;
    if (!this.isOpen) return;
    if (this.#isWaiting && this.now >= this.#lastPing + timeoutMs) {
      this.#missed++;
      if (this.#missed === maxMissed) return this.die(this.#missed);
      this.say(`missed ${this.#missed}`);
      this.#send();
    } else if (!this.#isWaiting && this.now >= this.#lastPing + intervalMs) this.#send();
  }

  #send(): void {
    this.say("sent");
    this.#lastPing = this.now;
    this.#unanswered.push(this.now);
    this.#isWaiting = true;
  }

  #alive(): void {
    this.#isWaiting = false;
    this.#missed = 0;
  }

  data(): void {
    if (!this.onlyPongs) this.#alive();
  }

  ping(): void {
    this.say("received");
    this.data();
  }

  pong(): void {
    this.say("received");
    const sentAt = this.#unanswered.shift();
    if (sentAt !== undefined && this.#unanswered.length === 0) this.rttMs = this.now - sentAt;
    this.#alive();
  }
}

class ListeningModel extends Model {
  #lastHeard = 0;

  /** So long a silence is so many misses; one of them falls due in this very millisecond, or none. */
  protected check(): void {
    const { intervalMs, timeoutMs, maxMissed } = this.timing;
    if (!this.isOpen) return;
    const overdue = this.now - this.#lastHeard - intervalMs;
    if (overdue <= 0 || overdue % timeoutMs !== 0 || this.log.at(-1)?.startsWith(`${this.now} missed`)) return;
    const missed = overdue / timeoutMs;
    if (missed === maxMissed) this.die(missed);
    else this.say(`missed ${missed}`);
  }

  data(): void {
    if (!this.onlyPongs) this.#lastHeard = this.now;
  }

  ping(): void {
    this.say("received");
    this.#lastHeard = this.now;
  }

  pong(): void {
    this.ping();
  }
}

describe("HeartbeatHandler against a model", () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.nat(30) },
    { weight: 3, arbitrary: fc.constantFrom("data" as const, "ping" as const, "pong" as const) },
  );
  const cases = {
    intervalMs: fc.integer({ min: 1, max: 30 }),
    timeoutMs: fc.integer({ min: 1, max: 20 }),
    maxMissed: fc.integer({ min: 1, max: 4 }),
  };

  it.each(["client", "server"] as const)("says the same at the same times, as a %s whose client pings", (side) => {
    fc.assert(
      fc.property(fc.record(cases), fc.boolean(), fc.array(step, { maxLength: 60 }), (timing, onlyPongs, steps) => {
        const { channel, clock, heartbeat, log } = setup({ side, protocol: unnumbered, onlyPongs, ...timing });
        const model = new (side === "client" ? PingingModel : ListeningModel)(timing, onlyPongs);
        for (const action of steps) {
          if (typeof action === "number") {
            clock.advance(action);
            model.advance(action);
          } else if (model.isOpen) {
            channel.writeInbound(action === "data" ? action : `${action}:0`);
            model[action]();
          }
          expect(clock.pending).toBe(model.isOpen ? 1 : 0);
        }
        expect(log).toEqual(model.log);
        expect(channel.isOpen).toBe(model.isOpen);
        if (model instanceof PingingModel) expect(heartbeat.roundTripTime?.lastMs).toBe(model.rttMs);
      }),
      { numRuns: 500 },
    );
  });
});
