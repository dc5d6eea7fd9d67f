/**
 * Finds out whether the peer is still there, and ends the channel when it is not.
 *
 * TCP says nothing about a peer that has vanished, not for hours. So one end asks now and then, the other answers,
 * and both stop believing in a silence that lasts:
 *
 * ```
 *   pinging end     ping ─────▶ pong   ping ─────▶ ·  ping ─────▶ ·        dead: HEARTBEAT_TIMEOUT, close
 *                   │◀── intervalMs ──▶│◀ timeoutMs ▶│◀ timeoutMs ▶│
 *   listening end   last heard ▮◀── intervalMs ──▶◀ timeoutMs ▶│◀ timeoutMs ▶│      (maxMissed: 2)
 *                                                           missed 1        dead
 * ```
 *
 * When is decided by a `HeartbeatMachine`; this handler carries it out.
 */
import { SluiceError } from "@sluice/buffer";
import {
  asError,
  type ChannelHandlerContext,
  ChannelInputShutdownEvent,
  PassThroughHandler,
  type Timeout,
} from "@sluice/core";
import { skipEvents } from "../idle/skip-events.js";
import { HeartbeatEvent } from "./heartbeat-event.js";
import { HeartbeatMachine } from "./heartbeat-machine.js";
import { type HeartbeatHandlerOptions, heartbeatTiming } from "./heartbeat-options.js";
import type { HeartbeatProtocol } from "./heartbeat-protocol.js";
import { RoundTripMeter } from "./round-trip-meter.js";
import type { RoundTripTime } from "./round-trip-time.js";

/**
 * Sends, answers and expects heartbeats, from when the channel becomes active until it ends, its input ends or the
 * handler is removed.
 *
 * Put it where the messages of its protocol pass: behind the framing, or behind the codec. Heartbeats stop here, all
 * else passes unchanged; `HeartbeatEvent`s tell the handlers behind it what happens. On a dead peer, no later than
 * `intervalMs + maxMissed * timeoutMs` after it fell silent, HEARTBEAT_TIMEOUT (`limit`: those milliseconds) goes to
 * `exceptionCaught` and the channel is closed, without waiting for a peer that is not there: what is queued is not sent,
 * but fails with CHANNEL_CLOSED, and the connection is cut.
 *
 * Where nobody answers (a protocol without `isPong`), an end that pings only beats, and reads pass it by. For
 * heartbeats in both directions that nobody answers, as in AMQP or STOMP, put in two handlers: one whose client pings,
 * one whose server does.
 *
 * Heartbeats queue like other messages, in both directions: `timeoutMs` should be longer than a full queue takes to
 * be sent, and a channel whose reading is paused for longer than that hears nothing and loses its peer. An end that
 * has shut its output down neither asks nor answers, and goes on listening.
 * A process that was held up, or stopped, reads what has arrived meanwhile before its clock lets it blame the peer.
 *
 * Costs one timeout per channel, two calls of the protocol per message and one look at the clock per read burst.
 *
 * @example
 * ```ts
 * pipeline
 *   .addLast(new LineBasedFrameDecoder())
 *   .addLast(new StringDecoder())
 *   .addLast(new LineEncoder())
 *   .addLast(new HeartbeatHandler({ side: "client", protocol: textHeartbeat(), intervalMs: 20_000 }));
 * ```
 */
export class HeartbeatHandler<In = unknown, Out = never> extends PassThroughHandler {
  declare readonly "~writes": () => Out;
  readonly #machine: HeartbeatMachine;
  readonly #meter = new RoundTripMeter();
  readonly #protocol: HeartbeatProtocol<In, Out>;
  readonly #pings: boolean;
  readonly #bothPing: boolean;
  readonly #onlyPongs: boolean;
  readonly #silenceMs: number;
  readonly #onDead: HeartbeatHandlerOptions<In, Out>["onDead"];
  #timeout: Timeout | undefined;
  /** When the timeout fires; it may be earlier than the machine's deadline, and then moves on. */
  #armedFor = Number.POSITIVE_INFINITY;
  /** Whether there was a sign of life since the machine was last told. */
  #heard = false;

