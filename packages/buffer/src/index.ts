/**
 * Bytes and errors: the layer everything else stands on.
 *
 * A {@link ByteBuf} is a light window on a `Uint8Array` with a place to read and a place to write:
 *
 * ```ts
 * const frame = ByteBuf.alloc(64, { headRoom: 4 });   // room in front for a length field
 * frame.writeUint16(0xcafe).writeString("hello");     // write moves writerIndex
 * frame.setUint32(frame.prepend(4), 7);               // set does not; prepend takes the head-room
 *
 * const length = frame.readUint32();                  // read moves readerIndex
 * const body = frame.readSlice(length);               // no copy: the same memory, valid for ever
 * body.toString("hex");                               // "cafe68656c6c6f"
 * ```
 *
 * Three habits carry over to every other package. Nothing is released: a slice keeps its memory alive as anything
 * else in JavaScript does. Bytes that were handed on are not written again. And no access is unchecked: a wrong index
 * or a value that does not fit is a {@link SluiceError} with a `code` to branch on, listed in {@link ERRORS}.
 *
 * The package uses no host API but `TextEncoder` and `TextDecoder`, so it runs wherever JavaScript does. Where the
 * memory is a Node `Buffer` it keeps that class, and with it Node's faster search.
 */

export type { AllocOptions, FromStringOptions } from "./alloc-options.js";
export { ByteBuf } from "./byte-buf.js";
export { copyBytes } from "./copy-bytes.js";
export {
  ERRORS,
  type ErrorCode,
  type ErrorEntry,
  type ErrorFields,
  type Severity,
  SluiceError,
} from "./sluice-error.js";
export type { TextEncoding } from "./text.js";
