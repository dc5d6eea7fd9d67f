/**
 * One connection of a stream socket, TCP or another kind, driven by its channel's engine.
 *
 * Input is asked for burst by burst: a burst that ends without another `read` stops the socket. While a burst is
 * being delivered flushes are held back and done once at its end, so a handler that flushes after every message
 * costs one write per burst, not one per message.
 *
 * An orderly close sends what was taken, then our end of stream, and then reads on for a moment without looking:
 * closing a socket with unread input would make the system reset the connection, and the peer would lose the last
 * bytes we sent.
 *
 * A layer such as TLS may come between the socket and the channel, from the beginning or later; see `socket-layer`.
 */
import { createConnection, type NetConnectOpts, Socket, type SocketConstructorOpts } from "node:net";
import { ByteBuf, SluiceError } from "@sluice/buffer";
import {
  type ChannelOption,
  type ChannelOutboundBuffer,
  type ChannelSignals,
  type Clock,
  type Connection,
  type ConnectOptions,
  type SocketAddress,
  systemClock,
} from "@sluice/core";
import { keepRead, READ_BUFFER } from "./read-slab.js";
import type { SocketAddresses, SocketKind, SocketSettings } from "./socket-kind.js";
import type { SocketLayer } from "./socket-layer.js";
import { SocketWriter } from "./socket-writer.js";
import { argumentError, connectError, connectionError } from "./system-errors.js";

export class SocketConnection implements Connection {
  localAddress: SocketAddress | undefined;
  remoteAddress: SocketAddress | undefined;

  readonly #signals: ChannelSignals;
  readonly #kind: SocketKind;
  readonly #shared: boolean;
  #socket: Socket | undefined;
  #above: Above | undefined;
  /** What is being connected to; of a client only. */
  #target: ConnectOptions | undefined;
  #writer: SocketWriter | undefined;
  #queue: ChannelOutboundBuffer | undefined;
  #settings: SocketSettings | undefined;
  #wantsInput = false;
  #isReading = false;
  #inBurst = false;
  #flushAfterBurst = false;
  #inputEnded = false;
  #lingering = false;
  #isConnected = false;
  #isOver = false;

  constructor(signals: ChannelSignals, kind: SocketKind, shared: boolean) {
    this.#signals = signals;
    this.#kind = kind;
    this.#shared = shared;
  }

  /** Takes over a socket that the server at `address` has accepted. */
  static accepted(
    signals: ChannelSignals,
    kind: SocketKind,
    shared: boolean,
    socket: Socket,
    address: SocketAddress,
  ): SocketConnection {
    const connection = new SocketConnection(signals, kind, shared);
    const adopted = shared ? connection.#adopt(socket) : undefined;
    const own = adopted ?? socket;
    connection.#attach(own, adopted === undefined);
    connection.#connected(kind.acceptedAddresses(own, address));
    kind.accepted?.(own);
    return connection;
  }

