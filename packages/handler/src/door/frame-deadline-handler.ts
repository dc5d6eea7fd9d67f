/**
 * Ends connections that take too long over a frame: the answer to Slowloris.
 *
 * ```
 *   read timeout      ▪    ▪    ▪    ▪    ▪    ▪    ▪        one byte now and then: never silent for long
 *   frame deadline    ▪    ▪    ▪    ▪  ✝                    but no frame: FRAME_TIMEOUT
 *                     └── timeoutMs ──┘
 * ```
 *
 * Neither `ReadTimeoutHandler` nor `IdleStateHandler` sees anything wrong with a peer that sends a byte every ten seconds:
 * each is a read. This handler measures from the first byte of a frame to its last. It stands directly behind the frame
 * decoder, and is told which one it is, so that it knows whether a burst of input ended in the middle of a frame.
 *
 * - A frame may take `timeoutMs`, and with `minBytesPerSecond` longer as its bytes come: that is for long frames over slow
 *   links. The frame decoder's maximum length bounds what that comes to.
 * - The first frame may have a deadline from the beginning of the connection, its first byte still to come: for greetings,
 *   logins, and those who connect and say nothing.
 * - Time does not count while nobody asks for input (`autoRead` off, a slow reader of `messages()`): that is not the peer's
 *   fault. What a traffic shaping handler nearer the transport holds back does count; let frames have longer there.
 * - When this process was too busy to look in time, what has come meanwhile is read before anything is decided.
 * - Between frames any silence is allowed here; that is for the idle timeouts.
 *
 * When time is up FRAME_TIMEOUT goes to `exceptionCaught` (`limit`: the milliseconds allowed, `length`: bytes of the frame
 * that came), and the channel is closed in order.
 *
 * Costs one timeout while a frame is incomplete, and a look at the clock per burst that leaves one; nothing but two
 * comparisons per burst of whole frames.
 *
 * @example
 * ```ts
 * const framer = new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 });
 * pipeline.addLast(framer).addLast(new FrameDeadlineHandler({ framer, timeoutMs: 10_000, firstTimeoutMs: 5_000 }));
 * ```
 */
import { SluiceError } from "@sluice/buffer";
import {
  asError,
  type ChannelHandlerContext,
  ChannelInputShutdownEvent,
  PassThroughHandler,
  type Timeout,
} from "@sluice/core";
import { effectiveTimeout } from "../idle/effective-timeout.js";
import { FrameDeadlineMachine } from "./frame-deadline-machine.js";
import type { FramePosition } from "./frame-position.js";

/** Milliseconds; 0 and less switch a deadline off. */
export interface FrameDeadlineHandlerOptions {
  /**
   * The decoder that makes the frames. Without it a frame counts as incomplete when a burst of input brings no message,
   * which is noticed one burst later, and which handlers in between that keep messages to themselves must not cause.
   * @default none
   */
  readonly framer?: FramePosition;
  /** From the burst with a frame's first byte to its end. @default 10 000 */
  readonly timeoutMs?: number;
  /** From the beginning of the connection, or the moment this handler is added, to the end of the first frame. @default 0 */
  readonly firstTimeoutMs?: number;
  /** A frame gets a second more for each so many bytes of it that have come. Takes a `framer`. @default no more time */
  readonly minBytesPerSecond?: number;
}

export class FrameDeadlineHandler extends PassThroughHandler {
  /** The time in use; 0 for none. */
  readonly timeoutMs: number;
  /** The time in use; 0 for none. */
  readonly firstTimeoutMs: number;
  readonly #framer: FramePosition | undefined;
  readonly #msPerByte: number;
  readonly #machine = new FrameDeadlineMachine();
  #timeout: Timeout | undefined;
  #dueAt = 0;
  #started = false;
  /** This frame has been looked at too late before. */
  #wasLookedAtLate = false;
  #completed = false;

  /** @throws INVALID_ARGUMENT if a time is `NaN` or infinite, or a rate is not positive or has no framer */
  constructor(options: FrameDeadlineHandlerOptions = {}) {
    super();
    this.timeoutMs = effectiveTimeout("timeoutMs", options.timeoutMs ?? 10_000);
    this.firstTimeoutMs = effectiveTimeout("firstTimeoutMs", options.firstTimeoutMs ?? 0);
    this.#framer = options.framer;
    const { minBytesPerSecond = Number.POSITIVE_INFINITY } = options;
    if (!(minBytesPerSecond > 0)) {
      throw new SluiceError("INVALID_ARGUMENT", `minBytesPerSecond must be positive, not ${minBytesPerSecond}`);
    }
    this.#msPerByte = 1000 / minBytesPerSecond;
    if (this.#msPerByte > 0 && this.#framer === undefined) {
      throw new SluiceError(
        "INVALID_ARGUMENT",
        "minBytesPerSecond needs the framer, which knows how many bytes there are",
      );
    }
  }

