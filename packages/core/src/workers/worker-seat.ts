/** One place in a group of workers: does what its {@link WorkerSlot} decides, with processes and timers. */
import { SluiceError } from "@sluice/buffer";
import type { Timeout } from "../clock.js";
import type { ShutdownOptions, ShutdownReport } from "../server-shutdown.js";
import { addReports, NO_REPORT } from "./shutdown-reports.js";
import { WorkerRun, type WorkerRunInit, type WorkerRunListener } from "./worker-run.js";
import { WorkerSlot, type WorkerSlotAction, type WorkerSlotEvent } from "./worker-slot.js";
import type { ResolvedWorkersOptions } from "./workers-options.js";

/** Who hears of what happens at the seat. */
export interface WorkerSeatListener {
  started(run: WorkerRun): void;
  ready(run: WorkerRun): void;
  /** Gone, and nobody had asked it to go. */
  died(run: WorkerRun): void;
  /** Gone as asked. */
  stopped(run: WorkerRun): void;
  restarting(number: number, delayMs: number): void;
  gaveUp(error: SluiceError): void;
}

export interface WorkerSeatInit extends Pick<WorkerRunInit, "host" | "clock" | "start"> {
  readonly options: ResolvedWorkersOptions;
  /** Where its server has to listen. */
  readonly address: string;
  readonly listener: WorkerSeatListener;
}

export class WorkerSeat implements WorkerRunListener {
  readonly #init: WorkerSeatInit;
  readonly #slot: WorkerSlot;
  readonly #restart: Timeout;
  /** Those asked to go. */
  readonly #leaving = new Set<WorkerRun>();
  #current: WorkerRun | undefined;
  #next: WorkerRun | undefined;
  #ending: ShutdownOptions = {};
  #replacement:
    | { resolve(report: ShutdownReport | Promise<ShutdownReport>): void; reject(error: Error): void }
    | undefined;

  constructor(init: WorkerSeatInit) {
    this.#init = init;
    this.#slot = new WorkerSlot(init.options);
    this.#restart = init.clock.schedule(0, () => this.#on("due"));
    this.#restart.cancel();
  }

  get number(): number {
    return this.#init.start.number;
  }

  get state(): WorkerSlot["state"] {
    return this.#slot.state;
  }

  /** The processes that are not gone. */
  get runs(): readonly WorkerRun[] {
    return [...this.#leaving, this.#current, this.#next].filter((run) => run !== undefined);
  }

  start(): void {
    this.#on("start");
  }

  /**
   * Puts a new process in the place of the one that serves. Resolves when the old one is gone.
   *
   * @throws (rejects) WORKER_FAILED; the old one goes on
   */
  replace(ending: ShutdownOptions): Promise<ShutdownReport> {
    this.#ending = ending;
    return new Promise((resolve, reject) => {
      this.#replacement = { resolve, reject };
      this.#on("replace");
    });
  }

  /** Ends whoever is there. Resolves when nobody is left. */
  async stop(ending: ShutdownOptions): Promise<ShutdownReport> {
    this.#ending = ending;
    const { runs } = this;
    this.#restart.cancel();
    this.#on("stop");
    const reports = await Promise.all(runs.map(({ ended }) => ended));
    return reports.reduce(addReports, NO_REPORT);
  }

  // ── what the slot decides ──────────────────────────────────────────────────────────────────────────────────

  #on(event: WorkerSlotEvent, run?: WorkerRun): void {
    const before = this.#slot.state;
    const predecessor = this.#current;
    for (const action of this.#slot.on(event, this.#init.clock.now())) this.#do(action, run?.failure);
    if (event === "next ready") this.#replacement?.resolve(predecessor?.ended ?? NO_REPORT);
    else if (event === "ready") this.#replacement?.resolve(NO_REPORT);
    else if (event === "stop" || event === "next died" || (event === "died" && before === "starting")) {
      this.#replacement?.reject(run?.failure ?? new SluiceError("WORKER_FAILED", "the group is shutting down"));
    } else return;
    this.#replacement = undefined;
  }

  #do(action: WorkerSlotAction, failure: SluiceError | undefined): void {
    const { listener } = this.#init;
    switch (action) {
      case "fork":
        this.#restart.cancel();
        this.#current = this.#fork();
        return;
      case "fork next":
        this.#next = this.#fork();
        return;
      case "promote":
        this.#current = this.#next;
        this.#next = undefined;
        return;
      case "drain":
        return this.#dismiss(this.#current)?.drain(this.#ending);
      case "kill":
        return this.#dismiss(this.#current)?.kill();
      case "kill next":
        return this.#dismiss(this.#next)?.kill();
      case "wait":
        this.#restart.reschedule(this.#slot.delayMs);
        return listener.restarting(this.number, this.#slot.delayMs);
      case "give up": {
        const detail = `worker ${this.number} died ${this.#slot.deaths} times in a row: ${failure?.message}`;
        return listener.gaveUp(new SluiceError("WORKER_FAILED", detail, { cause: failure }));
      }
    }
  }

  #fork(): WorkerRun {
    const { host, clock, start, options, listener } = this.#init;
    const { startTimeoutMs, exitTimeoutMs } = options;
    const run = new WorkerRun({ host, clock, start, startTimeoutMs, exitTimeoutMs, listener: this });
    listener.started(run);
    return run;
  }

  /** It is on its way out, and its place is free. */
  #dismiss(run: WorkerRun | undefined): WorkerRun | undefined {
    if (run === undefined) return undefined;
    if (run === this.#current) this.#current = undefined;
    else this.#next = undefined;
    this.#leaving.add(run);
    return run;
  }

  // ── what its processes tell ────────────────────────────────────────────────────────────────────────────────

  /** @internal */
  ready(run: WorkerRun, address: string): void {
    const { address: expected, listener } = this.#init;
    if (this.#leaving.has(run)) return;
    if (address !== expected) return run.fail(`listens on ${address}, and the group on ${expected}`);
    listener.ready(run);
    this.#on(run === this.#current ? "ready" : "next ready", run);
  }

  /** @internal */
  exited(run: WorkerRun): void {
    const { listener } = this.#init;
    if (this.#leaving.delete(run)) return listener.stopped(run);
    listener.died(run);
    if (run === this.#current) {
      this.#current = undefined;
      this.#on("died", run);
    } else {
      this.#next = undefined;
      this.#on("next died", run);
    }
  }
}
