/**
 * A decoder among handlers that do not just read: they take it out, put another in its place, close the channel, ask for
 * input by hand, or cause more of it to arrive, all from within a message.
 *
 * ```
 *   chunks, one for each read() ──▶ decoder ──▶ messages ──▶ meddler ──┐
 *                                      ▲                              │ removes, replaces, closes, reads
 *                                      └──────────────────────────────┘
 * ```
 */

import { EmbeddedChannel } from "@sluice/core/embedded";
import { ByteBuf, type ChannelHandler } from "sluice";
import { type DecoderRow, joined } from "./decoder-row.js";
import { describeError, describeMessage, END, endStream } from "./outcome.js";
import type { RandomCut } from "./random-cut.js";

export interface LifePlan {
  /** What is done from within message `at`, counted from 1. */
  readonly edit: "none" | "remove" | "replace" | "close";
  readonly at: number;
  /**
   * Messages from within which the next chunk arrives; but not while a decoder that has been taken out is still busy, for
   * that chunk would not go its way any more and overtake what it holds.
   */
  readonly rushing: readonly number[];
  /** From within this message on, input is asked for by hand, once for each burst that gave something. */
  readonly byHandFrom: number;
}

export interface Life {
  /** What came out of decoders, to the end of the stream. */
  readonly lines: readonly string[];
  /** Bytes that came past, because there was no decoder any more. */
  readonly rest: Uint8Array;
  /** Bytes that arrived before the channel was closed. */
  readonly arrived: number;
  /** Whether there was a message `at` before the stream ended. */
  readonly isEdited: boolean;
}

/** Lives through `plan`; `replacement` takes the decoder's place when it says so. */
export function liveThrough(
  row: DecoderRow,
  options: unknown,
  cut: RandomCut,
  plan: LifePlan,
  replacement: () => ChannelHandler,
): Life {
  const lines: string[] = [];
  const rest: Uint8Array[] = [];
  const decoders = row.make(options);
  let messages = 0;
  let events = 0;
  let next = 0;
  let isEdited = false;
  let mayRush = true;
  let isAsked = true;

  const arrive = (): void => {
    isAsked = false;
    channel.pipeline.fireChannelRead(cut.chunk(next++));
  };
  const demand: ChannelHandler = {
    read: (ctx) => {
      isAsked = true;
      ctx.read();
    },
  };
  const meddler: ChannelHandler = {
    channelRead: (ctx, message) => {
      events++;
      const isPast = isEdited && plan.edit === "remove" && message instanceof ByteBuf;
      if (isPast) return void rest.push(message.toUint8Array());
      lines.push(describeMessage(message));
      messages++;
      // What arrives now comes before what is done next, so it belongs to the decoder that is still there.
      if (mayRush && plan.rushing.includes(messages) && next < cut.chunks && channel.isOpen) arrive();
      if (messages === plan.byHandFrom) ctx.channel.autoRead = false;
      if (messages === plan.at && plan.edit !== "none") edit();
    },
    exceptionCaught: (_ctx, error) => {
      events++;
      lines.push(describeError(error));
    },
  };
  const edit = (): void => {
    isEdited = true;
    if (plan.edit === "close") return void channel.close();
    mayRush = false;
    if (plan.edit === "remove") for (const decoder of decoders.toReversed()) channel.pipeline.remove(decoder);
    if (plan.edit !== "replace") return;
    channel.pipeline.replace(decoders[0] as ChannelHandler, "first", firstHeard);
    channel.pipeline.addAfter("first", "replacement", replacement());
  };
  const firstHeard: ChannelHandler = {
    channelRead: (ctx, message) => {
      // Bytes: the decoder has passed on the last of what it had made.
      if (message instanceof ByteBuf) mayRush = true;
      ctx.fireChannelRead(message);
    },
  };

  const channel = new EmbeddedChannel({ handlers: [demand, ...decoders, meddler] });
  if (plan.byHandFrom === 0) channel.autoRead = false;
  while (next < cut.chunks && channel.isOpen) {
    if (!isAsked) {
      lines.push("nobody asks for more");
      break;
    }
    events = 0;
    arrive();
    channel.engine.readComplete();
    channel.runPendingTasks();
    if (!channel.autoRead && events > 0) channel.read();
  }
  const life = { lines, arrived: cut.places[next] as number, isEdited };
  lines.push(END);
  endStream(channel, "peer");
  return { ...life, rest: joined(rest) };
}
