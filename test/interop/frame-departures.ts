/**
 * Where Sluice decides otherwise than Netty although all bytes come in one chunk, exactly: each departure turns what
 * Netty makes of a case into what Sluice makes of it, and leaves every other case alone.
 */

import type { ByteBuf } from "sluice";
import { bytesOf, type FrameCase, type Framer } from "./frame-case.js";
import type { NettyOutcome } from "./frame-outcome.js";

type Options<Kind extends Framer["kind"]> = Required<Extract<Framer, { readonly kind: Kind }>["options"]>;
type Change<Kind extends Framer["kind"]> = (netty: NettyOutcome, options: Options<Kind>, input: string) => NettyOutcome;

/** What Sluice makes of a case of which Netty makes `netty`; `met` gets the names of the departures that matter. */
export function departed(given: FrameCase, netty: NettyOutcome, met: Set<string>): NettyOutcome {
  let outcome = netty;
  for (const [name, change] of Object.entries(DEPARTURES[given.kind])) {
    if (outcome.events[0] === "INVALID_ARGUMENT") break;
    const before = outcome;
    outcome = (change as Change<never>)(before, given.options as never, given.chunks[0] ?? "");
    if (outcome !== before) met.add(`${given.kind}: ${name}`);
  }
  return outcome;
}

/** All names `departed` may give. */
export function departureNames(): string[] {
  return Object.entries(DEPARTURES).flatMap(([kind, changes]) =>
    Object.keys(changes).map((name) => `${kind}: ${name}`),
  );
}

/**
 * Whether a delimiter can be waiting for the next byte: one lies in another, before its end. Netty takes it at once, we
 * do at the end of the stream; the frames are the same.
 */
export function mayBeUndecided(given: FrameCase): boolean {
  if (given.kind !== "delimiter") return false;
  const { delimiters } = given.options;
  return delimiters.some((inner) => delimiters.some((outer) => outer.slice(0, -1).includes(inner)));
}

