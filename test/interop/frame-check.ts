/** Compares the frames that arrive on a connection with the script that the first of them names, and counts them. */

import { ByteBuf } from "sluice";
import type { Frame, FrameScript } from "./frame-script.js";

export class FrameCheck<T extends Frame> {
  /** Frames that were as expected. */
  count = 0;
  readonly #scriptOf: (connection: number) => FrameScript<T>;
  #script: FrameScript<T> | undefined;

  constructor(scriptOf: (connection: number) => FrameScript<T>) {
    this.#scriptOf = scriptOf;
  }

  /** Throws if `frame` is not the one that should come now. */
  take(frame: T): void {
    this.#script ??= this.#scriptOf(Number(frame.toString()));
    const expected = this.#script.next();
    const same = expected instanceof ByteBuf ? frame instanceof ByteBuf && expected.equals(frame) : expected === frame;
    if (!same) {
      const { connection } = this.#script;
      throw new Error(
        `connection ${connection}, frame ${this.count}: expected ${describe(expected)}, got ${describe(frame)}`,
      );
    }
    this.count++;
  }
}

/** Its length and its beginning: number, checksum and a little more. */
function describe(frame: Frame): string {
  const length = frame instanceof ByteBuf ? frame.readableBytes : frame.length;
  const text = frame instanceof ByteBuf ? frame.toString("latin1") : frame;
  return `${length} units beginning ${JSON.stringify(text.slice(0, 20))}`;
}
