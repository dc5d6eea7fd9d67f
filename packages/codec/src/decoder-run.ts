/**
 * What a decoder needs while it has bytes.
 *
 * ```
 *   bytes arrive ──▶ begin ──▶ … chunks of a burst … ──▶ nothing torn at its end ──▶ end ──▶ the next decoder's
 *                                                    └─▶ a torn frame: kept until a burst ends without one
 * ```
 *
 * Most connections are idle and most bursts end with a frame, so an idle decoder holds none of this, and one run serves
 * nearly all decoders: 350 bytes less for each connection. Made anew for each burst it would be young when it refers to
 * what is old, and the other way round, which costs more than all that is done here.
 */
import { IDLE, type Phase } from "./decoder-phase.js";
import type { DecodingLimits } from "./decoding-limits.js";
import { MessageSink } from "./message-sink.js";
import { StreamInput } from "./stream-input.js";

export class DecoderRun<T> {
  readonly input = new StreamInput();
  readonly sink = new MessageSink<T>();
  phase: Phase = IDLE;
  /** What arrived while a chunk was being decoded. */
  waiting: unknown[] = NONE;
  /** The stream has ended while `decode` was being called. */
  endWaits = false;
  /** The decoder has been removed: what is unread goes to the next handler. */
  removed = false;
  /** Where in the stream `decode` last threw without having consumed anything. */
  threwAt = -1;
  /** In this burst of input. */
  sawBytes = false;
  produced = false;

  /** In the list of spares. */
  #next: DecoderRun<unknown> | undefined = undefined;

  static begin<T>(limits: DecodingLimits, offset: number): DecoderRun<T> {
    const run = (DecoderRun.#takeSpare() as DecoderRun<T> | undefined) ?? new DecoderRun<T>();
    run.input.begin(limits, offset);
    return run;
  }

  static #takeSpare(): DecoderRun<unknown> | undefined {
    const run = spare;
    if (run === undefined) return undefined;
    spare = run.#next;
    spares--;
    return run;
  }

  /** Only when nothing is unread. */
  end(): void {
    this.threwAt = -1;
    this.endWaits = this.removed = this.sawBytes = this.produced = false;
    if (spares === MOST_SPARES || this.sink.length > 0 || this.waiting.length > 0) return;
    spares++;
    this.#next = spare;
    spare = this;
  }

  postpone(message: unknown): void {
    if (this.waiting === NONE) this.waiting = [];
    this.waiting.push(message);
  }

  takeWaiting(): unknown[] {
    const { waiting } = this;
    this.waiting = NONE;
    return waiting;
  }
}

/** Shared by all runs that have nothing waiting; never written to. */
const NONE: unknown[] = [];
let spare: DecoderRun<unknown> | undefined;
let spares = 0;
/** As deep as pipelines nest: decoders behind decoders, and channels that feed channels. */
const MOST_SPARES = 8;
