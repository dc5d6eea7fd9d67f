// A process of the contest that answers lines: asked with a line, it prints one line of JSON.
//
// Children end when their input ends, so they do not outlive this process however it goes; when it exits it kills them.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { canPin } from "./machine.mjs";

const GRACE_MS = 2000;
const running = new Set();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class Child {
  #process;
  #lines;
  #errors = "";
  #ended;

  /**
   * @param {string[]} commandLine
   * @param {{ core?: number, answerMs?: number }} options the core it runs on, and how long an answer may take
   */
  constructor([command, ...args], { core, answerMs = 60_000 } = {}) {
    const pinned = core !== undefined && canPin;
    this.answerMs = answerMs;
    this.#process = pinned
      ? spawn("taskset", ["-c", String(core), command, ...args])
      : spawn(command, args, { stdio: "pipe" });
    running.add(this.#process);
    this.#ended = new Promise((resolve) => {
      this.#process.once("close", resolve);
      this.#process.once("error", (error) => {
        this.#errors += error.message;
        resolve();
      });
    }).then(() => running.delete(this.#process));
    this.#process.stdin.on("error", () => {});
    this.#process.stderr.on("data", (text) => {
      this.#errors += text;
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  get pid() {
    return this.#process.pid;
  }

  /** What it says next. Rejects if it ends first, with what it complained about. */
  async answer(timeoutMs = this.answerMs) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    });
    const { value } = await Promise.race([this.#lines.next(), late]).finally(() => clearTimeout(timer));
    if (value !== undefined) return JSON.parse(value);
    await this.#ended;
    throw new Error(this.#errors.trim().split("\n").slice(0, 3).join(" · ") || "it ended");
  }

  ask(line) {
    this.#process.stdin.write(`${line}\n`);
    return this.answer(Number.isFinite(Number(line)) ? this.answerMs + Number(line) : this.answerMs);
  }

  async end() {
    this.#process.stdin.end();
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), GRACE_MS);
    await this.#ended;
    clearTimeout(timer);
  }
}
