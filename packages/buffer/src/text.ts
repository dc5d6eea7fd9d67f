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

/** Up to this many bytes of ASCII are faster read one by one than by a `TextDecoder`. */
const SHORT = 16;
/** Arguments of one `String.fromCharCode` call; engines refuse too many. */
const CHUNK = 4096;

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
      return decodeLatin1(ascii, 0, ascii.length);
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

/** Writes `text`, whose {@link utf8Length} is `length`, at position `at` of `array`. */
export function encodeUtf8Into(text: string, array: Uint8Array, at: number, length: number): void {
  if (length <= SHORT && length === text.length) {
    for (let i = 0; i < length; i++) array[at + i] = text.charCodeAt(i);
  } else {
    utf8Encoder.encodeInto(text, array.subarray(at, at + length));
  }
}

function decodeUtf8(array: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT) {
    let text = "";
    let i = start;
    for (; i < end; i++) {
      const byte = array[i] as number;
      if (byte > 0x7f) break;
      text += String.fromCharCode(byte);
    }
    if (i === end) return text;
  }
  return utf8Decoder.decode(array.subarray(start, end));
}

function decodeLatin1(array: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i += CHUNK) {
    const codes: ArrayLike<number> = array.subarray(i, Math.min(end, i + CHUNK));
    text += String.fromCharCode.apply(null, codes as number[]);
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