  override handlerAdded(ctx: ChannelHandlerContext): void {
    if (!ctx.channel.isActive) return;
    this.#start();
    // It has been asked for before this handler came.
    if (ctx.channel.autoRead) this.#readable(ctx);
  }

  override handlerRemoved(_ctx: ChannelHandlerContext): void {
    this.#timeout?.cancel();
  }

  override channelActive(ctx: ChannelHandlerContext): void {
    this.#start();
    ctx.fireChannelActive();
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    this.#timeout?.cancel();
    ctx.fireChannelInactive();
  }

  override channelRead(ctx: ChannelHandlerContext, message: unknown): void {
    this.#completed = true;
    ctx.fireChannelRead(message);
  }

  override channelReadComplete(ctx: ChannelHandlerContext): void {
    const completed = this.#completed;
    this.#completed = false;
    if (completed) this.#wasLookedAtLate = false;
    const midFrame = this.timeoutMs > 0 && (this.#framer === undefined ? !completed : this.#framer.isMidFrame);
    if (midFrame || this.#machine.state !== "between") {
      this.#machine.burstEnded(ctx.clock.now(), midFrame, completed, this.timeoutMs);
      // A decoder that could make no message of a burst asks for the next one by itself.
      if (!completed && !ctx.channel.autoRead) this.#readable(ctx);
    }
    ctx.fireChannelReadComplete();
  }

  override userEventTriggered(ctx: ChannelHandlerContext, event: unknown): void {
    if (event === ChannelInputShutdownEvent && this.#machine.state !== "between") {
      // A torn frame stays torn, and the decoder has said so. One that is awaited will never come.
      this.#machine.burstEnded(ctx.clock.now(), false, false, this.timeoutMs);
      this.#readable(ctx);
    }
    ctx.fireUserEventTriggered(event);
  }

  override read(ctx: ChannelHandlerContext): void {
    this.#readable(ctx);
    ctx.read();
  }

  /** What happens when time is up: by default `FRAME_TIMEOUT` and `close`. */
  protected frameTimedOut(ctx: ChannelHandlerContext, error: SluiceError): void {
    ctx.fireExceptionCaught(error);
    ctx.close();
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    if (this.firstTimeoutMs > 0) this.#machine.awaited(this.firstTimeoutMs);
  }

  #readable(ctx: ChannelHandlerContext): void {
    if (this.#machine.state !== "held") return;
    const now = ctx.clock.now();
    const action = this.#machine.readable(now);
    if (typeof action === "object") this.#arm(ctx, now, action.inMs);
  }

  /** A timeout that is still pending may stay if it comes first: it looks again then. */
  #arm(ctx: ChannelHandlerContext, now: number, inMs: number): void {
    const dueAt = now + inMs;
    if (this.#timeout === undefined) this.#timeout = ctx.clock.schedule(inMs, () => this.#expired(ctx));
    else if (!this.#timeout.isPending || dueAt < this.#dueAt) this.#timeout.reschedule(inMs);
    else return;
    this.#dueAt = dueAt;
  }

  #expired(ctx: ChannelHandlerContext): void {
    if (!ctx.channel.isOpen) return;
    const now = ctx.clock.now();
    if (now - this.#dueAt > BUSY_MS && !this.#wasLookedAtLate) {
      this.#wasLookedAtLate = true;
      return this.#arm(ctx, now, LOOK_AGAIN_MS);
    }
    const bytes = this.#framer?.unreadBytes ?? 0;
    const extraMs = bytes * this.#msPerByte;
    const action = this.#machine.expired(now, extraMs);
    if (typeof action === "object") return this.#arm(ctx, now, action.inMs);
    if (action === "none") return;
    const limit = Math.round(this.#machine.limitMs + extraMs);
    const detail = `a frame was not complete after ${limit} ms: ${bytes} byte(s) of it came`;
    try {
      this.frameTimedOut(ctx, new SluiceError("FRAME_TIMEOUT", detail, { length: bytes, limit }));
    } catch (thrown) {
      ctx.fireExceptionCaught(asError(thrown));
    }
  }
}

/** Clocks are a tick or two late by themselves. */
const BUSY_MS = 50;
/** Hosts that are behind run their timers first and read afterwards. */
const LOOK_AGAIN_MS = 1;