  connect(options: ConnectOptions): void {
    try {
      const socket = createConnection({
        ...this.#kind.connectOptions(options),
        ...(this.#shared ? { onread: SocketConnection.#ONREAD } : {}),
        allowHalfOpen: true,
      } as NetConnectOpts);
      // Otherwise Node would read as soon as it is connected, asked or not.
      socket.pause();
      this.#attach(socket, !this.#shared, options);
    } catch (error) {
      queueMicrotask(() => this.#signals.connectFailed(argumentError(error as Error)));
    }
  }

  /** There if the kind has something to do before an accepted channel is active. */
  get open(): (() => void) | undefined {
    const { opening } = this.#kind;
    return opening === undefined ? undefined : () => opening(this, undefined);
  }

  read(): void {
    this.#wantsInput = true;
    if (this.#isReading || this.#inBurst || this.#inputEnded) return;
    this.#isReading = true;
    const waiting = this.#above?.waiting;
    if (waiting === undefined) this.#stream?.resume();
    else queueMicrotask(waiting);
  }

  accepts(message: unknown): boolean {
    return message instanceof ByteBuf;
  }

  flush(queue: ChannelOutboundBuffer): void {
    this.#queue = queue;
    if (this.#above?.isHeld) return;
    if (this.#inBurst && queue.pendingBytes < FLUSH_AT_ONCE_BYTES) this.#flushAfterBurst = true;
    else this.#writer?.write(queue);
  }

  shutdownOutput(): void {
    if (this.#above?.isHeld) throw new SluiceError("HALF_CLOSE_UNSUPPORTED", "a handshake is under way");
    this.#stream?.end(() => this.#signals.outputShutdown());
  }

  close(): void {
    const stream = this.#stream;
    if (stream === undefined || stream.destroyed || stream.connecting || this.#above?.isHeld) this.destroy();
    else stream.end(() => this.#linger(stream));
  }

  destroy(): void {
    const socket = this.#socket;
    const above = this.#above;
    if (socket === undefined || socket.destroyed) queueMicrotask(() => this.over());
    else if (above?.layer?.hasLastWord && socket.writableLength === 0) socket.destroySoon();
    else this.#kind.cut(socket);
    above?.stream?.destroy();
  }

  setOption(option: ChannelOption<unknown>, value: unknown): void {
    const settings = this.#settings ?? this.#kind.createSettings?.();
    if (!settings?.set(option, value)) {
      throw new SluiceError("OPTION_UNSUPPORTED", `a ${this.#kind.label} connection has no ${option.name}`);
    }
    this.#settings = settings;
    if (this.#isConnected) settings.applyTo(this.#socket as Socket);
  }

  get unsentBytes(): number | undefined {
    return this.#writer?.unsentBytes;
  }

  get bytesRead(): number | undefined {
    return this.#socket?.bytesRead;
  }

  get bytesWritten(): number | undefined {
    return this.#socket?.bytesWritten;
  }

  // ── for layers ─────────────────────────────────────────────────────────────────────────────────────────────

  get layer(): SocketLayer | undefined {
    return this.#above?.layer;
  }

  get clock(): Clock {
    return this.#signals.clock;
  }

  /** From now on the socket tells `layer`, not the channel, and nothing more is sent. @returns the socket, connected */
  interpose(layer: SocketLayer): Socket {
    this.#above ??= { layer, stream: undefined, waiting: undefined, isHeld: true, isOpening: this.#isOpening };
    this.#above.layer = layer;
    this.#above.isHeld = true;
    return this.#socket as Socket;
  }

  /** Calls `then` when what has been flushed so far has been sent, and nothing of what came after. */
  drain(then: () => void): void {
    const queue = this.#queue;
    this.#flushAfterBurst = false;
    if (queue === undefined || this.#writer === undefined) then();
    else this.#writer.finish(queue, then);
  }

  /** The channel goes on with `stream`, as soon as it is released. */
  carry(stream: Socket): void {
    (this.#above as Above).stream = stream;
    this.#writer = new SocketWriter(stream, this.#socket);
    this.#readByEvents(stream, (bytes) => this.#deliver(bytes));
    if (this.#isReading) stream.resume();
  }

  /** Takes the layer out again; it gives back what it has received. */
  withdraw(received: ByteBuf): void {
    const above = this.#above as Above;
    above.layer = undefined;
    above.waiting = () => {
      above.waiting = undefined;
      if (this.#deliver(received)) this.#socket?.resume();
    };
  }

  /**
   * The layer is ready: the channel becomes active, or sends what has been flushed meanwhile.
   *
   * @param event what the layer has to tell; the channel is active by then, and has read nothing through the layer
   */
  release(event: unknown): void {
    const above = this.#above as Above;
    const wasOpening = above.isOpening;
    above.isHeld = above.isOpening = false;
    if (wasOpening) this.#signals.active();
    this.#signals.event(event);
    if (this.#queue !== undefined && !above.isHeld) this.#writer?.write(this.#queue);
  }

  tell(event: unknown): void {
    this.#signals.event(event);
  }

  /** Calls `tell` when the channel asks for input, or now if it has: an end waits to be asked for, as input does. */
  whenAsked(tell: () => void): void {
    if (this.#isReading) tell();
    else (this.#above as Above).waiting = tell;
  }

  /** The layer, or the socket, cannot go on. */
  fail(error: Error): void {
    if (this.#isOver) return;
    if (this.#isConnected && !this.#above?.isOpening) this.#signals.failed(error);
    else this.#signals.connectFailed(error);
  }

  /** The peer has ended its sending direction. */
  endInput(): void {
    this.#inputEnded = true;
    this.#signals.inputShutdown();
  }

  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signals.closed();
  }

  // ── the socket ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Moves an accepted socket's handle into a socket that reads with `onread`; undefined where Node cannot. */
  #adopt(socket: Socket): Socket | undefined {
    const holder = socket as unknown as { _handle: { useUserBuffer?: unknown } | null };
    const handle = holder._handle;
    if (typeof handle?.useUserBuffer !== "function") return undefined;
    holder._handle = null;
    const adopted = new Socket({
      handle,
      onread: SocketConnection.#ONREAD,
      allowHalfOpen: true,
    } as SocketConstructorOpts);
    if ((adopted as unknown as typeof holder)._handle !== handle) {
      holder._handle = handle;
      return undefined;
    }
    adopted.pause();
    socket.destroy();
    return adopted;
  }

  #attach(socket: Socket, readsByEvents: boolean, target?: ConnectOptions): void {
    this.#socket = socket;
    this.#writer = new SocketWriter(socket);
    this.#target = target;
    (socket as OwnedSocket)[OWNER] = this;
    if (target !== undefined) socket.once("connect", SocketConnection.#onConnect);
    socket.on("error", SocketConnection.#onError);
    socket.on("end", SocketConnection.#onEnd);
    socket.on("close", SocketConnection.#onClose);
    if (readsByEvents) this.#readByEvents(socket, (bytes) => this.#receive(bytes));
  }

  // What all sockets share: closures for each would be a tenth of what a connection holds.

  /** Node calls it as a method of the socket. */
  static readonly #ONREAD: NonNullable<NetConnectOpts["onread"]> = {
    buffer: READ_BUFFER,
    callback(this: unknown, length) {
      return (this as OwnedSocket)[OWNER].#receive(keepRead(length));
    },
  };

  static readonly #onConnect = function (this: Socket): void {
    const owner = (this as OwnedSocket)[OWNER];
    const target = owner.#target as ConnectOptions;
    owner.#connected(owner.#kind.connectedAddresses(this, target));
    if (owner.#kind.opening === undefined) owner.#signals.active();
    else owner.#kind.opening(owner, target);
  };

  static readonly #onError = function (this: Socket, error: Error): void {
    const owner = (this as OwnedSocket)[OWNER];
    const { layer } = owner;
    if (!owner.#isConnected) owner.fail(connectError(error, owner.#kind.describe(owner.#target ?? {})));
    else if (layer === undefined) owner.fail(connectionError(error));
    else layer.failed(connectionError(error));
  };

  static readonly #onEnd = function (this: Socket): void {
    const owner = (this as OwnedSocket)[OWNER];
    const { layer } = owner;
    if (owner.#kind.wasReset(this)) owner.#inputEnded = true;
    else if (layer === undefined) owner.endInput();
    else layer.inputEnded();
  };

  static readonly #onClose = function (this: Socket): void {
    const owner = (this as OwnedSocket)[OWNER];
    if (owner.layer === undefined) owner.over();
    else owner.layer.closed();
  };

  #readByEvents(stream: Socket, receive: (bytes: ByteBuf) => boolean): void {
    stream.on("data", (chunk: Buffer) => {
      if (!receive(ByteBuf.received(chunk, 0, chunk.length))) stream.pause();
    });
    stream.pause();
  }

  /** Takes what the socket has read. @returns whether it goes on reading */
  #receive(bytes: ByteBuf): boolean {
    if (this.#above?.layer !== undefined) return this.#above.layer.receive(bytes);
    const goesOn = this.#deliver(bytes);
    // A layer that has come meanwhile reads for itself.
    return goesOn || this.layer !== undefined;
  }

  /** @returns whether the channel wants more */
  #deliver(bytes: ByteBuf): boolean {
    if (this.#isOver || this.#lingering) return true;
    this.#wantsInput = false;
    this.#inBurst = true;
    this.#signals.read(bytes);
    this.#signals.readComplete();
    this.#inBurst = false;
    this.#isReading = this.#wantsInput;
    if (this.#flushAfterBurst) {
      this.#flushAfterBurst = false;
      this.#writer?.write(this.#queue as ChannelOutboundBuffer);
    }
    return this.#isReading;
  }

  #linger(stream: Socket): void {
    if (this.#inputEnded) return this.#letGo();
    this.#lingering = true;
    this.#isReading = true;
    stream.resume();
    const deadline = systemClock.schedule(LINGER_MS, () => this.#letGo());
    stream.once("end", () => this.#letGo());
    stream.once("close", () => deadline.cancel());
    this.over();
  }

  #letGo(): void {
    this.#above?.stream?.destroy();
    this.#socket?.destroy();
  }

  /** What carries the channel's bytes. */
  get #stream(): Socket | undefined {
    return this.#above?.stream ?? this.#socket;
  }

  /** Whether the channel is not active before something has been done about it. */
  get #isOpening(): boolean {
    return this.#kind.opening !== undefined;
  }

  #connected({ localAddress, remoteAddress }: SocketAddresses): void {
    this.#isConnected = true;
    this.localAddress = localAddress;
    this.remoteAddress = remoteAddress;
    this.#settings?.applyTo(this.#socket as Socket);
  }
}

/** What only connections with a layer need. */
interface Above {
  /** What the socket tells goes there, unless it has been withdrawn. */
  layer: SocketLayer | undefined;
  /** What the layer has put on the socket. */
  stream: Socket | undefined;
  /** To be told when the channel asks for input. */
  waiting: (() => void) | undefined;
  /** Whether what is flushed has to wait. */
  isHeld: boolean;
  /** Whether the channel has not been active yet. */
  isOpening: boolean;
}

/** During a burst, flushed bytes beyond this do not wait for its end. */
const FLUSH_AT_ONCE_BYTES = 256 * 1024;
/** How long a closed connection may still swallow input before it is cut. */
const LINGER_MS = 500;

/** How a socket's listeners find its connection. */
const OWNER = Symbol("sluice.owner");
type OwnedSocket = Socket & { [OWNER]: SocketConnection };
