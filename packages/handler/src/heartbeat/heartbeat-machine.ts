/**
 * Decides when to ask a peer whether it lives, and when to give it up: the heart of a `HeartbeatHandler`, without
 * channel, timer or message.
 *
 * ```
 *                               expired ▶ declareDead (at maxMissed)
 *                     ┌───────────────────────────────────────────────┐
 *          started    │    expired ▶ ping / reportMiss                ▼
 *   new ──────────▶ alive ─────────────────────────▶ doubtful ─────▶ dead
 *                     ▲▲             heard              │ ▲ │           │
 *                     │└────────────────────────────────┘ └─┘ expired   │     every state ── stopped ──▶ stopped
 *                     └─────────────────────────────────────────────────┘     ▶ reportMiss / pingAgain
 *                                            spared
 * ```
 *
 * An end that pings does so `intervalMs` after its last ping, whatever the traffic: the peer may live off it. A ping
 * without a sign of life within `timeoutMs` is a miss, and is repeated at once. An end that only listens counts its
 * first miss when it has heard nothing for `intervalMs + timeoutMs`, the next ones `timeoutMs` apart. Both give up at
 * the `maxMissed`th miss in a row: no later than `intervalMs + maxMissed * timeoutMs` after the peer fell silent.
 * (Where a round trip takes longer than `intervalMs`, the next ping waits for it, and that much later it is.) An end
 * that beats sends its pings and expects nothing: it is alive until it is stopped.
 */

export type HeartbeatState = "new" | "alive" | "doubtful" | "dead" | "stopped";

/** `heard`: the peer has given a sign of life. `spared`: a peer declared dead shall be watched on. */
export type HeartbeatMachineEvent = "started" | "heard" | "expired" | "spared" | "stopped";

/** What the handler has to do. `pingAgain` and `declareDead` report a miss as well. */
export type HeartbeatAction = "wait" | "ping" | "reportMiss" | "pingAgain" | "declareDead";

/** `asking`: pings and expects answers. `beating`: pings that nobody answers. `listening`: expects to hear something. */
export type HeartbeatRole = "asking" | "beating" | "listening";

export interface HeartbeatTiming {
  readonly role: HeartbeatRole;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly maxMissed: number;
}

/** Costs a few additions per event. Expects a time that never goes back. */
export class HeartbeatMachine {
  readonly #timing: HeartbeatTiming;
  #state: HeartbeatState = "new";
  #missed = 0;
  #deadline = Number.POSITIVE_INFINITY;
  /** When the last ping was due; means nothing at an end that only listens. */
  #pingedAt = 0;

  constructor(timing: HeartbeatTiming) {
    this.#timing = timing;
  }

  get state(): HeartbeatState {
    return this.#state;
  }

  /** Misses in a row. */
  get missed(): number {
    return this.#missed;
  }

  /** When `expired` is due; infinite while there is nothing to wait for. An `expired` that comes earlier has no effect. */
  get deadline(): number {
    return this.#deadline;
  }

  on(event: HeartbeatMachineEvent, now: number): HeartbeatAction {
    switch (event) {
      case "started":
        if (this.#state === "new") this.#live(now, now);
        return "wait";
      case "heard":
        if (this.#state === "doubtful") this.#live(now, this.#pingedAt);
        else if (this.#state === "alive" && this.#timing.role === "listening") this.#live(now, now);
        return "wait";
      case "expired":
        return now < this.#deadline ? "wait" : this.#expired(now);
      case "spared":
        if (this.#state === "dead") this.#live(now, now);
        return "wait";
      case "stopped":
        this.#enter("stopped", Number.POSITIVE_INFINITY);
        return "wait";
    }
  }

  #live(now: number, pingedAt: number): void {
    const { role, intervalMs, timeoutMs } = this.#timing;
    this.#missed = 0;
    this.#enter("alive", role === "listening" ? now + intervalMs + timeoutMs : Math.max(pingedAt + intervalMs, now));
  }

  /** Only the two states with a finite deadline get here. */
  #expired(now: number): HeartbeatAction {
    const { role, intervalMs, timeoutMs, maxMissed } = this.#timing;
    if (role === "beating") {
      this.#enter("alive", now + intervalMs);
      return "ping";
    }
    if (role === "asking" && this.#state === "alive") {
      this.#pingedAt = now;
      this.#enter("doubtful", now + timeoutMs);
      return "ping";
    }
    this.#missed++;
    if (this.#missed >= maxMissed) {
      this.#enter("dead", Number.POSITIVE_INFINITY);
      return "declareDead";
    }
    this.#pingedAt = now;
    this.#enter("doubtful", now + timeoutMs);
    return role === "asking" ? "pingAgain" : "reportMiss";
  }

  #enter(state: HeartbeatState, deadline: number): void {
    this.#state = state;
    this.#deadline = deadline;
  }
}
