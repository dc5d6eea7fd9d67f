/**
 * One process of a group, from its start to its end, as the primary has it.
 *
 * ```
 *   starting ──▶ ready ──▶ ending ──▶ gone
 *       └───────────┴──────────────────▲     at any time, by itself or killed
 * ```
 *
 * What it has counted stays known when it is gone. Whatever it is asked for ends: with an answer, or with the process, which
 * is killed when an order to end is not carried out in time.
 */
import { SluiceError } from "@sluice/buffer";
import type { Clock, Timeout } from "../clock.js";
import type { ShutdownOptions, ShutdownReport } from "../server-shutdown.js";
import type { WorkerStatus } from "./group-counters.js";
import { NO_COUNTERS, type ServerCounters } from "./server-counters.js";
import type { WorkerExit, WorkerHost, WorkerProcess, WorkerStart } from "./worker-host.js";
import { failureOf, isOurs, type ToPrimary, type ToWorker } from "./worker-messages.js";

/** Who hears of it. */
export interface WorkerRunListener {
  ready(run: WorkerRun, address: string): void;
  exited(run: WorkerRun): void;
}

export interface WorkerRunInit {
  readonly host: WorkerHost;
  readonly clock: Clock;
  readonly start: WorkerStart;
  readonly startTimeoutMs: number;
  readonly exitTimeoutMs: number;
  readonly listener: WorkerRunListener;
}

export class WorkerRun {
  /** How many connections it ended, and how; of one that died, those it told of last count as cut. */
  readonly ended: Promise<ShutdownReport>;

  readonly #init: WorkerRunInit;
  readonly #process: WorkerProcess;
  readonly #deadline: Timeout;
  #state: WorkerStatus["state"] = "starting";
  #counters = NO_COUNTERS;
  #failure: SluiceError | undefined;
  #report: ShutdownReport | undefined;
  #settleEnded!: (report: ShutdownReport) => void;
  #asked: Promise<void> | undefined;
  #askedNext: Promise<void> | undefined;
  #answered: () => void = () => {};

  constructor(init: WorkerRunInit) {
    const { host, clock, start, startTimeoutMs } = init;
    this.#init = init;
    this.ended = new Promise((resolve) => {
      this.#settleEnded = resolve;
    });
    this.#process = host.fork(start, {
      message: (message) => isOurs(message) && this.#told(message),
      exited: (exit) => this.#exited(exit),
    });
    this.#deadline = clock.schedule(startTimeoutMs, () => {
      if (this.#state === "starting") this.fail(`was not ready after ${startTimeoutMs} ms`);
      else this.kill();
    });
  }

  get number(): number {
    return this.#init.start.number;
  }

  get counters(): ServerCounters {
    return this.#counters;
  }

  get status(): WorkerStatus {
    return { number: this.number, pid: this.#process.pid, state: this.#state, counters: this.#counters };
  }

  /** Why it ended before it was asked to; there when it is gone, or could not bind. */
  get failure(): SluiceError | undefined {
    return this.#failure;
  }

  /** Resolves when `counters` are those of a moment after this call, or the process is gone. */
  count(): Promise<void> {
    if (this.#state === "starting" || this.#state === "gone") return Promise.resolve();
    if (this.#asked === undefined) return this.#ask();
    this.#askedNext ??= this.#asked.then(() => {
      this.#askedNext = undefined;
      return this.count();
    });
    return this.#askedNext;
  }

  /** Ends it in order; see `ended`. */
  drain({ quietMs = 0, timeoutMs = 10_000 }: ShutdownOptions): void {
    if (this.#state !== "ready") return;
    this.#state = "ending";
    this.#send({ sluice: "shut down", quietMs, timeoutMs });
    this.#deadline.reschedule(timeoutMs + this.#init.exitTimeoutMs);
  }

  /** Has it cut the connections it is draining. */
  cut(): void {
    if (this.#state !== "ending") return;
    this.#send({ sluice: "cut" });
    this.#deadline.reschedule(this.#init.exitTimeoutMs);
  }

  kill(): void {
    if (this.#state !== "gone") this.#process.kill();
  }

  /** Kills it, and says why. */
  fail(what: string): void {
    this.#failure ??= new SluiceError("WORKER_FAILED", `${this.#name} ${what}`);
    this.kill();
  }

  #ask(): Promise<void> {
    this.#asked = new Promise((resolve) => {
      this.#answered = resolve;
    });
    this.#send({ sluice: "count" });
    return this.#asked;
  }

  #told(message: ToPrimary): void {
    if (message.sluice === "ready") this.#ready(message.address);
    else if (message.sluice === "failed") this.#failed(failureOf(message));
    else {
      this.#counters = message.counters;
      if (message.sluice === "over") this.#over(message.report);
      this.#settleAsked();
    }
  }

  #ready(address: string): void {
    if (this.#state !== "starting") return;
    this.#state = "ready";
    this.#deadline.cancel();
    this.#init.listener.ready(this, address);
  }

  /** Its program may have caught the error, and go on for ever. */
  #failed(failure: SluiceError): void {
    this.#failure ??= failure;
    this.#deadline.reschedule(this.#init.exitTimeoutMs);
  }

  #over(report: ShutdownReport): void {
    this.#state = "ending";
    this.#report = report;
    this.#deadline.reschedule(this.#init.exitTimeoutMs);
  }

  #exited(exit: WorkerExit): void {
    this.#deadline.cancel();
    this.#state = "gone";
    this.#failure ??= new SluiceError("WORKER_FAILED", `${this.#name} ${described(exit)}`, { cause: exit.error });
    this.#report ??= { departed: 0, closed: 0, forced: this.#counters.connections };
    this.#counters = { ...this.#counters, connections: 0 };
    this.#settleAsked();
    this.#settleEnded(this.#report);
    this.#init.listener.exited(this);
  }

  #settleAsked(): void {
    this.#asked = undefined;
    this.#answered();
  }

  #send(message: ToWorker): void {
    this.#process.send(message);
  }

  get #name(): string {
    return `worker ${this.number}${this.#process.pid === undefined ? "" : ` (process ${this.#process.pid})`}`;
  }
}

function described({ code, signal, error }: WorkerExit): string {
  if (error !== undefined) return `could not be started: ${error.message}`;
  return signal === undefined ? `ended with code ${code}` : `was ended by ${signal}`;
}