  /** @throws SluiceError `INVALID_ARGUMENT` if a number is out of range, or the protocol lacks what this end needs */
  constructor(options: HeartbeatHandlerOptions<In, Out>) {
    super();
    const timing = heartbeatTiming(options);
    const { role, intervalMs, timeoutMs, maxMissed } = timing;
    this.#protocol = options.protocol ?? {};
    this.#pings = role !== "listening";
    this.#bothPing = options.pings === "both";
    this.#onlyPongs = options.onlyPongs ?? false;
    this.#onDead = options.onDead;
    this.#silenceMs = intervalMs + maxMissed * timeoutMs;
    if (role === "beating") skipEvents(this, HeartbeatHandler.prototype, ["channelRead", "channelReadComplete"]);
    this.#machine = new HeartbeatMachine(timing);
  }

  /** As of the last pong that was measured; `undefined` before the first, and always at an end that does not ping. */
  get roundTripTime(): RoundTripTime | undefined {
    return this.#meter.time;
  }

  /** Misses in a row; 0 while all is well. */
  get missed(): number {
    return this.#machine.missed;
  }

  override handlerAdded(ctx: ChannelHandlerContext): void {
    if (ctx.channel.isActive) this.#start(ctx);
  }

  override handlerRemoved(_ctx: ChannelHandlerContext): void {
    this.#stop();
  }

  override channelActive(ctx: ChannelHandlerContext): void {
    this.#start(ctx);
    ctx.fireChannelActive();
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    this.#stop();
    ctx.fireChannelInactive();
  }

  override userEventTriggered(ctx: ChannelHandlerContext, event: unknown): void {
    // Nothing can be heard any more, and silence proves nothing.
    if (event === ChannelInputShutdownEvent) this.#stop();
    ctx.fireUserEventTriggered(event);
  }

