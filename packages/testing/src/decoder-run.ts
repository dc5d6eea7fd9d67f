/**
 * One run of one decoder over one cut, watched from both sides.
 *
 * ```
 *            ┌ Source ┐   ┌ what the factory made ┐   ┌── Sink ──┐
 *   chunks ──▶ marks  ──▶ │ decoder, …            │ ──▶ records  │
 *            │ the end│   └───────────────────────┘   │ the trace│
 *            └────────┘                               └──────────┘
 * ```
 *
 * Each chunk is memory of its own and one read burst. The run ends with the end of the stream, or with the decoder
 * being taken out first. Whatever no cut excuses is a {@link Problem}, the first of which the run reports.
 */

import { ByteBuf } from "@sluice/buffer";
import type { ChannelHandler, ChannelHandlerContext } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { type Cut, joined } from "./cuts.js";
import { copyOfBytes, describeValue } from "./describe-value.js";
import { OutOfSteps, type StepBudget } from "./step-budget.js";
import { END, errorEntry, handedOnEntry, messageEntry, REMOVED, type TraceEntry } from "./trace.js";
import type { VerificationProblem } from "./verification-error.js";
import { garbageLike, WatchedChunk } from "./watched-chunk.js";
import { WorkCounters, worstPerByte } from "./work-counters.js";

export interface RunPlan {
  readonly cut: Cut;
  /** Each chunk begins at a reader index, and an array offset, other than 0, and other bytes lie around it. */
  readonly embedded: boolean;
  /** Whoever gets a buffer reads it to its end at once, instead of keeping it as it is. */
  readonly isRead: boolean;
  /** When the decoder is taken out: never, after the input, or from within its n-th message. */
  readonly removal: "never" | "after input" | number;
}

export interface RunLimits {
  readonly maxScannedPerByte: number;
  readonly maxCopiedPerByte: number;
}

/** Something wrong with a single run, whatever the others did. */
export interface Problem {
  readonly kind: VerificationProblem;
  readonly headline: string;
  /** The option, with its value, that the problem depends on. */
  readonly option?: string;
  readonly cause?: unknown;
}

export interface RunResult {
  readonly trace: readonly TraceEntry[];
  readonly problem: Problem | undefined;
  readonly handlers: number;
  /** How many messages had come out after each chunk. */
  readonly messagesAfter: readonly number[];
  /** What its handlers say they looked at and copied, the worst of them, per byte of input. */
  readonly scanned: number | undefined;
  readonly copied: number | undefined;
}

export function runDecoder(
  decoder: () => ChannelHandler | readonly ChannelHandler[],
  plan: RunPlan,
  limits: RunLimits,
  budget: StepBudget,
): RunResult {
  const made = decoder();
  const handlers: readonly ChannelHandler[] = isList(made) ? made : [made];
  const sink = new Sink(plan, budget, handlers);
  const channel = new WatchedChannel([new Source(sink), ...handlers, sink]);
  const counters = handlers.map((handler) => new WorkCounters(handler));
  const chunks: WatchedChunk[] = [];
  const messagesAfter: number[] = [];
  try {
    channel.checkException();
    const garbage = plan.embedded ? garbageLike(joined(plan.cut)) : undefined;
    for (const bytes of plan.cut) {
      if (!channel.isOpen) break;
      const chunk = new WatchedChunk(bytes, garbage);
      chunks.push(chunk);
      channel.writeOneInbound(chunk.toByteBuf());
      channel.flushInbound();
      messagesAfter.push(sink.messages);
    }
    if (plan.removal === "after input") sink.takeOut(channel.pipeline);
    for (const counter of counters) counter.look();
    finish(channel, sink);
  } catch (thrown) {
    if (thrown instanceof OutOfSteps) abandon(channel);
    else if (sink.hasEnded && thrown instanceof Error) sink.lateEmission(errorEntry(thrown).text);
    else throw thrown;
  }
  for (const counter of counters) counter.look();
  // To be asked again by a chunk without bytes is as cheap an excuse for looking again as a byte.
  const length = plan.cut.reduce((total, chunk) => total + Math.max(1, chunk.length), 0);
  const scanned = worstPerByte(
    counters.map((counter) => counter.scanned),
    length,
  );
  const copied = worstPerByte(
    counters.map((counter) => counter.copied),
    length,
  );
  const problem =
    endless(budget) ??
    sink.problem ??
    (chunks.some((chunk) => chunk.wasWritten()) ? CHUNK_WRITTEN : undefined) ??
    exceeded("too-much-scanned", "looked at", scanned, "maxScannedPerByte", limits) ??
    exceeded("too-much-copied", "copied", copied, "maxCopiedPerByte", limits);
  return { trace: sink.trace, problem, handlers: handlers.length, messagesAfter, scanned, copied };
}

/** Lets a loop that is out of steps be ended from within: its error passes through where others are kept. */
class WatchedChannel extends EmbeddedChannel {
  constructor(handlers: readonly ChannelHandler[]) {
    super({ handlers });
  }

  override unhandledError(error: Error): void {
    if (error instanceof OutOfSteps) throw error;
    super.unhandledError(error);
  }
}

/** Stands before the decoder and notes when the end of the stream sets out towards it. */
class Source implements ChannelHandler {
  readonly #sink: Sink;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  channelInactive(ctx: ChannelHandlerContext): void {
    this.#sink.add(END);
    ctx.fireChannelInactive();
  }
}

