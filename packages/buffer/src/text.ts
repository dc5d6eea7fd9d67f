/**
 * Bytes as text and back, in the encodings network protocols use.
 *
 * | encoding | bytes that are not text in it | characters it has no bytes for |
 * |---|---|---|
 * | `utf8`, `utf16le` | read as U+FFFD | none (a lone surrogate becomes U+FFFD in UTF-8) |
 * | `ascii` | above 0x7f: read as U+FFFD | VALUE_OUT_OF_RANGE |
 * | `latin1` | none: a byte is the character of that code | VALUE_OUT_OF_RANGE |
 * | `hex`, `base64`, `base64url` | none | INVALID_HEX, INVALID_TEXT |
 *
 * A byte order mark is a character like any other: it is neither added nor taken away.
 */

import { decodeBase64, encodeBase64 } from "./base64.js";
import { valueError } from "./bounds.js";
import { formatHex, parseHex } from "./hex.js";
import { SluiceError } from "./sluice-error.js";

/** An encoding Sluice can read and write. */
export type TextEncoding = "utf8" | "ascii" | "latin1" | "hex" | "base64" | "base64url" | "utf16le";

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const utf16Decoder = new TextDecoder("utf-16le", { ignoreBOM: true });

/**
 * Up to this many bytes of ASCII are read and written one by one. For 8 / 16 / 24 bytes reading so took
 * 34 / 50 / 78 ns, a `TextDecoder` and its view 89 / 91 / 89, `utf8Slice` 50 whatever the length;
 * writing so took 14 / 44 / 55 ns, `encodeInto` and its view 55 / 54 / 56.
 */
const SHORT = 16;
/** Arguments of one `String.fromCharCode` call; engines refuse too many. */
const CHUNK = 4096;

// One list of character codes per length: spreading a list of small integers into a call is what engines are quick at
// (50 ns for 16 bytes, against 150 for adding characters to a string and 127 for a typed array).
const CODES = Array.from({ length: SHORT + 1 }, (_, length) => new Array<number>(length).fill(0));

/** What a Node `Buffer` has beside the methods of its base class: half the time of a `TextDecoder`, and no view. */
interface HostArray extends Uint8Array {
  utf8Slice?(start: number, end: number): string;
  latin1Slice?(start: number, end: number): string;
}

/** The text of `array` from `start` to `end`. Throws UNSUPPORTED_ENCODING. */
export function decodeText(array: Uint8Array, start: number, end: number, encoding: TextEncoding): string {
  switch (encoding) {
    case "utf8":
      return decodeUtf8(array, start, end);
    case "ascii":
      return decodeLatin1(array, start, end).replace(/[\x80-\xff]/g, "\ufffd");
    case "latin1":
      return decodeLatin1(array, start, end);
    case "hex":
      return formatHex(array, start, end);
    case "base64":
    case "base64url": {
      const ascii = encodeBase64(array, start, end, encoding === "base64url");
      return decodeUtf8(ascii, 0, ascii.length);
    }
    case "utf16le":
      return utf16Decoder.decode(array.subarray(start, end));
    default:
      throw unsupported(encoding);
  }
}

/** The bytes of `text`, in memory of their own. Throws UNSUPPORTED_ENCODING and what the table above names. */
export function encodeText(text: string, encoding: TextEncoding): Uint8Array {
  switch (encoding) {
    case "utf8":
      return utf8Encoder.encode(text);
    case "ascii":
      return encodeSingleBytes(text, 0x7f, "ASCII");
    case "latin1":
      return encodeSingleBytes(text, 0xff, "Latin-1");
    case "hex":
      return parseHex(text);
    case "base64":
    case "base64url":
      return decodeBase64(text);
    case "utf16le":
      return encodeUtf16(text);
    default:
      throw unsupported(encoding);
  }
}

/** Bytes `text` takes in UTF-8. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    // A pair of surrogates is two units and four bytes; a lone one becomes U+FFFD, three bytes.
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
  }
  return length;
}

/** Writes `text` in UTF-8 to `array` from `at`; returns its bytes, or -1 when they do not all fit before `end`. */
export function putUtf8(text: string, array: Uint8Array, at: number, end: number): number {
  const { length } = text;
  if (length <= SHORT && length <= end - at) {
    let i = 0;
    for (; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) break;
      array[at + i] = unit;
    }
    if (i === length) return length;
  }
  const { read, written } = utf8Encoder.encodeInto(text, array.subarray(at, end));
  return read === length ? written : -1;
}

function decodeUtf8(array: HostArray, start: number, end: number): string {
  if (end - start <= SHORT) {
    const codes = CODES[end - start] as number[];
    let all = 0;
    for (let i = 0; i < codes.length; i++) {
      const byte = array[start + i] as number;
      codes[i] = byte;
      all |= byte;
    }
    if (all <= 0x7f) return String.fromCharCode(...codes);
  }
  if (array.utf8Slice !== undefined) return array.utf8Slice(start, end);
  return utf8Decoder.decode(array.subarray(start, end));
}

function decodeLatin1(array: HostArray, start: number, end: number): string {
  if (array.latin1Slice !== undefined) return array.latin1Slice(start, end);
  let text = "";
  for (let i = start; i < end; i += CHUNK) {
    text += String.fromCharCode(...array.subarray(i, Math.min(end, i + CHUNK)));
  }
  return text;
}

function encodeSingleBytes(text: string, max: number, name: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > max) throw valueError(`The character at index ${i}`, name);
    bytes[i] = unit;
  }
  return bytes;
}

function encodeUtf16(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes[2 * i] = unit;
    bytes[2 * i + 1] = unit >> 8;
  }
  return bytes;
}

function unsupported(encoding: never): SluiceError {
  return new SluiceError("UNSUPPORTED_ENCODING", `Sluice cannot read or write the encoding ${String(encoding)}.`);
}
