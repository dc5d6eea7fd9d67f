/** A NettyPeer process: started with its task, read line by line, ended by itself or with its owner. */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Netty } from "./netty.js";

export class NettyPeer implements AsyncDisposable {
  /** The port a server listens on. Rejects if it ends before it says. */
  readonly port: Promise<number>;
  /** The frames it has checked, all of them being right. Rejects with what it found wrong. */
  readonly done: Promise<number>;
  readonly #version: string;
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #lines: string[] = [];

  /** @param task the arguments of NettyPeer, which its source explains */
  constructor(netty: Netty, task: readonly (string | number)[]) {
    const args = [...JVM_OPTIONS, "-cp", netty.classPath, "NettyPeer", ...task.map(String)];
    const child = spawn("java", args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#version = netty.version;
    this.#process = child;
    this.#ended = new Promise((resolve) => {
      child.once("close", () => resolve());
      child.once("error", (error) => {
        this.#lines.push(error.message);
        resolve();
      });
    });
    this.port = this.#told("port");
    this.done = this.#told("done");
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (text) => {
        this.#lines.push(text);
        child.emit("line", text);
      });
    }
  }

  /** Its standard input ends, and it with that; a process that does not react is killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin?.end();
    const deadline = setTimeout(() => this.#process.kill("SIGKILL"), GRACE_MS);
    await this.#ended;
    clearTimeout(deadline);
  }

  /** The number behind `word` on a line of its own. */
  #told(word: string): Promise<number> {
    const told = new Promise<number>((resolve, reject) => {
      this.#process.on("line", (text: string) => {
        if (text.startsWith(`${word} `)) resolve(Number(text.slice(word.length + 1)));
      });
      this.#ended.then(() => reject(new Error(`Netty ${this.#version}: ${this.#lines.join("\n") || "ended"}`)));
    });
    // It may fail before anybody asks.
    told.catch(() => {});
    return told;
  }
}

/** A small heap, so that a peer that queues without bound fails. */
const JVM_OPTIONS = ["-Xmx96m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
const GRACE_MS = 3_000;
