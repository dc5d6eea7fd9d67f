/**
 * A server spread over processes, as its primary has it: what `ServerBootstrap.bind` gives the primary of `workers(n)`.
 *
 * ```
 *   primary: WorkerGroup                       no connection is served here
 *      ├── 1 ── worker process ── ServerChannel ── its connections
 *      ├── 2 ── worker process ── ServerChannel ── its connections
 *      ┆         died? started again, later each time; given up with WORKER_FAILED
 * ```
 *
 * - **One port**: all workers listen where `localAddress` says, whatever becomes of any of them.
 * - **Bounded**: starting, ending and restarting each have a limit; no worker outlives its order to end.
 * - **Told**: events (eventemitter3) for everything that happens. A worker that is given up is an `error`; if nobody listens
 *   to that, the group shuts down because of it, and it is the `closeCause`.
 *
 * Costs a process for each worker, and nothing per message. A program has one group at a time.
 *
 * @example
 * ```ts
 * const server = await bootstrap.workers({ count: 4, signals: true }).bind({ port: 9000 });
 * if (server instanceof WorkerGroup) server.on("died", ({ number, pid }) => console.warn(`worker ${number} (${pid}) died`));
 * ```
 */
import { SluiceError } from "@sluice/buffer";
import { EventEmitter } from "eventemitter3";
import { asError } from "../as-error.js";
import type { Clock, Timeout } from "../clock.js";
import type { ShutdownOptions, ShutdownReport } from "../server-shutdown.js";
import { formatAddress, type SocketAddress } from "../socket-address.js";
import { type GroupCounters, groupCounters, type WorkerStatus } from "./group-counters.js";
import { addCounters, NO_COUNTERS } from "./server-counters.js";
import { addReports, NO_REPORT } from "./shutdown-reports.js";
import type { WorkerGroupEvents } from "./worker-group-events.js";
import type { WorkerHost } from "./worker-host.js";
import type { WorkerRun } from "./worker-run.js";
import { WorkerSeat, type WorkerSeatListener } from "./worker-seat.js";
import type { ResolvedWorkersOptions } from "./workers-options.js";

/** How to count. */
export interface CountOptions {
  /** Milliseconds to wait for answers; those of workers that are late count as `unanswered`. @default 1000 */
  readonly timeoutMs?: number;
  /** Ends the wait with ABORTED. */
  readonly signal?: AbortSignal;
}

/** How to replace the workers, one after the other. */
export interface ReloadOptions extends Pick<ShutdownOptions, "quietMs" | "timeoutMs"> {
  /** Ends it with ABORTED after the worker in hand; the others stay. */
  readonly signal?: AbortSignal;
}

export interface WorkerGroupInit {
  readonly host: WorkerHost;
  readonly clock: Clock;
  readonly options: ResolvedWorkersOptions;
  readonly localAddress: SocketAddress;
}

export class WorkerGroup extends EventEmitter<WorkerGroupEvents> implements AsyncDisposable {
  /** Where all workers listen. */
  readonly localAddress: SocketAddress;
  /** Resolves when no process is left; never rejects. */
  readonly closed: Promise<void>;

  readonly #clock: Clock;
  readonly #options: ResolvedWorkersOptions;
  readonly #seats: readonly WorkerSeat[];
  readonly #report: Timeout;
  /** What it has set going in its host. */
  readonly #release: readonly (() => void)[];
  readonly #atOnce = new AbortController();
  /** Of those that are gone. */
  #past = NO_COUNTERS;
  #starting: { resolve(): void; reject(error: Error): void } | undefined;
  #reloading: Promise<ShutdownReport> | undefined;
  #closing: Promise<ShutdownReport> | undefined;
  #closeCause: SluiceError | undefined;
  #settleClosed!: () => void;

