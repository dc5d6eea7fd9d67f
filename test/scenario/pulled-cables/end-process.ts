/** One end of the cable as a process on its side of it, with the reports it sends. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { NamespacePair, type Side } from "./namespace-pair.js";

/** What a process holds beyond what it began with. */
interface Holdings {
  readonly sockets: number;
  readonly timeouts: number;
  readonly hostTimers: number;
  readonly unhandled: readonly string[];
}

/** A channel has ended: when, why, after what silence. Times in milliseconds on the clock the processes share. */
export interface ClosedReport extends Holdings {
  readonly what: "closed";
  /** The code of what closed it; undefined for an orderly end. */
  readonly cause?: string;
  readonly closedAt: number;
  readonly heardAt: number;
  readonly silenceMs: number;
  /** How much of the silence the process could not run. */
  readonly stalledMs: number;
  /** From the end of the channel to the end of its descriptor. */
  readonly freedAfterMs: number;
  readonly freeingStalledMs: number;
}

interface ListeningReport {
  readonly what: "listening";
  readonly port: number;
}

/** Enough requests have been answered. */
interface WarmReport {
  readonly what: "warm";
}

interface CountedReport {
  readonly what: "counted";
  readonly channels: number;
}

/** What became of the messages of a flood, and of how many. */
interface FloodedReport {
  readonly what: "flooded";
  readonly outcomes: Readonly<Record<string, number>>;
}

/** A reconnecting client has a channel again. */
interface ReadyReport {
  readonly what: "ready";
  readonly at: number;
  /** How often it has tried in all. */
  readonly attempts: number;
}

/** A reconnecting client is over, and this is what is left. */
interface StoppedReport extends Holdings {
  readonly what: "stopped";
}

type Report = ClosedReport | ListeningReport | WarmReport | CountedReport | FloodedReport | ReadyReport | StoppedReport;

export class EndProcess {
  readonly side: Side;
  readonly journal: string;
  readonly #child: ChildProcess;
  readonly #reports: Report[] = [];
  readonly #ended: Promise<unknown>;
  #isRunning = true;

  /** @param program A script beside this file; it gets `options` as JSON. */
  constructor(
    program: string,
    options: { readonly side: Side; readonly journal: string; readonly [more: string]: unknown },
  ) {
    this.side = options.side;
    this.journal = options.journal;
    const script = fileURLToPath(new URL(program, import.meta.url));
    const [command, ...args] = NamespacePair.on(options.side, [process.execPath, script, JSON.stringify(options)]);
    this.#child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#child.on("message", (report: Report) => this.#reports.push(report));
    this.#ended = once(this.#child, "exit").then(() => {
      this.#isRunning = false;
    });
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** The next report of one of these kinds, past or to come. */
  async report<What extends Report["what"]>(...kinds: What[]): Promise<Extract<Report, { readonly what: What }>> {
    for (;;) {
      const index = this.#reports.findIndex(({ what }) => (kinds as string[]).includes(what));
      if (index >= 0) return this.#reports.splice(index, 1)[0] as Extract<Report, { readonly what: What }>;
      const isOver = await Promise.race([once(this.#child, "message").then(() => false), this.#ended.then(() => true)]);
      if (isOver) throw new Error(`the ${this.side} ended without reporting "${kinds.join('" or "')}"`);
    }
  }

  tell(message: { readonly what: string }): void {
    this.#child.send(message);
  }

  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(name);
  }

  /** Kills it, also when it is stopped. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
