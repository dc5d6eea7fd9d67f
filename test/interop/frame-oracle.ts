/** A FrameOracle process: says what Netty's decoders and encoders make of bytes, many questions at a time. */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { Netty } from "./netty.js";

export class FrameOracle implements AsyncDisposable {
  readonly #version: string;
  readonly #process: ChildProcess;
  readonly #lines: Interface;
  readonly #ended: Promise<void>;
  #complaint = "";

  constructor(netty: Netty) {
    const child = spawn("java", [...JVM_OPTIONS, "-cp", netty.classPath, "FrameOracle"]);
    this.#version = netty.version;
    this.#process = child;
    this.#ended = new Promise((resolve) => {
      child.once("close", () => resolve());
      child.once("error", (error) => {
        this.#complaint += error.message;
        resolve();
      });
    });
    this.#lines = createInterface({ input: child.stdout });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      this.#complaint += text;
    });
    // What happened to a process that reads no more is told by its end.
    child.stdin.on("error", () => {});
  }

  /** The answers, in order; their form is explained in FrameOracle.java. One call at a time. */
  async ask(questions: readonly string[]): Promise<string[]> {
    const answers: string[] = [];
    if (questions.length === 0) return answers;
    const answered = new Promise<void>((resolve) => {
      const take = (line: string) => {
        if (answers.push(line) < questions.length) return;
        this.#lines.off("line", take);
        resolve();
      };
      this.#lines.on("line", take);
    });
    this.#process.stdin?.write(`${questions.join("\n")}\n`);
    await Promise.race([answered, this.#ended]);
    if (answers.length < questions.length) {
      throw new Error(`Netty ${this.#version} ended at ${questions[answers.length]}\n${this.#complaint}`);
    }
    return answers;
  }

  /** Ends it by the end of its standard input. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin?.end();
    const deadline = setTimeout(() => this.#process.kill("SIGKILL"), GRACE_MS);
    await this.#ended;
    clearTimeout(deadline);
  }
}

const JVM_OPTIONS = [
  "-Xmx128m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Dio.netty.leakDetection.level=disabled",
];
const GRACE_MS = 3_000;
