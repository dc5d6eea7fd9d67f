/**
 * What a transport must provide: a few verbs down, a few signals up. docs/writing-a-transport.md builds one.
 *
 * ```
 *   Channel ── engine ── verbs ──▶  Connection (or Listener)  ◀──▶  the network
 *                  ▲                      │
 *                  └────── signals ───────┘
 * ```
 *
 * The engine owns life cycle, queue, water marks and events; a transport moves bytes. A `Transport` is a factory
 * for the two ends; each channel gets its own `Connection`, each server its own `Listener`.
 */
import type { Channel } from "./channel.js";
import type { ChannelOption } from "./channel-option.js";
import type { ChannelOutboundBuffer } from "./channel-outbound-buffer.js";
import type { Clock } from "./clock.js";
import type { SocketAddress } from "./socket-address.js";
import type { WorkerHost } from "./workers/worker-host.js";

/** Where and how to connect; transports read the fields they know. */
export interface ConnectOptions {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  /** The name of an in-process server. */
  readonly local?: string;
  /** The address to connect from. */
  readonly localAddress?: string;
  /** The port to connect from. @default any free one */
  readonly localPort?: number;
  /** Ends the attempt: the promise rejects with ABORTED and the channel closes. */
  readonly signal?: AbortSignal;
}

/** Where to listen; port 0 takes any free port. */
export interface BindOptions {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  /** The name of an in-process server. */
  readonly local?: string;
  readonly signal?: AbortSignal;
}

/** Makes the ends of channels. `In` and `Out` are what its pipelines start with: usually `ByteBuf` both. */
export interface Transport<In = any, Out = any> {
  /** For error messages: `tcp`, `local` … */
  readonly name: string;
  /** An unconnected end; the engine will call its `connect`. */
  createConnection(signals: ChannelSignals): Connection;
  /** An unbound server end; the engine will call its `bind`. */
  createListener(signals: ListenerSignals): Listener;
  /** How its servers are spread over processes; left out by transports whose servers cannot share an address. */
  readonly workers?: WorkerHost;
  readonly "~in"?: In;
  readonly "~out"?: Out;
}

/** Makes channels of datagrams: each is connected to one peer, or bound to an address where any number of them reach it. */
export interface DatagramTransport<In = any, Out = any> {
  /** For error messages. */
  readonly name: string;
  /** An unconnected end; the engine will call its `connect` or its `bind`. */
  createConnection(signals: ChannelSignals): DatagramConnection;
  readonly "~in"?: In;
  readonly "~out"?: Out;
}

/** The verbs of either end. */
export interface TransportEnd {
  /** Known from `signals.active` on, and kept after the end. */
  readonly localAddress: SocketAddress | undefined;
  /**
   * Takes an option the engine has no use for. Without this method there are none: every one is OPTION_UNSUPPORTED.
   *
   * @throws OPTION_UNSUPPORTED for an option this end cannot honour, INVALID_ARGUMENT for an impossible value.
   */
  setOption?(option: ChannelOption<unknown>, value: unknown): void;
  /** One more burst of input is wanted. Until then an end delivers none; while a burst runs this means another. */
  read(): void;
  /** Ends both directions in order, after all that has been taken from the queue; `signals.closed` must follow. */
  close(): void;
}

/** One end of a connection. */
export interface Connection extends TransportEnd {
  readonly remoteAddress: SocketAddress | undefined;
  /** Starts connecting; `signals.active` or `signals.connectFailed` follows. Throwing is failing at once. */
  connect(options: ConnectOptions): void;
  /**
   * There if an accepted connection has something to do before it can be used, such as a handshake: begins with that;
   * `signals.active` or `signals.connectFailed` follows.
   */
  readonly open?: (() => void) | undefined;
  /**
   * Whether messages of this kind can be sent; others are refused with UNSUPPORTED_MESSAGE.
   *
   * @throws INVALID_ARGUMENT for one of that kind that can never be sent
   */
  accepts(message: unknown): boolean;
  /**
   * Takes flushed messages off `queue`, now or as soon as the network has room, and completes them there. Never called
   * from inside itself, nor while the queue tells completions; it may follow from inside `queue.succeed`, when that has
   * told them all.
   */
  flush(queue: ChannelOutboundBuffer): void;
  /**
   * Bytes of messages taken and not completed that the system has not taken yet; left out where nobody knows. Idle
   * detection asks now and then, to see that one large message is on its way: only changes mean something.
   */
  readonly unsentBytes?: number | undefined;
  /** Bytes that have arrived so far, and when it is over, in all; left out where nobody counts. */
  readonly bytesRead?: number | undefined;
  /** The same of bytes handed to the system. */
  readonly bytesWritten?: number | undefined;
  /** Whether each message is a datagram, to itself: there is no stream, and nothing that ends. @default false */
  readonly carriesDatagrams?: boolean;
  /** Ends the sending direction after all that has been flushed. @throws HALF_CLOSE_UNSUPPORTED */
  shutdownOutput(): void;
  /** Ends at once and drops what was not sent; `signals.closed` must follow. The peer should notice the difference. */
  destroy(): void;
  /**
   * Whether the channel goes on after an error that no handler dealt with; without this method it closes.
   *
   * @param isHeard Whether somebody listens for the channel's `error` event, which follows.
   */
  outlives?(error: Error, isHeard: boolean): boolean;
}

/** One end that can also be bound without a peer. */
export interface DatagramConnection extends Connection {
  /** Takes an address; `signals.active` or `signals.connectFailed` follows. */
  bind(options: BindOptions): void;
}

/** A listening end. Accepted connections arrive as messages of its channel, and outlive it. */
export interface Listener extends TransportEnd {
  /** Starts listening; `signals.active` or `signals.connectFailed` follows. Throwing is failing at once. */
  bind(options: BindOptions): void;
}

/**
 * What a connection tells its channel. Signals arrive from the host's event loop, never from inside a verb; only
 * `closed` may come from inside `close` and `destroy`, as the channel passes it on later in any case.
 */
export interface ChannelSignals {
  /** The channel's: a transport that waits for something waits by it. */
  readonly clock: Clock;
  /** Connected or listening. */
  active(): void;
  connectFailed(error: Error): void;
  /** Something else that handlers may want to know; it travels through the pipeline as a user event. */
  event(event: unknown): void;
  /** One message; bytes as a `ByteBuf` over memory that is never written again. */
  read(message: unknown): void;
  /** The burst is over. */
  readComplete(): void;
  /** The peer ended its sending direction. */
  inputShutdown(): void;
  /** Our sending direction has been shut down as asked. */
  outputShutdown(): void;
  /** Something went wrong that concerns no more than a message: the error travels through the pipeline. */
  troubled(error: Error): void;
  /** Reading or writing broke: the error travels through the pipeline, then the channel closes. */
  failed(error: Error): void;
  /** Everything is over; no signal follows. */
  closed(): void;
}

/** What a listener tells its channel. */
export interface ListenerSignals extends ChannelSignals {
  /** Makes the channel of an accepted connection; pass it to `read`. */
  accept(createConnection: (signals: ChannelSignals) => Connection): Channel<any, any>;
  /** A connection could not be accepted; the listener goes on. */
  acceptFailed(error: Error): void;
}
