/**
 * A channel on which anything may arrive, and what must never happen on it.
 *
 * ```
 *   chunks ──▶ decoder ──▶ probe ──▶ other handlers ──▶ sink
 *                            │                           │
 *                            │ how much the decoder      │ errors without a code
 *                            │ held, when it leaves      │ more messages than bytes can make
 * ```
 */

import { EmbeddedChannel } from "@sluice/core/embedded";
import { ByteBuf, type ChannelHandler } from "sluice";
import type { DecoderRow } from "./decoder-row.js";
import { describeError, endStream, type StreamEnd } from "./outcome.js";

/** How a stream ends; by removal it is seen how much the decoder held. */
export type WatchedEnd = StreamEnd | "removal";

interface Counting {
  readonly bytesScanned?: number;
  readonly bytesCopied?: number;
}

export class WatchedStream {
  readonly #row: DecoderRow;
  readonly #options: unknown;
  readonly #decoder: ChannelHandler;
  readonly #channel: EmbeddedChannel;
  #fed = 0;
  #chunks = 0;
  #events = 0;
  #isLeaving = false;
  #held = 0;
  #complaint: string | undefined;

  constructor(row: DecoderRow, options: unknown) {
    this.#row = row;
    this.#options = options;
    const [decoder, ...others] = row.make(options);
    this.#decoder = decoder as ChannelHandler;
    const probe: ChannelHandler = {
      channelRead: (ctx, message) => {
        if (this.#isLeaving && message instanceof ByteBuf) this.#held += message.readableBytes;
        else ctx.fireChannelRead(message);
      },
    };
    const sink: ChannelHandler = {
      channelRead: () => this.#count(),
      exceptionCaught: (_ctx, error) => {
        if (error instanceof TooMany) throw error;
        this.#count();
        const line = describeError(error);
        if (line.startsWith("not")) this.#complaint ??= line;
      },
    };
    this.#channel = new WatchedChannel({ handlers: [this.#decoder, probe, ...others, sink] });
  }

  get isOpen(): boolean {
    return this.#channel.isOpen;
  }

  /** @throws Error when something has happened that must not */
  feed(chunk: ByteBuf): void {
    this.#fed += chunk.readableBytes;
    this.#chunks++;
    this.#channel.pipeline.fireChannelRead(chunk);
    this.#channel.engine.readComplete();
    this.#channel.runPendingTasks();
    this.#check();
  }

  /** @throws Error when something has happened that must not */
  end(how: WatchedEnd): void {
    if (how === "removal" && this.isOpen) {
      this.#isLeaving = true;
      this.#channel.pipeline.remove(this.#decoder);
      const limit = this.#row.mayHold(this.#options);
      if (this.#held > limit) throw new Error(`it held ${this.#held} bytes; ${limit} are allowed`);
    }
    endStream(this.#channel, how === "us" ? "us" : "peer");
    this.#check();
  }

  /** Ends a loop that emits something. */
  #count(): void {
    if (++this.#events > EVENTS_PER_BYTE * (this.#fed + this.#chunks) + MORE_EVENTS) {
      throw new TooMany(`${this.#events} messages and errors came of ${this.#fed} bytes`);
    }
  }

  #check(): void {
    if (this.#complaint !== undefined) throw new Error(this.#complaint);
    const { bytesScanned = 0, bytesCopied = 0 } = this.#decoder as Counting;
    // To be asked again by a chunk without bytes is as good a reason for a look as a byte.
    const bytes = this.#fed + this.#chunks;
    const looks = this.#row.mayLook(this.#options) * bytes;
    if (bytesScanned > looks) throw new Error(`it looked ${bytesScanned} times at ${this.#fed} bytes`);
    if (bytesCopied > COPIES_PER_BYTE * bytes) throw new Error(`it copied ${bytesCopied} of ${this.#fed} bytes`);
  }
}

/** Must get through to whoever feeds, or the loop goes on. */
class TooMany extends Error {}

class WatchedChannel extends EmbeddedChannel {
  override unhandledError(error: Error): void {
    if (error instanceof TooMany) throw error;
    super.unhandledError(error);
  }
}

/** One byte may stand for two messages. */
const EVENTS_PER_BYTE = 2;
/** At the end of the stream. */
const MORE_EVENTS = 4;
/** Once when it comes, and less than twice when an accumulator that doubles moves. */
const COPIES_PER_BYTE = 3;