  private constructor({ host, clock, options, localAddress }: WorkerGroupInit) {
    super();
    this.localAddress = localAddress;
    this.#clock = clock;
    this.#options = options;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    const port = "port" in localAddress ? localAddress.port : undefined;
    const address = formatAddress(localAddress);
    this.#seats = Array.from({ length: options.count }, (_, i) => {
      const start = { number: i + 1, port };
      return new WorkerSeat({ host, clock, options, address, start, listener: this.#listener });
    });
    this.#report = clock.schedule(options.reportIntervalMs, () => void this.#countAndTell());
    if (options.reportIntervalMs === 0) this.#report.cancel();
    this.#release = [host.keepRunning(), ...(options.signals ? [host.onStopSignal(() => this.#stopSignal())] : [])];
  }

  /**
   * Starts the workers. Resolves when all of them serve; if one cannot, none is left.
   *
   * @throws (rejects) WORKER_FAILED, ABORTED, or what a worker's `bind` failed with
   */
  static async start(init: WorkerGroupInit, signal: AbortSignal | undefined): Promise<WorkerGroup> {
    const group = new WorkerGroup(init);
    const abort = () => group.#failStart(new SluiceError("ABORTED", "aborted", { cause: signal?.reason }));
    try {
      await new Promise<void>((resolve, reject) => {
        group.#starting = { resolve, reject };
        for (const seat of group.#seats) seat.start();
        signal?.addEventListener("abort", abort);
        if (signal?.aborted) abort();
      });
    } catch (error) {
      group.closeForcibly();
      await group.closed;
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    return group;
  }

  /** False once closing has begun. */
  get isOpen(): boolean {
    return this.#closing === undefined;
  }

  /** Why it closed, if nobody asked for it. */
  get closeCause(): SluiceError | undefined {
    return this.#closeCause;
  }

  /** The processes there are. */
  get workers(): readonly WorkerStatus[] {
    return this.#runs.map(({ status }) => status);
  }

  /** What the workers told last; `count` asks them. */
  get counters(): GroupCounters {
    return groupCounters(this.#past, this.workers);
  }

  /** Asks every worker what it has done. @throws (rejects) ABORTED */
  async count({ timeoutMs = 1000, signal }: CountOptions = {}): Promise<GroupCounters> {
    const waiting = new Set(this.#runs);
    const answers = [...waiting].map((run) => run.count().then(() => waiting.delete(run)));
    let stop = (): void => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const timeout = this.#clock.schedule(timeoutMs, stop);
    signal?.addEventListener("abort", stop);
    if (!signal?.aborted) await Promise.race([Promise.all(answers), stopped]);
    signal?.removeEventListener("abort", stop);
    timeout.cancel();
    if (signal?.aborted) throw new SluiceError("ABORTED", "aborted", { cause: signal.reason });
    return groupCounters(this.#past, this.workers, waiting.size);
  }

  /**
   * Replaces the workers by new processes, which load the program as it is then: one at a time, each when its successor
   * serves, and ended in order like the server of {@link shutdown}. A call while one is under way joins it.
   *
   * @throws (rejects) WORKER_FAILED when a new one does not serve: the old one goes on, and so do those after it; ABORTED
   */
  reload(options: ReloadOptions = {}): Promise<ShutdownReport> {
    this.#reloading ??= this.#replaceEach(options).finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  /**
   * Ends the server: all workers at once stop accepting and shut their servers down, as `ServerChannel.shutdown` does.
   * Resolves when their processes are gone, which takes them no longer than `timeoutMs` and `exitTimeoutMs`. A second call
   * joins the first, whose times count; the signals of both do.
   */
  shutdown({ signal, ...times }: ShutdownOptions = {}): Promise<ShutdownReport> {
    this.#closing ??= this.#close({ ...this.#options.shutdown, ...times });
    if (signal?.aborted) this.#atOnce.abort();
    else if (signal !== undefined) {
      const cut = () => this.#atOnce.abort();
      signal.addEventListener("abort", cut);
      void this.closed.then(() => signal.removeEventListener("abort", cut));
    }
    return this.#closing;
  }

  /** Kills all workers. */
  closeForcibly(): void {
    this.#closing ??= this.#close({});
    for (const run of this.#runs) run.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  // ── the steps ──────────────────────────────────────────────────────────────────────────────────────────────

  async #replaceEach({ signal, ...times }: ReloadOptions): Promise<ShutdownReport> {
    let sum = NO_REPORT;
    for (const seat of this.#seats) {
      if (!this.isOpen) throw new SluiceError("WORKER_FAILED", "the group has been shut down");
      if (signal?.aborted) throw new SluiceError("ABORTED", "aborted", { cause: signal.reason });
      sum = addReports(sum, await seat.replace({ ...this.#options.shutdown, ...times }));
    }
    return sum;
  }

  async #close(ending: ShutdownOptions): Promise<ShutdownReport> {
    this.#report.cancel();
    this.#atOnce.signal.addEventListener("abort", () => {
      for (const run of this.#runs) run.cut();
    });
    // Whoever hears of it asks the same question again, and must find that it has begun.
    await undefined;
    this.#failStart(new SluiceError("ABORTED", "the group was shut down before it had started"));
    const reports = await Promise.all(this.#seats.map((seat) => seat.stop(ending)));
    for (const release of this.#release) release();
    this.#settleClosed();
    this.#tell("close", this.#closeCause);
    return reports.reduce(addReports, NO_REPORT);
  }

  #failStart(error: Error): void {
    this.#starting?.reject(error);
    this.#starting = undefined;
  }

  #stopSignal(): void {
    if (this.#closing === undefined) void this.shutdown();
    else this.#atOnce.abort();
  }

  async #countAndTell(): Promise<void> {
    const counters = await this.count();
    if (!this.isOpen) return;
    this.#tell("counted", counters);
    this.#report.reschedule(this.#options.reportIntervalMs);
  }

  get #runs(): readonly WorkerRun[] {
    return this.#seats.flatMap(({ runs }) => runs);
  }

  // ── what happens at the seats ──────────────────────────────────────────────────────────────────────────────

  readonly #listener: WorkerSeatListener = {
    started: (run) => this.#tell("started", run.status),
    ready: (run) => {
      this.#tell("ready", run.status);
      // The seat itself gets to know of it after this.
      queueMicrotask(() => this.#startedIfAllAre());
    },
    died: (run) => {
      this.#past = addCounters(this.#past, run.counters);
      const failure = run.failure as SluiceError;
      this.#tell("died", run.status, failure);
      // What its own `bind` says will not change by trying again.
      if (failure.code !== "WORKER_FAILED") this.#failStart(failure);
    },
    stopped: (run) => {
      this.#past = addCounters(this.#past, run.counters);
      this.#tell("stopped", run.status);
    },
    restarting: (number, delayMs) => this.#tell("restarting", number, delayMs),
    gaveUp: (error) => {
      if (this.#starting !== undefined) return this.#failStart(error);
      this.#failed(
        error,
        this.#seats.every(({ state }) => state === "failed"),
      );
    },
  };

  #startedIfAllAre(): void {
    if (this.#seats.some(({ state }) => state !== "ready")) return;
    this.#starting?.resolve();
    this.#starting = undefined;
  }

  #failed(error: SluiceError, closes: boolean): void {
    let heard = false;
    try {
      heard = this.emit("error", error);
    } catch {
      // A listener that fails has not dealt with it.
    }
    if (heard && !closes) return;
    this.#closeCause ??= error;
    void this.shutdown();
  }

  #tell<E extends keyof WorkerGroupEvents>(event: E, ...args: WorkerGroupEvents[E]): void {
    try {
      (this as EventEmitter<any>).emit(event, ...args);
    } catch (thrown) {
      this.#failed(new SluiceError("HANDLER_THREW", `a listener of ${event} threw`, { cause: asError(thrown) }), false);
    }
  }
}
