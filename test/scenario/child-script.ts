/** A script of a scenario, run as a process of its own that answers messages. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export class ChildScript {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;

  /** @param script Its file below test/scenario. */
  constructor(script: string, ...args: (string | number)[]) {
    this.#child = fork(fileURLToPath(new URL(script, import.meta.url)), args.map(String), {
      execArgv: ["--expose-gc"],
    });
    this.#ended = once(this.#child, "exit");
  }

  /** The next message; sends `question` first, if there is one. @throws when the process ends instead */
  async answer<T>(question?: unknown): Promise<T> {
    const next = once(this.#child, "message");
    if (question !== undefined) this.#child.send(question as object);
    const ended = this.#ended.then(([code, signal]) => {
      throw new Error(`the process ended with ${code ?? signal} before it answered`);
    });
    const [message] = (await Promise.race([next, ended])) as [T];
    return message;
  }

  /** Waits for the end: the exit code, or the signal. */
  exit(): Promise<unknown[]> {
    return this.#ended;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
