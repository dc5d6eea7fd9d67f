/** A decoder whose answers a test scripts, and a log of what comes out behind it. */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import type { ChannelHandler, ChannelHandlerContext } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { ByteToMessageDecoder } from "../src/byte-to-message-decoder.js";
import type { ByteToMessageDecoderOptions } from "../src/byte-to-message-decoder-options.js";
import type { MessageSink } from "../src/message-sink.js";
import { describe as describeError } from "./decoder-trace.js";

export type Decode = (this: Scripted, input: ByteBuf, out: MessageSink<unknown>, ctx: ChannelHandlerContext) => void;

/** A decoder whose answer is a function. */
export class Scripted extends ByteToMessageDecoder<unknown> {
  readonly #decode: Decode;
  last: Decode | undefined;
  removed: (() => void) | undefined;

  constructor(decode: Decode, options?: ByteToMessageDecoderOptions) {
    super(options);
    this.#decode = decode;
  }

  protected override decode(ctx: ChannelHandlerContext, input: ByteBuf, out: MessageSink<unknown>): void {
    this.#decode.call(this, input, out, ctx);
  }

  protected override decodeLast(ctx: ChannelHandlerContext, input: ByteBuf, out: MessageSink<unknown>): void {
    if (this.last === undefined) super.decodeLast(ctx, input, out);
    else this.last.call(this, input, out, ctx);
  }

  protected override handlerRemoved0(): void {
    this.removed?.();
  }

  needs(bytes: number): void {
    this.need(bytes);
  }
}

/** One character each; a `!` throws a recoverable error, a `?` a fatal one. */
export const characters: Decode = (input, out) => {
  const character = input.readString(1);
  if (character === "!") throw new SluiceError("FRAME_TOO_LONG", "!");
  if (character === "?") throw new SluiceError("FRAME_CORRUPTED", "?");
  out.push(character);
};

/** Two characters each. */
export const pairs: Decode = (input, out) => {
  if (input.readableBytes >= 2) out.push(input.readString(2));
};

/** Writes down what reaches it, and passes nothing on. */
export function recorder(log: string[], name = ""): ChannelHandler {
  const note = (what: string) => log.push(name + what);
  return {
    handlerAdded: () => name !== "" && note("added"),
    channelRead: (_ctx, message) => note(message instanceof ByteBuf ? `bytes ${message}` : String(message)),
    channelReadComplete: () => note("complete"),
    userEventTriggered: () => note("event"),
    exceptionCaught: (_ctx, error) => note(describeError(error)),
    channelInactive: () => note("inactive"),
  };
}

export function channelWith(...handlers: ChannelHandler[]): { channel: EmbeddedChannel; log: string[] } {
  const log: string[] = [];
  return { channel: new EmbeddedChannel(...handlers, recorder(log)), log };
}

export const bytes = (text: string) => ByteBuf.from(text);
