/**
 * Proves on an example that no split changes what a decoder makes of its input.
 *
 * ```
 *   input ──▶ uncut ──────────────▶ trace ══ the expected one?
 *         ├─▶ cut in two anywhere ─▶ trace ═╗
 *         ├─▶ byte by byte ────────▶ trace ═╬══ the same as uncut?
 *         └─▶ … ───────────────────▶ trace ═╝
 * ```
 *
 * A trace is every message and every error in order, with the end of the stream marked in it.
 */

import { ByteBuf, SluiceError } from "@sluice/buffer";
import type { ChannelHandler } from "@sluice/core";
import type { ExpectedError } from "./expected-trace.js";
import { Verification } from "./verification.js";

/** Bytes as tests like to write them; a string stands for its UTF-8. */
export type InputBytes = Uint8Array | ByteBuf | string;

/** A part of the input and the messages it completes. */
export type InputPart = readonly [bytes: InputBytes, messages: readonly unknown[]];

export interface VerifyDecoderOptions {
  /** Makes a new decoder for each run; a list is a decoder with what follows it, such as a framer and a codec. */
  readonly decoder: () => ChannelHandler | readonly ChannelHandler[];
  /**
   * The bytes of one stream, or parts of them with the messages each part completes.
   *
   * Parts say more than `messages` does: each must give its messages by the time its last byte has arrived. What
   * only the end of the stream brings belongs to the last part, which may be empty.
   */
  readonly input: InputBytes | readonly InputPart[];
  /**
   * What must come out, in order, the end of the stream included. Strings, `Uint8Array`s and `ByteBuf`s stand for
   * bytes, and strings for themselves as well; everything else is compared deeply.
   * @default not compared: only that every cut gives the same, which suits generated input
   */
  readonly messages?: readonly unknown[];
  /**
   * The errors that must come out, in order, by code or with their fields.
   * @default none; not compared if `messages` is not either
   */
  readonly errors?: readonly (string | ExpectedError)[];
  /**
   * The bytes a decoder must hand on when it is taken out after the input. `false` leaves removal out.
   * @default of a single decoder whose input holds no error: what FRAME_TRUNCATED says was left over, else nothing
   */
  readonly leftover?: InputBytes | false;
  /**
   * Takes the decoder out from within this message, counted from 1, as a handler that switches protocols does;
   * `leftover` is then all the rest of the input.
   * @default after the input
   */
  readonly removeAfter?: number;
  /**
   * Claims that the input is whole frames and that the decoder keeps nothing from one to the next: three copies of
   * the input must give three times the trace. Without the claim they need only give one trace however they are cut.
   * @default false
   */
  readonly repeatable?: boolean;
  /**
   * How often a handler with a `bytesScanned` counter may look at a byte, on average over a run.
   * @default 2: a delimiter of two bytes that arrive one by one
   */
  readonly maxScannedPerByte?: number;
  /**
   * How often a handler with a `bytesCopied` counter may copy a byte, on average over a run.
   * @default 3: once into an accumulator that doubles, and less than twice when it moves
   */
  readonly maxCopiedPerByte?: number;
  /** Up to this many bytes the input is cut in two everywhere; beyond, at about a hundred places. @default 2048 */
  readonly twoWayUpTo?: number;
  /** Up to this many bytes the input is cut in three everywhere. @default 48 */
  readonly threeWayUpTo?: number;
  /** How many cuts are drawn at random. @default 100, fewer for inputs over 64 KiB or with few ways to cut them */
  readonly randomCuts?: number;
  /** Of the random cuts; a whole number. @default drawn, and printed with a failure */
  readonly seed?: number;
}

/** What a verification that found nothing tells. */
export interface VerificationReport {
  /** Runs made: each cut, alone or embedded, with the decoder left in or taken out, is one. */
  readonly cuts: number;
  /** How often each byte was looked at in the worst run; undefined if no handler counts `bytesScanned`. */
  readonly scanned: number | undefined;
  /** How often each byte was copied in the worst run; undefined if no handler counts `bytesCopied`. */
  readonly copied: number | undefined;
  readonly seed: number;
}

