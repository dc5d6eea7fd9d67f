/**
 * Bytes as hexadecimal text: parsed, formatted, and laid out as Netty's table.
 *
 * ```
 *          +-------------------------------------------------+
 *          |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |
 * +--------+-------------------------------------------------+----------------+
 * |00000000| 00 0c 48 45 4c 4c 4f 2c 20 57 4f 52 4c 44       |..HELLO, WORLD  |
 * +--------+-------------------------------------------------+----------------+
 * ```
 */

import { SluiceError } from "./sluice-error.js";

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const ROW = 16;
const RULE = "+-------------------------------------------------+";
const HEADER = `         ${RULE}\n         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |`;
const FULL_RULE = `+--------${RULE}----------------+`;

/** The bytes of pairs of hex digits of either case; white space may stand between pairs, not inside one. */
export function parseHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >>> 1);
  let length = 0;
  for (let i = 0; i < text.length; ) {
    if (isSpace(text.charCodeAt(i))) {
      i++;
      continue;
    }
    const high = digit(text.charCodeAt(i));
    const low = digit(text.charCodeAt(i + 1));
    if (high < 0 || low < 0) {
      throw new SluiceError("INVALID_HEX", `Not a pair of hex digits at index ${i} of the text.`, { offset: i });
    }
    bytes[length++] = (high << 4) | low;
    i += 2;
  }
  // A copy rather than a view: white space is a third of "00 0c ff" and should not be kept alive.
  return length === bytes.length ? bytes : bytes.slice(0, length);
}

/** Lower-case hex of `array` from `start` to `end`, without spaces. */
export function formatHex(array: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i++) text += HEX[array[i] as number];
  return text;
}

/** The table above for `array` from `start` to `end`; no bytes give an empty string. */
export function formatHexTable(array: Uint8Array, start: number, end: number): string {
  if (start === end) return "";
  const lines = [HEADER, FULL_RULE];
  for (let row = start; row < end; row += ROW) {
    const offset = (row - start).toString(16).padStart(8, "0");
    let hex = "";
    let text = "";
    for (let i = row; i < row + ROW; i++) {
      hex += i < end ? ` ${HEX[array[i] as number]}` : "   ";
      text += i < end ? printable(array[i] as number) : " ";
    }
    lines.push(`|${offset}|${hex} |${text}|`);
  }
  lines.push(FULL_RULE);
  return lines.join("\n");
}

/** The value of a hex digit's character code; -1 for any other, NaN included. */
function digit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function printable(byte: number): string {
  return byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : ".";
}