const DEPARTURES: { readonly [Kind in Framer["kind"]]: Readonly<Record<string, Change<Kind>>> } = {
  "length-field": {
    "parameters with which no frame can ever come are refused": (netty, options) => {
      const isHopeless =
        ![1, 2, 3, 4, 8].includes(options.lengthFieldLength) ||
        options.initialBytesToStrip > options.maxFrameLength ||
        addendOf(options) > options.maxFrameLength ||
        2 ** (8 * options.lengthFieldLength) - 1 + options.lengthAdjustment < 0;
      // Netty never gives a frame; should it, this is no departure but a mistake.
      return isHopeless && !netty.events.some(isFrame) ? REFUSED : netty;
    },
    "a length above 2^53 is no length": (netty, options) => {
      const at = netty.events.findIndex((event) => {
        const [code, length = "0"] = event.split(":");
        const value = BigInt(length) - BigInt(addendOf(options));
        return code === "FRAME_TOO_LONG" && (BigInt(length) > LARGEST_LENGTH || value > LARGEST_LENGTH);
      });
      return at < 0 ? netty : { events: [...netty.events.slice(0, at), "FRAME_CORRUPTED"], rest: "" };
    },
    "a frame shorter than what is to be stripped is not waited for": (netty, options) => {
      const { lengthFieldOffset, lengthFieldLength, byteOrder } = options;
      const fieldEnd = lengthFieldOffset + lengthFieldLength;
      if (netty.rest.length < 2 * fieldEnd || netty.events.includes("FRAME_CORRUPTED")) return netty;
      const bytes = netty.rest.slice(2 * lengthFieldOffset, 2 * fieldEnd).match(/../g) ?? [];
      const length = Number(`0x${(byteOrder === "BE" ? bytes : bytes.reverse()).join("")}`) + addendOf(options);
      return length < options.initialBytesToStrip ? { events: [...netty.events, "FRAME_CORRUPTED"], rest: "" } : netty;
    },
    "the first impossible length ends the stream": endAtCorruption,
  },

  line: {
    "a line may not be limited to nothing": (netty, { maxLength }) => (maxLength < 1 ? REFUSED : netty),
    "a torn delimiter is not content": (netty, { maxLength }, input) =>
      tornDelimiterIsNoContent(netty, maxLength, ["\r\n", "\n"], input),
  },

  delimiter: {
    "a torn delimiter is not content": (netty, { maxFrameLength, delimiters }, input) =>
      tornDelimiterIsNoContent(netty, maxFrameLength, delimiters, input),
  },

  "fixed-length": {},

  varint: {
    "frames have a limit, and lengths 32 bits without a sign": (netty, { maxFrameLength }, input) => {
      const bytes = bytesOf(input);
      const events = [...netty.events];
      for (let frame = 0; ; frame++) {
        const length = varintOf(bytes);
        if (length === undefined) return changed(netty, events, netty.rest);
        const isWhole = length <= bytes.readableBytes;
        if (length >= 2 ** 32) return changed(netty, [...events.slice(0, frame), "FRAME_CORRUPTED"], "");
        if (length > maxFrameLength) {
          events[frame] = `FRAME_TOO_LONG:${length}`;
          if (!isWhole) return { events: events.slice(0, frame + 1), rest: "" };
        } else if (!isWhole) return changed(netty, events, netty.rest);
        bytes.skipBytes(length);
      }
    },
  },

  // With streamed elements the inputs are JSON, possibly cut off.
  json: {
    "an empty array has no elements": (netty, { streamArrayElements }) => {
      const events = netty.events.filter((event) => event !== "[]");
      return streamArrayElements ? changed(netty, events, netty.rest) : netty;
    },
    "white space is no part of an element": (netty, { streamArrayElements }) => {
      const text = latin1(netty.rest);
      const blank = text.length - text.trimStart().length;
      return streamArrayElements ? changed(netty, netty.events, netty.rest.slice(2 * blank)) : netty;
    },
    "an element is delivered when it has ended": (netty, { streamArrayElements }) => {
      const text = latin1(netty.rest);
      if (!streamArrayElements || !isEndedElement(text)) return netty;
      return { events: [...netty.events, `[${netty.rest.slice(0, 2 * text.trimEnd().length)}]`], rest: "" };
    },
    "an array that has not ended is truncated": (netty, { streamArrayElements }, input) => {
      if (!streamArrayElements || netty.rest !== "" || !isOpenArray(latin1(input))) return netty;
      return { events: [...netty.events, "FRAME_TRUNCATED:0"], rest: "" };
    },
    "the limit is for each object": (netty, { maxObjectLength }) => {
      const isTooLong = (event: string) => isFrame(event) && event.length - 2 > 2 * maxObjectLength;
      const events = netty.events.map((event) => (isTooLong(event) ? "FRAME_TOO_LONG" : event));
      if (netty.rest.length <= 2 * maxObjectLength) return changed(netty, events, netty.rest);
      return { events: [...events, "FRAME_TOO_LONG"], rest: "" };
    },
  },

  "length-field-prepender": {
    "lengths are not 32 bits with a sign": (netty, options, input) => {
      const { lengthFieldLength, lengthAdjustment, lengthIncludesLengthFieldLength, byteOrder } = options;
      const sum = input.length / 2 + lengthAdjustment + (lengthIncludesLengthFieldLength ? lengthFieldLength : 0);
      if (sum < 2 ** 31 || lengthFieldLength < 4) return netty;
      const field = sum
        .toString(16)
        .padStart(2 * lengthFieldLength, "0")
        .match(/../g) as string[];
      return { events: [`[${(byteOrder === "BE" ? field : field.reverse()).join("")}${input}]`], rest: "" };
    },
  },

  "varint-prepender": {},
};

function endAtCorruption(netty: NettyOutcome): NettyOutcome {
  const at = netty.events.indexOf("FRAME_CORRUPTED");
  const isEnd = at < 0 || (at === netty.events.length - 1 && netty.rest === "");
  return isEnd ? netty : { events: netty.events.slice(0, at + 1), rest: "" };
}