/**
 * Runs a decoder over every kind of cut of `input`, and throws if they do not all give the same, expected trace.
 *
 * The cuts: none · in two, everywhere · in three, for short inputs · byte by byte (65 536 chunks at most) · with empty
 * chunks · random ones · three copies in one chunk against three chunks · chunks that lie inside a larger buffer, with
 * other bytes around them · buffers that are read as soon as they come out. Each run ends with the end of the stream, and
 * some are made again with the decoder being taken out.
 *
 * In every run moreover: errors carry codes, channelInactive is passed on and nothing comes after it, messages do not
 * change once they are out, the memory of the chunks is not written to, counters stay within their limits, and there
 * is an end (if need be by force; a loop that asks no buffer and emits nothing cannot be ended).
 *
 * It is synchronous, as the decoder must be, and needs no test runner. A short input takes some tens of milliseconds;
 * time grows with the square of the length up to `twoWayUpTo`, then linearly.
 *
 * @throws VerificationError, whose message holds the smallest failing cut
 * @throws SluiceError INVALID_ARGUMENT for options that contradict each other; HANDLER_NOT_SHARABLE when the factory
 * does not make a new decoder each time
 *
 * @example
 * ```ts
 * verifyDecoder({
 *   decoder: () => new LineSplitter({ maxLength: 8 }),
 *   input: "one\r\ntwo\nfar too long\nthree\nfo",
 *   messages: ["one", "two", "three"],
 *   errors: [{ code: "FRAME_TOO_LONG", offset: 9, after: 2 }, "FRAME_TRUNCATED"],
 * });
 * ```
 */
export function verifyDecoder(options: VerifyDecoderOptions): VerificationReport {
  const parts = isParts(options.input) ? options.input : undefined;
  if (parts !== undefined && options.messages !== undefined) {
    throw new SluiceError(
      "INVALID_ARGUMENT",
      "messages stand beside their parts of the input or in messages, not both",
    );
  }
  const pieces = parts === undefined ? [bytesOf(options.input as InputBytes)] : parts.map(([bytes]) => bytesOf(bytes));
  const messages = parts?.map(([, own]) => own) ?? (options.messages === undefined ? undefined : [options.messages]);
  const length = pieces.reduce((total, piece) => total + piece.length, 0);
  return new Verification({
    decoder: options.decoder,
    pieces,
    messages,
    errors: options.errors ?? (messages === undefined ? undefined : []),
    leftover: options.leftover === false ? false : optionalBytes(options.leftover),
    removeAfter: atLeast("removeAfter", options.removeAfter, 1),
    isRepeatable: options.repeatable ?? false,
    maxScannedPerByte: options.maxScannedPerByte ?? 2,
    maxCopiedPerByte: options.maxCopiedPerByte ?? 3,
    twoWayUpTo: options.twoWayUpTo ?? 2048,
    threeWayUpTo: options.threeWayUpTo ?? 48,
    randomCuts: atLeast("randomCuts", options.randomCuts, 0) ?? defaultRandomCuts(length),
    seed: atLeast("seed", options.seed, 0) ?? Math.floor(Math.random() * 0x1_0000_0000),
  }).run();
}

function isParts(input: VerifyDecoderOptions["input"]): input is readonly InputPart[] {
  return Array.isArray(input);
}

function optionalBytes(bytes: InputBytes | undefined): Uint8Array | undefined {
  return bytes === undefined ? undefined : bytesOf(bytes);
}

function bytesOf(bytes: InputBytes): Uint8Array {
  return bytes instanceof Uint8Array
    ? Uint8Array.from(bytes)
    : (typeof bytes === "string" ? ByteBuf.from(bytes) : bytes).toUint8Array();
}

function atLeast(name: string, value: number | undefined, least: number): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= least)) return value;
  throw new SluiceError("INVALID_ARGUMENT", `${name} must be a whole number from ${least}, not ${value}`);
}

/** A few hundred runs over 64 KiB take seconds; beyond that the work stays about the same, down to 10 cuts. */
function defaultRandomCuts(length: number): number {
  return Math.max(10, Math.min(100, Math.floor((100 * 65_536) / Math.max(1, length))));
}
