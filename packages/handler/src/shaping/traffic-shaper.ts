/**
 * Two buckets and the channels that wait for them; one channel, or many in turn.
 *
 * ```
 *   writes   [c1: ■■■■■■■■] [c2: ■] [c3: ■■■]   a ring: each in turn may send a quantum, as far as the bucket allows
 *   reads    [c4] [c5]                          a line: their demand is passed on when the bucket is out of debt
 * ```
 *
 * Turns are counted in bytes (deficit round robin: Shreedhar and Varghese, 1995), so one channel with long messages, or
 * with many of them, gets no more than its share, and one that sends little hardly waits.
 *
 * Reading is limited by holding back demand: `read` travels through the pipeline after each burst, and here it waits.
 * Nobody's `autoRead` is touched. How much a burst brings is known only afterwards, so the bucket may go into debt by one
 * burst of each channel that was let go; demand is let go as the bursts before suggest that there is room.
 */
import type { Clock, Completion, Timeout } from "@sluice/core";
import type { ShapedChannel } from "./shaped-channel.js";
import type { TokenBucket } from "./token-bucket.js";
import { DirectionCounter, type TrafficSnapshot } from "./traffic-counters.js";

export class TrafficShaper {
  readonly #readBucket: TokenBucket | undefined;
  readonly #writeBucket: TokenBucket | undefined;
  readonly #read: DirectionCounter;
  readonly #written: DirectionCounter;
  /** Channels with flushed writes, in the order of their turns. */
  readonly #writing = new Set<ShapedChannel>();
  /** Channels whose demand waits, oldest first. */
  readonly #paused = new Set<ShapedChannel>();
  /** What a channel may send more when its turn comes. */
  readonly #quantum: number;
  #clock: Clock | undefined;
  #writeTimeout: Timeout | undefined;
  #readTimeout: Timeout | undefined;
  #isSending = false;
  #heldWrites = 0;
  #heldBytes = 0;

  constructor(readBucket: TokenBucket | undefined, writeBucket: TokenBucket | undefined, intervalMs: number) {
    this.#readBucket = readBucket;
    this.#writeBucket = writeBucket;
    // Short turns, but not so short that going round is all there is to do.
    this.#quantum = Math.min(LONGEST_TURN, Math.max(1, (writeBucket?.burst ?? 0) / TURNS_PER_BURST));
    this.#read = new DirectionCounter(intervalMs);
    this.#written = new DirectionCounter(intervalMs);
  }

  snapshot(): TrafficSnapshot {
    const now = this.#clock?.now() ?? 0;
    return {
      read: this.#read.snapshot(now),
      written: this.#written.snapshot(now),
      heldWrites: this.#heldWrites,
      heldBytes: this.#heldBytes,
      pausedReads: this.#paused.size,
    };
  }

  // ── writing ────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws OUTBOUND_BUFFER_FULL */
  write(channel: ShapedChannel, message: unknown, completion: Completion | undefined, size: number): void {
    const now = this.#now(channel);
    if (channel.outputEnded || this.#mayPass(channel, size, now)) {
      this.#writeBucket?.take(size, now);
      this.#written.passed(size, now);
      channel.ctx.write(message, completion);
      return;
    }
    channel.hold(message, completion, size, now);
    this.#heldWrites++;
    this.#heldBytes += size;
    this.#written.delayBegan();
  }

  flush(channel: ShapedChannel): void {
    channel.markFlushed();
    // What has passed already.
    channel.ctx.flush();
    if (channel.next === undefined) return;
    this.#writing.add(channel);
    this.#send();
  }