/** Stands behind the decoder and records; nothing goes further than this. */
class Sink implements ChannelHandler {
  readonly trace: TraceEntry[] = [];
  messages = 0;
  problem: Problem | undefined;
  /** The stream has ended here too: nothing may follow. */
  hasEnded = false;

  readonly #budget: StepBudget;
  readonly #removeAfter: number;
  readonly #isRead: boolean;
  readonly #handlers: readonly ChannelHandler[];
  readonly #emitted: { readonly message: unknown; readonly text: string }[] = [];
  #isRemoved = false;
  #handedOn: Uint8Array[] = [];

  constructor(plan: RunPlan, budget: StepBudget, handlers: readonly ChannelHandler[]) {
    this.#budget = budget;
    this.#removeAfter = typeof plan.removal === "number" ? plan.removal : 0;
    this.#isRead = plan.isRead;
    this.#handlers = handlers;
  }

  channelRead(ctx: ChannelHandlerContext, message: unknown): void {
    this.#budget.spend(STEPS_PER_MESSAGE);
    const bytes = this.#isRemoved ? copyOfBytes(message) : undefined;
    if (bytes !== undefined) this.#handedOn.push(bytes);
    else {
      const entry = messageEntry(message);
      this.#emitted.push({ message: this.#isRead ? sliceOf(message) : message, text: entry.text });
      this.add(entry);
      this.messages++;
    }
    if (this.hasEnded) this.lateEmission(describeValue(message));
    if (this.#isRead && message instanceof ByteBuf) message.skipBytes(message.readableBytes);
    if (this.messages === this.#removeAfter && !this.#isRemoved) this.takeOut(ctx.pipeline);
  }

  exceptionCaught(_ctx: ChannelHandlerContext, error: Error): void {
    if (error instanceof OutOfSteps) throw error;
    this.#budget.spend(STEPS_PER_MESSAGE);
    const entry = errorEntry(error);
    this.add(entry);
    if (this.hasEnded) this.lateEmission(entry.text);
    if (typeof (error as { readonly code?: unknown }).code !== "string") {
      this.problem ??= { kind: "uncoded-error", headline: `An error has no code: ${error.message}`, cause: error };
    }
  }

  channelInactive(): void {
    this.hasEnded = true;
  }

  add(entry: TraceEntry): void {
    if (this.#handedOn.length > 0) {
      const bytes = joined(this.#handedOn);
      this.#handedOn = [];
      if (bytes.length > 0) this.trace.push(handedOnEntry(bytes));
    }
    this.trace.push(entry);
  }

  /** Takes the decoder out, what is nearest to the tail first, so that what each still holds arrives in order. */
  takeOut(pipeline: ChannelHandlerContext["pipeline"]): void {
    if (this.trace.includes(END)) return;
    this.add(REMOVED);
    this.#isRemoved = true;
    for (const handler of this.#handlers.toReversed()) {
      if (pipeline.context(handler) !== undefined) pipeline.remove(handler);
    }
  }

  lateEmission(what: string): void {
    this.problem ??= { kind: "after-end", headline: `Something comes out after channelInactive: ${what}` };
  }

  /** Looks again at everything that was emitted. */
  checkMemory(): void {
    for (const { message, text } of this.#emitted) {
      const now = describeValue(message);
      if (now !== text) {
        const headline = `A message changes after it was emitted: ${clip(text)} becomes ${clip(now)}`;
        this.problem ??= { kind: "message-changed", headline };
      }
    }
  }
}

function finish(channel: EmbeddedChannel, sink: Sink): void {
  let late: unknown;
  try {
    late = channel.finish().inbound[0];
  } catch (thrown) {
    if (thrown instanceof OutOfSteps) throw thrown;
    late = thrown;
  }
  // Handlers leave tail first, so what the decoder emits while it leaves finds no sink any more.
  if (late !== undefined) sink.lateEmission(late instanceof Error ? errorEntry(late).text : describeValue(late));
  if (!sink.hasEnded) sink.problem ??= INACTIVE_LOST;
  sink.checkMemory();
}

/** Uses up what a looping decoder has put off, so that it does not loop again in a job nobody catches. */
function abandon(channel: EmbeddedChannel): void {
  for (;;) {
    try {
      return channel.runPendingTasks();
    } catch {
      // Each task is taken before it runs, so there is one less for the next round.
    }
  }
}

function endless(budget: StepBudget): Problem | undefined {
  if (!budget.isSpent) return undefined;
  return { kind: "endless", headline: `The decoder does not come to an end within ${budget.limit} steps` };
}

function exceeded(
  kind: VerificationProblem,
  verb: string,
  count: number | undefined,
  option: keyof RunLimits,
  limits: RunLimits,
): Problem | undefined {
  if (count === undefined || count <= limits[option]) return undefined;
  const times = Number(count.toFixed(2));
  const headline = `Each byte is ${verb} ${times} times on average; ${option} is ${limits[option]}`;
  return { kind, headline, option: `${option}: ${limits[option]}` };
}

/** The bytes of a buffer whose reader will move. */
function sliceOf(message: unknown): unknown {
  return message instanceof ByteBuf ? message.slice() : message;
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function isList(made: ChannelHandler | readonly ChannelHandler[]): made is readonly ChannelHandler[] {
  return Array.isArray(made);
}

const CHUNK_WRITTEN: Problem = {
  kind: "chunk-written",
  headline: "The memory of a chunk, or around it, is written to; whoever else holds it would see that",
};
const INACTIVE_LOST: Problem = { kind: "inactive-lost", headline: "channelInactive is not passed on" };

/** A message costs the sink about as much as this many questions to a buffer. */
const STEPS_PER_MESSAGE = 16;
