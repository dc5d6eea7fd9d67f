/**
 * Bytes as Base64 text (RFC 4648): the plain alphabet with padding, the URL-safe one without.
 *
 * Reading takes either alphabet, padding or none, and skips white space, since mail breaks lines (RFC 2045).
 * Anything else is INVALID_TEXT with the index of the character, never skipped: skipping would let one message have
 * many spellings. Written by hand because a neutral package has neither `Buffer` nor `Uint8Array.fromBase64`.
 */

import { SluiceError } from "./sluice-error.js";

const PLAIN = alphabet("+/");
const URL_SAFE = alphabet("-_");
const PAD = 0x3d;
const INVALID = 0xff;
const SPACE = 0xfe;
const VALUES = values();

/** The characters of `array` from `start` to `end`, as bytes of ASCII. */
export function encodeBase64(array: Uint8Array, start: number, end: number, urlSafe: boolean): Uint8Array {
  const letters = urlSafe ? URL_SAFE : PLAIN;
  const length = end - start;
  const out = new Uint8Array(urlSafe ? Math.ceil((length * 4) / 3) : Math.ceil(length / 3) * 4).fill(PAD);
  const whole = end - (length % 3);
  let at = 0;
  for (let i = start; i < whole; i += 3) {
    const bits = ((array[i] as number) << 16) | ((array[i + 1] as number) << 8) | (array[i + 2] as number);
    out[at++] = letters[bits >> 18] as number;
    out[at++] = letters[(bits >> 12) & 63] as number;
    out[at++] = letters[(bits >> 6) & 63] as number;
    out[at++] = letters[bits & 63] as number;
  }
  if (whole < end) {
    const bits = ((array[whole] as number) << 8) | (whole + 1 < end ? (array[whole + 1] as number) : 0);
    out[at++] = letters[bits >> 10] as number;
    out[at++] = letters[(bits >> 4) & 63] as number;
    if (whole + 1 < end) out[at] = letters[(bits << 2) & 63] as number;
  }
  return out;
}

/** The bytes `text` stands for. Throws INVALID_TEXT. */
export function decodeBase64(text: string): Uint8Array {
  const out = new Uint8Array(Math.ceil((text.length * 3) / 4));
  let length = 0;
  let bits = 0;
  let digits = 0;
  let pads = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const value = code < VALUES.length ? (VALUES[code] as number) : INVALID;
    if (value === SPACE) continue;
    if (code === PAD) {
      pads++;
      continue;
    }
    if (value === INVALID || pads > 0) throw invalid(i);
    bits = ((bits << 6) | value) & 0xffffff;
    // Of a group of four digits the second, third and fourth each complete a byte and leave 4, 2 and 0 bits over.
    if ((++digits & 3) !== 1) out[length++] = bits >> (((4 - (digits & 3)) & 3) * 2);
  }
  const group = digits % 4;
  if (group === 1 || (pads > 0 && pads !== (group === 0 ? 0 : 4 - group))) throw invalid(text.length);
  return length === out.length ? out : out.slice(0, length);
}

function alphabet(last: string): Uint8Array {
  const letters = `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789${last}`;
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}

function values(): Uint8Array {
  const table = new Uint8Array(128).fill(INVALID);
  for (let value = 0; value < 64; value++) {
    table[PLAIN[value] as number] = value;
    table[URL_SAFE[value] as number] = value;
  }
  for (const space of " \t\n\v\f\r") table[space.charCodeAt(0)] = SPACE;
  return table;
}

function invalid(offset: number): SluiceError {
  return new SluiceError("INVALID_TEXT", `Not Base64 at index ${offset} of the text.`, { offset });
}
