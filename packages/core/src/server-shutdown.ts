/**
 * How a server ends.
 *
 * ```
 *                    ┌── traffic ──┐
 *                    ▼             │
 *   event ──▶ waits until quiet ───┴─▶ close() ──▶ over                           "closed"
 *     │              │                    │
 *     └──────────────┴── its peer or one of its handlers closes it, it breaks     "departed"
 *                    │                    │
 *                    └────────────────────┴── deadline or abort: cut              "forced"
 * ```
 *
 * Nothing of it exists before the shutdown begins, and connections that serve cost no more for it than a test per
 * burst.
 */
import { SluiceError } from "@sluice/buffer";
import type { Channel } from "./channel.js";
import { ChannelOption } from "./channel-option.js";
import type { Timeout } from "./clock.js";
import { QuietWatch } from "./quiet-watch.js";
import type { ServerChannel } from "./server-channel.js";
import { ServerShutdownEvent } from "./server-shutdown-event.js";

/** How a server ends. */
export interface ShutdownOptions {
  /**
   * Milliseconds a connection has to be quiet until it is closed: nothing is queued, and for so long neither a burst
   * of input nor a write has ended. Busy connections go on until `timeoutMs`. With 0 every connection is closed at
   * once, after what it has queued.
   * @default 0
   */
  readonly quietMs?: number;
  /**
   * Milliseconds after which the connections that are left are cut with CLOSE_TIMEOUT. A connection with a
   * `CLOSE_TIMEOUT_MILLIS` of its own gets no more than that for its queue once it is being closed.
   * @default 10 000
   */
  readonly timeoutMs?: number;
  /** Cuts what is left at once. */
  readonly signal?: AbortSignal;
}

/** What became of the connections that were open when the shutdown began. */
export interface ShutdownReport {
  /** Ended by themselves: their peer or one of their handlers closed them, or they broke. */
  readonly departed: number;
  /** Closed in order by the server; everything flushed was sent, unless they broke. */
  readonly closed: number;
  /** Cut: at the deadline, by the signal, or because their queue could not be sent in time. */
  readonly forced: number;
}

export class ServerShutdown {
  readonly #server: ServerChannel;
  readonly #quietMs: number;
  readonly #timeoutMs: number;
  readonly #event: ServerShutdownEvent;
  readonly #deadline: Timeout;
  readonly #connections: readonly Channel[];
  readonly #closedByServer = new Set<Channel>();
  readonly #cutByServer = new Set<Channel>();
  readonly #watches: QuietWatch[] = [];
  readonly #signals = new Set<AbortSignal>();
  #report: Promise<ShutdownReport> | undefined;

  /** @throws INVALID_ARGUMENT for a time that never comes */
  constructor(server: ServerChannel, { quietMs = 0, timeoutMs = 10_000 }: ShutdownOptions) {
    // Written so that NaN fails it too.
    if (!(quietMs >= 0 && quietMs < Number.POSITIVE_INFINITY)) {
      throw new SluiceError("INVALID_ARGUMENT", `quietMs must be a finite number of milliseconds, not ${quietMs}`);
    }
    this.#server = server;
    this.#quietMs = quietMs;
    this.#timeoutMs = timeoutMs;
    this.#deadline = server.clock.schedule(timeoutMs, () => this.#cut());
    this.#event = new ServerShutdownEvent(server.clock.now() + Math.max(0, timeoutMs), quietMs);
    this.#connections = [...server.children];
  }

  /** Begins, unless it has; `signal` cuts it short either way. */
  join(signal: AbortSignal | undefined): Promise<ShutdownReport> {
    const begins = this.#report === undefined;
    // Before the first handler hears of it, which may call for a shutdown itself.
    this.#report ??= this.#finish();
    if (begins) this.#start();
    if (signal?.aborted) this.#cut();
    else if (signal !== undefined && this.#deadline.isPending) this.#listenTo(signal);
    return this.#report;
  }

  #start(): void {
    this.#server.close();
    for (const connection of this.#connections) {
      if (connection.getOption(ChannelOption.CLOSE_TIMEOUT_MILLIS) !== undefined) continue;
      // The deadline of all of them is the one that counts.
      connection.engine.change({ closeTimeoutMs: this.#timeoutMs });
    }
    this.#server.children.close({ stayClosed: true, matcher: () => false });
    for (const connection of this.#connections) {
      if (connection.isActive) connection.pipeline.fireUserEventTriggered(this.#event);
    }
    for (const connection of this.#connections) {
      // The goodbye may have closed it, or all of them.
      if (!connection.isOpen) continue;
      if (this.#quietMs === 0) this.#close(connection);
      else this.#watches.push(new QuietWatch(connection, this.#quietMs, () => this.#close(connection)));
    }
  }

  #close(connection: Channel): void {
    this.#closedByServer.add(connection);
    connection.close();
  }

  #listenTo(signal: AbortSignal): void {
    this.#signals.add(signal);
    signal.addEventListener("abort", this.#cut);
  }

  readonly #cut = (): void => {
    const limit = this.#timeoutMs;
    for (const connection of [...this.#server.children]) {
      if (connection.engine.state === "closed") continue;
      this.#cutByServer.add(connection);
      connection.engine.destroy(new SluiceError("CLOSE_TIMEOUT", "the server has shut down", { limit }));
    }
  };

  async #finish(): Promise<ShutdownReport> {
    await Promise.all([this.#server.closed, ...this.#connections.map(({ closed }) => closed)]);
    this.#deadline.cancel();
    for (const watch of this.#watches) watch.stop();
    for (const signal of this.#signals) signal.removeEventListener("abort", this.#cut);
    const forced = this.#connections.filter((each) => this.#wasCut(each)).length;
    const closed = this.#connections.filter((each) => this.#closedByServer.has(each) && !this.#wasCut(each)).length;
    return { departed: this.#connections.length - closed - forced, closed, forced };
  }

  #wasCut(connection: Channel): boolean {
    if (this.#cutByServer.has(connection)) return true;
    const { closeCause } = connection;
    return closeCause instanceof SluiceError && closeCause.code === "CLOSE_TIMEOUT";
  }
}
