/**
 * What came out of a decoder or encoder, in words both sides share: a frame as `[hex]`, an error as its code, in order.
 *
 * Behind FRAME_TOO_LONG stands the length of the frame where the decoder can tell, behind FRAME_TRUNCATED what was left.
 */

import { EmbeddedChannel } from "@sluice/core/embedded";
import { ByteBuf, SluiceError } from "sluice";
import { bytesOf, type FrameCase, handlerOf, isEncoder } from "./frame-case.js";

/** Everything Netty makes of one chunk. */
export interface NettyOutcome {
  readonly events: readonly string[];
  /** Bytes it has kept, as hex. */
  readonly rest: string;
}

/** Parses what FrameOracle answers to "settle". */
export function nettyOutcome(given: FrameCase, answer: string): NettyOutcome {
  const [kept = "", rest = ""] = answer.split("+");
  return { events: eventsOf(given, kept), rest };
}

/** Parses what it answers to "stream": what came with each chunk, and at last what came at the end of the stream. */
export function nettyStream(given: FrameCase, answer: string): string[][] {
  return answer.split("|").map((part) => eventsOf(given, part));
}

/** The same, of ours; only one part when the constructor throws. */
export function ourStream(given: FrameCase): string[][] {
  const events: string[] = [];
  const tell = (error: Error | undefined) => {
    if (error !== undefined) events.push(describe(error));
  };
  let channel: EmbeddedChannel;
  try {
    channel = new EmbeddedChannel(handlerOf(given), {
      channelRead: (_ctx, message) => events.push(`[${(message as ByteBuf).hexDump()}]`),
      exceptionCaught: (_ctx, error) => tell(error),
    });
  } catch (refused) {
    return [[describe(refused as Error)]];
  }
  const parts = given.chunks.map((chunk) => {
    if (isEncoder(given)) {
      channel.write(bytesOf(chunk)).addListener(tell);
      channel.flush();
      const written = channel.outboundMessages.splice(0) as ByteBuf[];
      if (written.length > 0) events.push(`[${ByteBuf.concat(written).hexDump()}]`);
    } else {
      channel.pipeline.fireChannelRead(bytesOf(chunk));
      channel.pipeline.fireChannelReadComplete();
    }
    return events.splice(0);
  });
  channel.pipeline.fireChannelInactive();
  return [...parts, events];
}

function describe(error: Error): string {
  if (!(error instanceof SluiceError)) return String(error);
  const { code, length } = error;
  const isTold = length !== undefined && (code === "FRAME_TOO_LONG" || code === "FRAME_TRUNCATED");
  return isTold ? `${code}:${length}` : code;
}

/** Of an encoder, all that makes one message is one. */
function eventsOf(given: FrameCase, answer: string): string[] {
  const tokens = answer.split(" ").filter((token) => token !== "");
  const wire = tokens.map((token) => (token.startsWith("=") ? token.slice(1) : undefined));
  if (isEncoder(given) && wire.length > 0 && !wire.includes(undefined)) return [`[${wire.join("")}]`];
  return tokens.map(eventOf);
}

function eventOf(token: string): string {
  if (token.startsWith("=")) return `[${token.slice(1)}]`;
  if (token === "~") return "and so on";
  const [exception = "", ...length] = token.slice(1).split(":");
  return [CODE_OF[exception] ?? exception, ...length].join(":");
}

/** The kinds of error Netty tells apart. */
const CODE_OF: Readonly<Record<string, string>> = {
  TooLongFrameException: "FRAME_TOO_LONG",
  CorruptedFrameException: "FRAME_CORRUPTED",
  DecoderException: "DECODE_FAILED",
  EncoderException: "ENCODE_FAILED",
  IllegalArgumentException: "INVALID_ARGUMENT",
};