  override channelRead(ctx: ChannelHandlerContext, message: In): void {
    const protocol = this.#protocol;
    const isPong = protocol.isPong?.(message) === true;
    if (isPong && this.#pings && !this.#isRatherPing(message)) this.#pongReceived(ctx, message);
    else if (protocol.isPing?.(message)) this.#pingReceived(ctx, message);
    else if (isPong) {
      // To a ping we have not sent: some protocols use them as heartbeats without an answer.
      this.#heard = true;
      ctx.fireUserEventTriggered(HeartbeatEvent.RECEIVED);
    } else {
      if (!this.#onlyPongs) this.#heard = true;
      ctx.fireChannelRead(message);
    }
  }

  override channelReadComplete(ctx: ChannelHandlerContext): void {
    if (this.#heard) {
      const now = ctx.clock.now();
      this.#tellHeard(now);
      // Later deadlines wait until the timeout fires: traffic schedules nothing.
      if (this.#machine.deadline < this.#armedFor) this.#arm(now);
    }
    ctx.fireChannelReadComplete();
  }

  #start(ctx: ChannelHandlerContext): void {
    if (this.#machine.state !== "new") return;
    const now = ctx.clock.now();
    this.#machine.on("started", now);
    this.#armedFor = this.#machine.deadline;
    this.#timeout = ctx.clock.schedule(this.#armedFor - now, () => this.#expired(ctx));
  }

  #stop(): void {
    this.#machine.on("stopped", 0);
    this.#timeout?.cancel();
  }

  #tellHeard(now: number): void {
    this.#heard = false;
    this.#machine.on("heard", now);
  }

  #arm(now: number): void {
    this.#armedFor = this.#machine.deadline;
    if (this.#armedFor === Number.POSITIVE_INFINITY) return;
    const remaining = this.#armedFor - now;
    // A rest too small to move the time of day would be asked for again for ever.
    this.#timeout?.reschedule(remaining > 0 ? Math.max(remaining, MIN_DELAY_MS) : 0);
  }

  #expired(ctx: ChannelHandlerContext): void {
    if (!ctx.channel.isOpen) return;
    try {
      const now = ctx.clock.now();
      if (this.#heard) this.#tellHeard(now);
      const action = this.#machine.on("expired", now);
      // Before the events, which may stop everything.
      this.#arm(now);
      switch (action) {
        case "wait":
          return;
        case "ping":
          return this.#ping(ctx, now);
        case "reportMiss":
          return ctx.fireUserEventTriggered(HeartbeatEvent.missed(this.#machine.missed));
        case "pingAgain":
          ctx.fireUserEventTriggered(HeartbeatEvent.missed(this.#machine.missed));
          if (this.#machine.state === "doubtful") this.#ping(ctx, now);
          return;
        case "declareDead":
          return this.#declareDead(ctx);
      }
    } catch (thrown) {
      ctx.fireExceptionCaught(asError(thrown));
    }
  }

  #ping(ctx: ChannelHandlerContext, now: number): void {
    if (!canWrite(ctx)) return;
    const ping = this.#protocol.makePing?.(this.#meter.sequence + 1);
    this.#meter.pinged(now);
    ctx.writeAndFlush(ping);
    ctx.fireUserEventTriggered(HeartbeatEvent.SENT);
  }

  #pingReceived(ctx: ChannelHandlerContext, ping: In): void {
    if (!this.#onlyPongs || !this.#pings) this.#heard = true;
    const pong = this.#protocol.makePong?.(ping);
    if (pong !== undefined && canWrite(ctx)) ctx.writeAndFlush(pong);
    ctx.fireUserEventTriggered(HeartbeatEvent.RECEIVED);
  }

  /**
   * Where both ends ping and a ping looks like a pong, one that is not awaited is a ping. Each answer then meets an
   * end that awaits it: of both ends together, as many pongs are awaited as messages are under way.
   */
  #isRatherPing(message: In): boolean {
    return this.#bothPing && this.#meter.unanswered === 0 && this.#protocol.isPing?.(message) === true;
  }

  #pongReceived(ctx: ChannelHandlerContext, pong: In): void {
    this.#heard = true;
    const protocol = this.#protocol;
    const isAmbiguous = this.#bothPing && protocol.isPing?.(pong) === true;
    const isMeasured = this.#meter.ponged(protocol.sequenceOf?.(pong), ctx.clock.now(), isAmbiguous);
    const { time } = this.#meter;
    ctx.fireUserEventTriggered(
      isMeasured && time !== undefined ? HeartbeatEvent.measured(time) : HeartbeatEvent.RECEIVED,
    );
  }

  #declareDead(ctx: ChannelHandlerContext): void {
    const { missed } = this.#machine;
    ctx.fireUserEventTriggered(HeartbeatEvent.missed(missed));
    ctx.fireUserEventTriggered(HeartbeatEvent.dead(missed));
    // What handles the events may have closed the channel, or removed this handler.
    if (this.#machine.state !== "dead" || !ctx.channel.isOpen) return;
    const limit = this.#silenceMs;
    const error = new SluiceError("HEARTBEAT_TIMEOUT", `no sign of life from the peer for ${limit} ms`, { limit });
    if (this.#isSpared(ctx, error)) {
      const now = ctx.clock.now();
      this.#machine.on("spared", now);
      this.#arm(now);
      return;
    }
    // Before the error, which closes the channel when nobody handles it.
    ctx.channel.engine.note.peerIsGone = true;
    ctx.fireExceptionCaught(error);
    ctx.close();
  }

  #isSpared(ctx: ChannelHandlerContext, error: SluiceError): boolean {
    try {
      return this.#onDead?.(ctx, error) === "continue";
    } catch (thrown) {
      ctx.fireExceptionCaught(asError(thrown));
      return false;
    }
  }
}

/** A heartbeat that could not be sent would be an error nobody has caused: there is nobody left to reach. */
function canWrite(ctx: ChannelHandlerContext): boolean {
  return ctx.channel.isActive && !ctx.channel.engine.isOutputShutdown;
}

/** Moves the time of day for some thirty years, and delays nothing anybody could notice. */
const MIN_DELAY_MS = 0.001;