/**
 * What may still become a delimiter counts as content for Netty's decoder of lines, and did for its decoder of delimiters
 * before 4.2: a frame that is as long as it may be was then too long.
 */
function tornDelimiterIsNoContent(
  netty: NettyOutcome,
  limit: number,
  delimiters: readonly string[],
  input: string,
): NettyOutcome {
  const unfinished = behindLastDelimiter(latin1(input), delimiters);
  const content = unfinished.length - tornLength(unfinished, delimiters);
  // Whether it keeps what is torn of the delimiter of a frame it discards does not show.
  if (content > limit) return changed(netty, netty.events, "");
  if (unfinished.length <= limit || netty.rest !== "") return netty;
  return { events: netty.events.slice(0, -1), rest: input.slice(-2 * unfinished.length) };
}

/** What is left when the earliest delimiter, of several at one place the longest, is taken out time and again. */
function behindLastDelimiter(text: string, delimiters: readonly string[]): string {
  const longestFirst = [...delimiters].sort((a, b) => b.length - a.length);
  for (let rest = text; ; ) {
    const places = longestFirst.map((delimiter) => rest.indexOf(delimiter)).filter((place) => place >= 0);
    if (places.length === 0) return rest;
    const first = Math.min(...places);
    const delimiter = longestFirst.find((one) => rest.startsWith(one, first)) as string;
    rest = rest.slice(first + delimiter.length);
  }
}

/** Characters at the end of `text` with which a delimiter begins. */
function tornLength(text: string, delimiters: readonly string[]): number {
  const longest = Math.max(...delimiters.map((delimiter) => delimiter.length));
  for (let n = Math.min(longest - 1, text.length); n > 0; n--) {
    const end = text.slice(-n);
    if (delimiters.some((delimiter) => delimiter.length > n && delimiter.startsWith(end))) return n;
  }
  return 0;
}

/** A varint of at most five bytes; 2^32 and more for one that is longer, undefined if it is torn. */
function varintOf(bytes: ByteBuf): number | undefined {
  let value = 0;
  for (let prefix = 0; prefix < 5; prefix++) {
    if (!bytes.isReadable()) return undefined;
    const byte = bytes.readUint8();
    value += (prefix === 4 ? byte : byte & 0x7f) * 2 ** (7 * prefix);
    if (byte < 0x80) break;
  }
  return value;
}

/** A value that cannot go on: a number can until something else follows. */
function isEndedElement(text: string): boolean {
  try {
    JSON.parse(text);
    return !/[\w.+-]$/.test(text);
  } catch {
    return false;
  }
}

/** Whether JSON ends inside an array at the top level. */
function isOpenArray(json: string): boolean {
  const brackets = json.replace(/"(?:[^"\\]|\\.)*(?:"|$)/g, "").replace(/[^[\]{}]/g, "");
  let depth = 0;
  let isArray = false;
  for (const bracket of brackets) {
    if (depth === 0) isArray = bracket === "[";
    depth += bracket === "[" || bracket === "{" ? 1 : -1;
  }
  return depth > 0 && isArray;
}

function addendOf(options: Options<"length-field">): number {
  return options.lengthFieldOffset + options.lengthFieldLength + options.lengthAdjustment;
}

function latin1(hex: string): string {
  return bytesOf(hex).toString("latin1");
}

function isFrame(event: string): boolean {
  return event.startsWith("[");
}

/** `netty` itself if nothing has. */
function changed(netty: NettyOutcome, events: readonly string[], rest: string): NettyOutcome {
  return rest === netty.rest && events.join() === netty.events.join() ? netty : { events, rest };
}

const REFUSED: NettyOutcome = { events: ["INVALID_ARGUMENT"], rest: "" };
const LARGEST_LENGTH = BigInt(Number.MAX_SAFE_INTEGER);
