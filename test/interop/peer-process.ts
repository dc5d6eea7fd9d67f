/** Another program at the other end: fed and read as text, and ended with its owner. */

import { type ChildProcess, spawn } from "node:child_process";

export class PeerProcess implements AsyncDisposable {
  /** What it has printed, on both of its outputs. */
  output = "";
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | string>;
  readonly #wake = new Set<() => void>();

  constructor(command: string, args: readonly string[]) {
    const child = spawn(command, args, { stdio: "pipe" });
    this.#child = child;
    child.stdin.on("error", () => {});
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("latin1").on("data", (text: string) => {
        this.output += text;
        for (const wake of this.#wake) wake();
      });
    }
    this.#ended = new Promise((resolve) => {
      child.once("close", (code, signal) => resolve(code ?? String(signal)));
      child.once("error", (error) => resolve(error.message));
    });
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  /** Waits until it has printed `pattern`. Rejects if it ends without, or takes too long. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    let over: string | undefined;
    const deadline = setTimeout(() => this.#stopWaiting("in time", (why) => (over = why)), TIMEOUT_MS);
    this.#ended.then((code) => this.#stopWaiting(`before it ended with ${code}`, (why) => (over ??= why)));
    try {
      for (;;) {
        const match = pattern.exec(this.output);
        if (match !== null) return match;
        if (over !== undefined) throw new Error(`${pattern} was not printed ${over}:\n${this.output}`);
        await new Promise<void>((resolve) => {
          const wake = () => {
            this.#wake.delete(wake);
            resolve();
          };
          this.#wake.add(wake);
        });
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Its exit code, or the signal that ended it. */
  exit(): Promise<number | string> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.endInput();
    const deadline = setTimeout(() => this.#child.kill("SIGKILL"), GRACE_MS);
    await this.#ended;
    clearTimeout(deadline);
  }

  #stopWaiting(why: string, tell: (why: string) => void): void {
    tell(why);
    for (const wake of this.#wake) wake();
  }
}

const TIMEOUT_MS = 20_000;
const GRACE_MS = 1_000;
