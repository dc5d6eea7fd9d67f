/** Runs a built example as its user does: as a process of its own, with pipes instead of a terminal. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { root } from "../../scripts/workspace.mjs";

export class ExampleProcess {
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;

  /** @param example Its file below docs/examples, without the suffix. */
  constructor(example: string, ...args: string[]) {
    this.#child = spawn(process.execPath, [join(root, "docs", "dist", "examples", `${example}.js`), ...args]);
    this.#child.stdout?.setEncoding("utf8").on("data", (text) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text) => {
      this.stderr += text;
    });
    this.#ended = once(this.#child, "close");
  }

  /** Waits for the end; the exit code, or the signal that ended it. */
  async exit(): Promise<number | string> {
    const [code, signal] = await this.#ended;
    return (code as number | null) ?? (signal as string);
  }

  /** Waits until `pattern` has been printed. @throws when the process ends without */
  async printed(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = this.stdout.match(pattern);
      if (match !== null) return match;
      const next = once(this.#child.stdout as NonNullable<ChildProcess["stdout"]>, "data");
      const ended = await Promise.race([next.then(() => false), this.#ended.then(() => true)]);
      if (ended) throw new Error(`ended without printing ${pattern}:\n${this.stdout}${this.stderr}`);
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}
