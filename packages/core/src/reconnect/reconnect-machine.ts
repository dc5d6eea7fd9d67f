/**
 * Decides what a reconnecting client does next, without channel, timer or message.
 *
 * ```
 *          started             connected             prepared
 *   new ───────────▶ connecting ─────────▶ preparing ─────────▶ ready
 *                     ▲     │               │     │ prepareFailed  │
 *             expired │     │ closed        │     ▼                │
 *                     │     │        closed │  discarding          │ closed
 *                     │     ▼               ▼     │ closed         ▼
 *                     └─ waiting ◀────────────────┴────────────────┘      (stopped, if no attempt is left)
 *
 *   new, waiting ────────────────────────────── stopped ──▶ stopped
 *   connecting, preparing, discarding, ready ── stopped ──▶ stopping ── closed ──▶ stopped
 * ```
 *
 * There is one attempt at a time because `connect` is done in one place only, on the way out of `new` and `waiting`, and
 * from `connecting` no way leads back there but through `closed`: the channel before is over.
 *
 * A channel that was ready for `stableAfterMs` has proved that all is well: attempts and waits count from the beginning.
 * One that was lost sooner goes on counting, so that a server that accepts and hangs up is not called without end.
 */

export type ReconnectState =
  | "new"
  | "connecting"
  | "preparing"
  | "ready"
  | "discarding"
  | "waiting"
  | "stopping"
  | "stopped";

/** `closed`: the channel of the attempt is over, or could not even be made. `stopped`: somebody wants an end of it all. */
export type ReconnectMachineEvent =
  | "started"
  | "connected"
  | "prepared"
  | "prepareFailed"
  | "closed"
  | "expired"
  | "stopped";

/**
 * What the client has to do. `cut` and `close` end the channel, at once and in order. `giveUp`: no attempt is left;
 * otherwise it is `finish`.
 */
export type ReconnectAction =
  | "nothing"
  | "connect"
  | "prepare"
  | "open"
  | "cut"
  | "close"
  | "wait"
  | "giveUp"
  | "finish";

export interface ReconnectLimits {
  readonly maxAttempts: number;
  readonly stableAfterMs: number;
}

/** Expects a time that never goes back, and no `connected` or `prepared` of a channel whose `closed` it has been told. */
export class ReconnectMachine {
  readonly #limits: ReconnectLimits;
  #state: ReconnectState = "new";
  #attempts = 0;
  #waits = 0;
  #readySince = 0;

  constructor(limits: ReconnectLimits) {
    this.#limits = limits;
  }

  get state(): ReconnectState {
    return this.#state;
  }

  /** Attempts begun since the start, or since a stable channel was lost. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Waits begun since then: the first is the shortest. */
  get waits(): number {
    return this.#waits;
  }

  on(event: ReconnectMachineEvent, now: number): ReconnectAction {
    switch (event) {
      case "started":
        return this.#state === "new" ? this.#connect() : "nothing";
      case "expired":
        return this.#state === "waiting" ? this.#connect() : "nothing";
      case "connected":
        return this.#state === "connecting" ? this.#enter("preparing", "prepare") : "nothing";
      case "prepared":
        if (this.#state !== "preparing") return "nothing";
        this.#readySince = now;
        return this.#enter("ready", "open");
      case "prepareFailed":
        return this.#state === "preparing" ? this.#enter("discarding", "cut") : "nothing";
      case "closed":
        return this.#closed(now);
      case "stopped":
        return this.#stop();
    }
  }

  #connect(): ReconnectAction {
    this.#attempts++;
    return this.#enter("connecting", "connect");
  }

  #closed(now: number): ReconnectAction {
    switch (this.#state) {
      case "new":
      case "waiting":
      case "stopped":
        return "nothing";
      case "stopping":
        return this.#enter("stopped", "finish");
      case "ready":
        if (now - this.#readySince >= this.#limits.stableAfterMs) this.#attempts = this.#waits = 0;
    }
    if (this.#attempts >= this.#limits.maxAttempts) return this.#enter("stopped", "giveUp");
    this.#waits++;
    return this.#enter("waiting", "wait");
  }

  #stop(): ReconnectAction {
    switch (this.#state) {
      case "new":
      case "waiting":
        return this.#enter("stopped", "finish");
      case "connecting":
      case "preparing":
        return this.#enter("stopping", "cut");
      case "ready":
        return this.#enter("stopping", "close");
      case "discarding":
        return this.#enter("stopping", "nothing");
      default:
        return "nothing";
    }
  }

  #enter(state: ReconnectState, action: ReconnectAction): ReconnectAction {
    this.#state = state;
    return action;
  }
}