  /** Passes on everything at once, in order: what was flushed flushed, the rest not. Nothing is held from here on. */
  endOutput(channel: ShapedChannel): void {
    channel.outputEnded = true;
    this.#writing.delete(channel);
    if (channel.heldWrites === 0) return;
    while (channel.next !== undefined) this.#passOn(channel);
    channel.ctx.flush();
    while (channel.heldWrites > 0) this.#passOn(channel);
    channel.ctx.channel.engine.queue.updateWritability();
    if (this.#writing.size === 0) this.#writeTimeout?.cancel();
  }

  // ── reading ────────────────────────────────────────────────────────────────────────────────────────────────

  /** A burst of input has ended. */
  received(channel: ShapedChannel): void {
    const { burst } = channel;
    channel.lastBurst = burst;
    channel.burst = 0;
    const now = this.#now(channel);
    this.#readBucket?.take(burst, now);
    this.#read.passed(burst, now);
  }

  /** Input is wanted. */
  demand(channel: ShapedChannel): void {
    const bucket = this.#readBucket;
    if (bucket === undefined || channel.inputEnded) return channel.ctx.read();
    if (this.#paused.has(channel)) return;
    const now = this.#now(channel);
    if (this.#paused.size === 0 && bucket.waitMs(0, now) === 0) return channel.ctx.read();
    channel.pausedSince = now;
    this.#paused.add(channel);
    this.#read.delayBegan();
    if (this.#paused.size === 1) this.#resumeIn(bucket.waitMs(0, now));
  }

  /** Its demand waits no longer, but goes on. */
  endInput(channel: ShapedChannel): void {
    channel.inputEnded = true;
    if (this.#paused.has(channel)) this.#letRead(channel);
    if (this.#paused.size === 0) this.#readTimeout?.cancel();
  }

  // ── turns ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Nothing overtakes what waits: neither of its own channel, nor, being flushed, of another. */
  #mayPass(channel: ShapedChannel, size: number, now: number): boolean {
    const bucket = this.#writeBucket;
    if (bucket === undefined) return true;
    if (channel.heldWrites > 0) return false;
    return size === 0 || (this.#writing.size === 0 && bucket.waitMs(size, now) === 0);
  }

  /** Sends what may be sent, each channel in its turn, and comes back when more may. */
  #send(): void {
    const bucket = this.#writeBucket;
    // Asked again from inside: the loop sees what has come.
    if (bucket === undefined || this.#isSending) return;
    this.#isSending = true;
    const served = new Set<ShapedChannel>();
    let waitMs = 0;
    for (let channel = this.#whoseTurn(); channel !== undefined; channel = this.#whoseTurn()) {
      const size = channel.next?.size ?? 0;
      const now = this.#now(channel);
      waitMs = bucket.waitMs(size, now);
      if (waitMs > 0) break;
      bucket.take(size, now);
      channel.credit -= size;
      served.add(channel);
      this.#passOn(channel);
    }
    this.#isSending = false;
    if (waitMs > 0) this.#sendIn(waitMs);
    for (const { ctx } of served) {
      ctx.channel.engine.queue.updateWritability();
      ctx.flush();
    }
  }

  /** The channel that may send its next write; those that have used up their credit go to the end of the ring. */
  #whoseTurn(): ShapedChannel | undefined {
    let passedOver = 0;
    for (;;) {
      const { value: channel } = this.#writing.values().next();
      if (channel === undefined) return undefined;
      const size = channel.next?.size;
      if (size !== undefined && channel.credit >= size) return channel;
      this.#writing.delete(channel);
      if (size === undefined) channel.credit = 0;
      else {
        channel.credit += this.#quantum;
        this.#writing.add(channel);
        if (++passedOver === this.#writing.size) this.#skipRounds();
      }
    }
  }

  /** Nobody's credit covers a whole message: grants at once what the rounds up to the first one would. */
  #skipRounds(): void {
    let rounds = Number.POSITIVE_INFINITY;
    for (const { next, credit } of this.#writing) {
      rounds = Math.min(rounds, Math.ceil(((next?.size ?? 0) - credit) / this.#quantum));
    }
    for (const channel of this.#writing) channel.credit += Math.max(0, rounds) * this.#quantum;
  }

  #passOn(channel: ShapedChannel): void {
    const { size, since } = channel.passOn();
    const now = this.#now(channel);
    this.#heldWrites--;
    this.#heldBytes -= size;
    this.#written.passed(size, now);
    this.#written.delayEnded(now - since);
  }

  #sendIn(delayMs: number): void {
    if (this.#writeTimeout === undefined) {
      this.#writeTimeout = (this.#clock as Clock).schedule(delayMs, () => this.#send());
    } else this.#writeTimeout.reschedule(delayMs);
  }

  /** Lets go of as many demands as there is room for, going by what their last bursts brought. */
  #resume(): void {
    const bucket = this.#readBucket as TokenBucket;
    const now = (this.#clock as Clock).now();
    let room = bucket.waitMs(0, now) > 0 ? -1 : bucket.level(now);
    for (const channel of this.#paused) {
      if (room < 0) break;
      room -= Math.max(channel.lastBurst, 1);
      this.#letRead(channel);
    }
    // Those let go may have nothing to bring, so the others must not wait for them.
    if (this.#paused.size > 0) this.#resumeIn(Math.max(bucket.waitMs(0, now), LOOK_AGAIN_MS));
  }

  #letRead(channel: ShapedChannel): void {
    this.#paused.delete(channel);
    this.#read.delayEnded(this.#now(channel) - channel.pausedSince);
    channel.ctx.read();
  }

  #resumeIn(delayMs: number): void {
    if (this.#readTimeout === undefined) {
      this.#readTimeout = (this.#clock as Clock).schedule(delayMs, () => this.#resume());
    } else this.#readTimeout.reschedule(delayMs);
  }

  /** All time comes from the clock of the first channel. */
  #now(channel: ShapedChannel): number {
    this.#clock ??= channel.ctx.clock;
    return this.#clock.now();
  }
}

/** A turn sends no more than a few segments, if that is more than a fraction of a burst. */
const LONGEST_TURN = 16 * 1024;
const TURNS_PER_BURST = 16;
/** One tick of the system's clock. */
const LOOK_AGAIN_MS = 10;
