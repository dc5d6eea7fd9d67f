// What a process has seen, as JSON lines in a file: written at once, so that nothing is lost with a process that is
// killed.
import { openSync, writeSync } from "node:fs";
import { monotonicMs } from "./monotonic.mjs";

export class Journal {
  #file;

  constructor(path) {
    this.#file = openSync(path, "a");
  }

  note(what, fields) {
    writeSync(this.#file, `${JSON.stringify({ at: monotonicMs(), what, ...fields })}\n`);
  }
}
