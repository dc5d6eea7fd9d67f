/** How a pool behaves, with defaults for everything but the way to connect. */
import { SluiceError } from "@sluice/buffer";
import type { Channel } from "../channel.js";
import { type Clock, deadlineAfter } from "../clock.js";
import { systemClock } from "../system-clock.js";

/** Makes one more channel; the signal says that it is not wanted any more. */
export type PoolConnect<In, Out> = (options: { readonly signal: AbortSignal }) => PromiseLike<Channel<In, Out>>;

/**
 * Whether a channel is fit for use. Throwing counts as no, and is told as the channel's error. The signal says that it
 * has taken too long.
 */
export type ChannelCheck<In, Out> = (
  channel: Channel<In, Out>,
  options: { readonly signal: AbortSignal },
) => boolean | PromiseLike<boolean>;

export interface ChannelPoolOptions<In = any, Out = any> {
  /**
   * How to make a channel, ready for use: `({ signal }) => bootstrap.connect({ host, port, signal })`, and a login behind
   * it if the protocol has one.
   */
  readonly connect: PoolConnect<In, Out>;
  /** Milliseconds that may take; then it is given up with CONNECT_TIMEOUT. 0 for no limit. @default 30 000 */
  readonly connectTimeoutMs?: number;
  /** Channels at a time, those being connected and closed included; `Infinity` for no limit. @default 10 */
  readonly maxConnections?: number;
  /** Callers that may wait while all channels are in use; one more gets POOL_EXHAUSTED. @default 1000 */
  readonly maxWaiting?: number;
  /** Milliseconds `acquire` waits; then it rejects with POOL_ACQUIRE_TIMEOUT. 0 for no limit. @default 10 000 */
  readonly acquireTimeoutMs?: number;
  /**
   * Which idle channel is taken first: `lifo` the one used last, which leaves the others to become idle enough to be
   * closed; `fifo` the one that has rested longest, which keeps all of them in use.
   * @default "lifo"
   */
  readonly order?: "lifo" | "fifo";
  /** Milliseconds a channel may be idle; then it is closed. 0 for ever. @default 60 000 */
  readonly idleTimeoutMs?: number;
  /** Channels that stay although they have been idle for too long. None is made for this number. @default 0 */
  readonly minIdle?: number;
  /**
   * Milliseconds after which a channel is not used again: an idle one is closed, one in use when it comes back.
   * 0 for ever.
   * @default 1 800 000
   */
  readonly maxLifetimeMs?: number;
  /** The part of `maxLifetimeMs`, from 0 to 1, by which it is shortened at random, lest all reconnect at once. @default 0.1 */
  readonly lifetimeJitter?: number;
  /** Asked of an idle channel before it is used, beside its being active. @default nothing more */
  readonly checkOnAcquire?: ChannelCheck<In, Out>;
  /** Asked of a channel that comes back, beside its being active. @default nothing more */
  readonly checkOnRelease?: ChannelCheck<In, Out>;
  /** Milliseconds either check may take. @default 5000 */
  readonly checkTimeoutMs?: number;
  /** All timing of the pool goes through it. @default the system clock */
  readonly clock?: Clock;
}

/** The options with what was left out. @throws INVALID_ARGUMENT */
export function poolOptions<In, Out>(given: ChannelPoolOptions<In, Out>) {
  const options = { ...DEFAULTS, ...withoutUndefined(given) };
  integer("maxConnections", options.maxConnections, 1);
  integer("maxWaiting", options.maxWaiting, 0);
  integer("minIdle", options.minIdle, 0);
  for (const name of ["connectTimeoutMs", "acquireTimeoutMs", "idleTimeoutMs", "maxLifetimeMs"] as const) {
    milliseconds(name, options[name]);
  }
  milliseconds("checkTimeoutMs", options.checkTimeoutMs);
  if (!(options.lifetimeJitter >= 0 && options.lifetimeJitter <= 1)) {
    throw new SluiceError("INVALID_ARGUMENT", `lifetimeJitter must be between 0 and 1, not ${options.lifetimeJitter}`);
  }
  if (options.order !== "lifo" && options.order !== "fifo") {
    throw new SluiceError("INVALID_ARGUMENT", `order cannot be ${String(options.order)}`);
  }
  return options;
}

/** @throws INVALID_ARGUMENT */
export function milliseconds(name: string, value: number): void {
  deadlineAfter(0, value);
  if (value < 0) throw new SluiceError("INVALID_ARGUMENT", `${name} must be at least 0, not ${value}`);
}

function withoutUndefined<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
}

function integer(name: string, value: number, least: number): void {
  if (value >= least && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)) return;
  throw new SluiceError("INVALID_ARGUMENT", `${name} must be a whole number from ${least}, not ${value}`);
}

const DEFAULTS = {
  connectTimeoutMs: 30_000,
  maxConnections: 10,
  maxWaiting: 1000,
  acquireTimeoutMs: 10_000,
  order: "lifo" as "lifo" | "fifo",
  idleTimeoutMs: 60_000,
  minIdle: 0,
  maxLifetimeMs: 1_800_000,
  lifetimeJitter: 0.1,
  checkTimeoutMs: 5000,
  clock: systemClock as Clock,
};
