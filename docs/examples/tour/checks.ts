/** Counts what should have happened, and remembers what did not. */
import { isDeepStrictEqual } from "node:util";
import { printableText } from "./columns.js";

export class Checks {
  readonly problems: string[] = [];
  #messages = 0;
  #events = 0;

  /** Compares all messages of one connection, in order; one too many is a problem like one too few. */
  messages(where: string, expected: readonly string[], actual: readonly string[]): void {
    this.#messages += expected.length;
    for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
      if (expected[i] !== actual[i]) this.#problem(`${where}, message ${i + 1}`, expected[i], actual[i]);
    }
  }

  /** Compares anything else: what came back, an error's code, how a connection ended. */
  event(what: string, expected: unknown, actual: unknown): void {
    this.#events++;
    if (!isDeepStrictEqual(expected, actual)) this.#problem(what, expected, actual);
  }

  get passed(): boolean {
    return this.problems.length === 0 && this.#messages > 0;
  }

  /** One line for the end. */
  get summary(): string {
    const count = `Checked ${this.#messages} messages and ${this.#events} events`;
    return this.passed ? `${count}: all as expected.` : `${count}: ${this.problems.length} NOT as expected.`;
  }

  #problem(what: string, expected: unknown, actual: unknown): void {
    this.problems.push(`${what}: expected ${show(expected)}, got ${show(actual)}`);
  }
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : printableText(JSON.stringify(value));
}
