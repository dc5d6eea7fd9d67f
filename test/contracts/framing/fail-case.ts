/**
 * A stream that a decoder once failed on, as a file:
 *
 * ```
 *   # decoder: LineBasedFrameDecoder
 *   # options: {"maxLength":8}
 *   # end: removal
 *   31 32 33 0d
 *   0a
 * ```
 *
 * Each line is a chunk, and an empty line one without bytes. Lines with `#` that say nothing of these are comments.
 */

import { ByteBuf } from "sluice";
import type { WatchedEnd } from "./watched-stream.js";

export interface FailCase {
  readonly decoder: string;
  readonly options: unknown;
  readonly end: WatchedEnd;
  readonly chunks: readonly Uint8Array[];
}

export function parseFailCase(text: string): FailCase {
  const lines = text.replace(/\n$/, "").split("\n");
  const field = (name: string): string => {
    const line = lines.find((one) => one.startsWith(`# ${name}: `));
    if (line === undefined) throw new Error(`there is no line "# ${name}: …"`);
    return line.slice(name.length + 4);
  };
  return {
    decoder: field("decoder"),
    options: JSON.parse(field("options")),
    end: field("end") as WatchedEnd,
    chunks: lines.filter((line) => !line.startsWith("#")).map((line) => ByteBuf.fromHex(line).toUint8Array()),
  };
}

export function formatFailCase(failCase: FailCase, why: string): string {
  const { decoder, options, end, chunks } = failCase;
  const head = [`# ${why}`, `# decoder: ${decoder}`, `# options: ${JSON.stringify(options)}`, `# end: ${end}`];
  return [...head, ...chunks.map((chunk) => ByteBuf.from(chunk).hexDump()), ""].join("\n");
}
