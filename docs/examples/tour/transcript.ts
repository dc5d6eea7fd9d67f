/**
 * One connection of the tour, as its server saw it, printed while it happens:
 *
 * ```
 *   bytes  arrived in one segment                        came out
 *      14  one\ntwo\nthree\n                             one
 *                                                        two
 *                                                        three
 * ```
 */
import { type ByteBuf, SluiceError } from "sluice";
import { cut, padEnd, padStart, printable, printableText } from "./columns.js";
import type { Witness } from "./text-server.js";

const BYTES_COLUMNS = 5;
const PREVIEW_COLUMNS = 44;
const OUTCOME_COLUMNS = 26;

export class Transcript implements Witness {
  static readonly HEADING: string = row("bytes", "arrived in one segment", "came out");

  readonly messages: string[] = [];
  readonly errorCodes: string[] = [];
  bytes = 0;
  silences = 0;
  isClosed = false;
  readonly #print: (line: string) => void;
  /** What has come of the segment that is being delivered; undefined between segments. */
  #outcomes: string[] | undefined;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  segment(bytes: ByteBuf, deliver: () => void): void {
    const size = bytes.readableBytes;
    const preview = printable(bytes.toUint8Array());
    const outcomes: string[] = [];
    this.#outcomes = outcomes;
    deliver();
    this.#outcomes = undefined;
    this.#print(row(String(size), preview, outcomes[0] ?? "·"));
    for (const outcome of outcomes.slice(1)) this.#print(row("", "", outcome));
    this.bytes += size;
  }

  message(text: string): void {
    this.messages.push(text);
    this.#came(printableText(text));
  }

  error(error: Error): void {
    const code = error instanceof SluiceError ? error.code : error.name;
    this.errorCodes.push(code);
    this.#came(`! ${code}`);
  }

  silent(ms: number): void {
    this.silences++;
    this.#came(`! silent for ${ms} ms`);
  }

  closed(): void {
    this.isClosed = true;
  }

  #came(outcome: string): void {
    if (this.#outcomes === undefined) this.#print(row("", "", outcome));
    else this.#outcomes.push(outcome);
  }
}

function row(bytes: string, arrived: string, outcome: string): string {
  const preview = padEnd(cut(arrived, PREVIEW_COLUMNS), PREVIEW_COLUMNS);
  return `   ${padStart(bytes, BYTES_COLUMNS)}  ${preview}  ${cut(outcome, OUTCOME_COLUMNS)}`;
}
