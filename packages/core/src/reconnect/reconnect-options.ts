/** What a reconnecting client can be told, and what it takes for granted. */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import type { Channel } from "../channel.js";
import { ENTRY_OVERHEAD, UNKNOWN_SIZE } from "../channel-outbound-buffer.js";
import type { ConnectOptions } from "../transport.js";

/** Where to connect; see {@link ConnectOptions}. */
export type ReconnectTarget = Omit<ConnectOptions, "signal">;

/** What {@link ReconnectOptions.prepare} is given beside the channel. */
export interface PrepareContext {
  /** Aborted when the outcome no longer matters: too late, the channel is over, the client stops. */
  readonly signal: AbortSignal;
  readonly server: ReconnectTarget;
  /** As in the events. */
  readonly attempt: number;
}

export interface ReconnectOptions<In = any, Out = any> {
  /** One attempt after the other takes the next of them, round and round; a lost channel moves on as well. */
  readonly servers: readonly ReconnectTarget[];

  /** Ends it all, as `close()` does; what waits then gets ABORTED as the cause. */
  readonly signal?: AbortSignal;

  // ── attempts ───────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * The window from which the first delay is drawn, in milliseconds. Choose it by the number of clients a server can
   * take back: of those it loses in one moment, no more than `t / initialDelayMs` come within any `t` milliseconds.
   * @default 1000
   */
  readonly initialDelayMs?: number;
  /** The longest window; so nobody waits longer. @default 30_000, or `initialDelayMs` if that is more */
  readonly maxDelayMs?: number;
  /** By how much each window is longer than the one before. @default 2 */
  readonly factor?: number;
  /** Where delays come from: a number from 0 up to 1. @default Math.random */
  readonly random?: () => number;
  /**
   * How long a channel must have been ready, in milliseconds, for attempts and windows to count from the beginning when
   * it is lost. Lost sooner, it counts as one more attempt that came to nothing.
   * @default 10_000
   */
  readonly stableAfterMs?: number;
  /** Attempts in a row, counted as above, after which the client stops with ATTEMPTS_EXHAUSTED. @default Infinity */
  readonly maxAttempts?: number;
  /**
   * Whether to go on after a failed attempt, or after a channel was lost (`cause` is undefined if it was closed in order).
   * Otherwise the client stops with `cause`: for errors that will be the same next time, such as a refused password.
   * @default false for INVALID_ARGUMENT and OPTION_UNSUPPORTED
   */
  readonly shouldRetry?: (cause: Error | undefined) => boolean;

  // ── a fresh channel ────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Runs on each fresh channel before messages flow: to log in, to subscribe again. The channel counts as ready when
   * this has returned, or what it returned has resolved; if it fails, the attempt has failed and the channel is closed.
   *
   * It sends with `channel.send`, as what is given to the client waits for it to end, and may read answers with
   * `channel.messages()`; what it leaves unread goes to the client's `messages()`.
   */
  readonly prepare?: (channel: Channel<In, Out>, context: PrepareContext) => unknown;
  /** Milliseconds for {@link prepare}; then the attempt has failed with PREPARE_TIMEOUT. @default 10_000 */
  readonly prepareTimeoutMs?: number;

  // ── messages while there is no channel, or a slow one ──────────────────────────────────────────────────────

  /** Messages that may wait to be written, and as many again may be in flight. @default 1024 */
  readonly maxQueuedMessages?: number;
  /** What they may count for together; one message alone may be larger. @default 1 MiB */
  readonly maxQueuedBytes?: number;
  /**
   * What a message counts for.
   * @default its bytes, for a string two per UTF-16 unit, for any other object 8; and 96 for its place
   */
  readonly sizeOf?: (message: Out) => number;
  /**
   * What becomes of a message for which there is no room: it fails with SEND_QUEUE_FULL; or the oldest ones fail with
   * MESSAGE_DROPPED until there is; or it waits beside the queue, as its caller does, until its turn comes.
   * @default "fail"
   */
  readonly whenFull?: "fail" | "drop-oldest" | "wait";
  /** With `"wait"`: how many messages may do so; one more fails with SEND_QUEUE_FULL. @default 1024 */
  readonly maxWaiting?: number;
}

/** @throws INVALID_ARGUMENT */
export function reconnectSettings<In, Out>(options: ReconnectOptions<In, Out>) {
  const { initialDelayMs = 1000, whenFull = "fail" } = options;
  const settings = {
    servers: [...options.servers],
    initialDelayMs,
    maxDelayMs: options.maxDelayMs ?? Math.max(30_000, initialDelayMs),
    factor: options.factor ?? 2,
    random: options.random ?? Math.random,
    stableAfterMs: options.stableAfterMs ?? 10_000,
    maxAttempts: options.maxAttempts ?? Number.POSITIVE_INFINITY,
    shouldRetry: options.shouldRetry ?? isWorthRetrying,
    prepare: options.prepare,
    prepareTimeoutMs: options.prepareTimeoutMs ?? 10_000,
    maxQueuedMessages: options.maxQueuedMessages ?? 1024,
    maxQueuedBytes: options.maxQueuedBytes ?? 1024 * 1024,
    sizeOf: options.sizeOf ?? sizeOfMessage,
    whenFull,
    maxWaiting: options.maxWaiting ?? 1024,
  };
  if (settings.servers.length === 0) throw new SluiceError("INVALID_ARGUMENT", "there must be a server to connect to");
  for (const [name, least] of Object.entries(LEAST) as [keyof typeof LEAST, number][]) {
    const value = settings[name];
    const mayBeInfinite = name === "maxAttempts";
    if (value >= least && (mayBeInfinite || value < Number.POSITIVE_INFINITY)) continue;
    throw new SluiceError("INVALID_ARGUMENT", `${name} must be at least ${least}, not ${value}`, { limit: least });
  }
  if (settings.maxDelayMs < initialDelayMs) {
    throw new SluiceError("INVALID_ARGUMENT", `maxDelayMs must be at least initialDelayMs, which is ${initialDelayMs}`);
  }
  if (!["fail", "drop-oldest", "wait"].includes(whenFull)) {
    throw new SluiceError("INVALID_ARGUMENT", `whenFull cannot be ${whenFull}`);
  }
  return settings;
}

const LEAST = {
  initialDelayMs: 1,
  maxDelayMs: 1,
  factor: 1,
  stableAfterMs: 0,
  maxAttempts: 1,
  prepareTimeoutMs: 1,
  maxQueuedMessages: 1,
  maxQueuedBytes: 1,
  maxWaiting: 1,
} as const;

function isWorthRetrying(cause: Error | undefined): boolean {
  return !(cause instanceof SluiceError && (cause.code === "INVALID_ARGUMENT" || cause.code === "OPTION_UNSUPPORTED"));
}

function sizeOfMessage(message: unknown): number {
  return contentSize(message) + ENTRY_OVERHEAD;
}

function contentSize(message: unknown): number {
  if (message instanceof ByteBuf) return message.readableBytes;
  if (typeof message === "string") return message.length * 2;
  return ArrayBuffer.isView(message) ? message.byteLength : UNKNOWN_SIZE;
}
