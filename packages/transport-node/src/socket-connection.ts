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
 */
import { createConnection, type NetConnectOpts, Socket, type SocketConstructorOpts } from "node:net";
import { ByteBuf, SluiceError } from "@sluice/buffer";
import {
  type ChannelOption,
  type ChannelOutboundBuffer,
  type ChannelSignals,
  type Connection,
  type ConnectOptions,
  type SocketAddress,
  systemClock,
} from "@sluice/core";
import { keepRead, READ_BUFFER } from "./read-slab.js";
import type { SocketAddresses, SocketKind, SocketSettings } from "./socket-kind.js";
import { SocketWriter } from "./socket-writer.js";
import { argumentError, connectError, connectionError } from "./system-errors.js";

export class SocketConnection implements Connection {
  localAddress: SocketAddress | undefined;
  remoteAddress: SocketAddress | undefined;

  readonly #signals: ChannelSignals;
  readonly #kind: SocketKind;
  readonly #shared: boolean;
  #socket: Socket | undefined;
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
    connection.#attach(own);
    if (adopted === undefined) connection.#readByEvents(socket);
    connection.#connected(kind.acceptedAddresses(own, address));
    kind.accepted?.(own);
    return connection;
  }

  connect(options: ConnectOptions): void {
    try {
      const socket = createConnection({
        ...this.#kind.connectOptions(options),
        ...(this.#shared ? { onread: this.#onread() } : {}),
        allowHalfOpen: true,
      } as NetConnectOpts);
      // Otherwise Node would read as soon as it is connected, asked or not.
      socket.pause();
      this.#attach(socket, options);
      if (!this.#shared) this.#readByEvents(socket);
    } catch (error) {
      queueMicrotask(() => this.#signals.connectFailed(argumentError(error as Error)));
    }
  }

  read(): void {
    this.#wantsInput = true;
    if (this.#isReading || this.#inBurst || this.#inputEnded) return;
    this.#isReading = true;
    this.#socket?.resume();
  }

  accepts(message: unknown): boolean {
    return message instanceof ByteBuf;
  }

  flush(queue: ChannelOutboundBuffer): void {
    this.#queue = queue;
    if (this.#inBurst && queue.pendingBytes < FLUSH_AT_ONCE_BYTES) this.#flushAfterBurst = true;
    else this.#writer?.write(queue);
  }

  shutdownOutput(): void {
    this.#socket?.end(() => this.#signals.outputShutdown());
  }

  close(): void {
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed || socket.connecting) return this.destroy();
    socket.end(() => this.#linger(socket));
  }

  destroy(): void {
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) queueMicrotask(() => this.#over());
    else this.#kind.cut(socket);
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

  // ── the socket ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Moves an accepted socket's handle into a socket that reads with `onread`; undefined where Node cannot. */
  #adopt(socket: Socket): Socket | undefined {
    const holder = socket as unknown as { _handle: { useUserBuffer?: unknown } | null };
    const handle = holder._handle;
    if (typeof handle?.useUserBuffer !== "function") return undefined;
    holder._handle = null;
    const adopted = new Socket({ handle, onread: this.#onread(), allowHalfOpen: true } as SocketConstructorOpts);
    if ((adopted as unknown as typeof holder)._handle !== handle) {
      holder._handle = handle;
      return undefined;
    }
    adopted.pause();
    socket.destroy();
    return adopted;
  }

  #onread(): NonNullable<NetConnectOpts["onread"]> {
    return {
      buffer: READ_BUFFER,
      callback: (length) => {
        this.#deliver(keepRead(length));
        return this.#isReading;
      },
    };
  }

  #attach(socket: Socket, target?: ConnectOptions): void {
    this.#socket = socket;
    this.#writer = new SocketWriter(socket);
    this.#target = target;
    (socket as OwnedSocket)[OWNER] = this;
    if (target !== undefined) socket.once("connect", SocketConnection.#onConnect);
    socket.on("error", SocketConnection.#onError);
    socket.on("end", SocketConnection.#onEnd);
    socket.on("close", SocketConnection.#onClose);
  }

  // Listeners that all sockets share: a closure for each would be a tenth of what a connection holds.

  static readonly #onConnect = function (this: Socket): void {
    const owner = (this as OwnedSocket)[OWNER];
    owner.#connected(owner.#kind.connectedAddresses(this, owner.#target as ConnectOptions));
    owner.#signals.active();
  };

  static readonly #onError = function (this: Socket, error: Error): void {
    const owner = (this as OwnedSocket)[OWNER];
    if (owner.#isOver) return;
    if (!owner.#isConnected)
      owner.#signals.connectFailed(connectError(error, owner.#kind.describe(owner.#target ?? {})));
    else owner.#signals.failed(connectionError(error));
  };

  static readonly #onEnd = function (this: Socket): void {
    const owner = (this as OwnedSocket)[OWNER];
    owner.#inputEnded = true;
    if (!owner.#kind.wasReset(this)) owner.#signals.inputShutdown();
  };

  static readonly #onClose = function (this: Socket): void {
    (this as OwnedSocket)[OWNER].#over();
  };

  #readByEvents(socket: Socket): void {
    socket.on("data", (chunk: Buffer) => {
      this.#deliver(ByteBuf.received(chunk, 0, chunk.length));
      if (!this.#isReading) socket.pause();
    });
    socket.pause();
  }

  #deliver(bytes: ByteBuf): void {
    if (this.#isOver || this.#lingering) return;
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
  }

  #linger(socket: Socket): void {
    if (this.#inputEnded) return void socket.destroy();
    this.#lingering = true;
    this.#isReading = true;
    socket.resume();
    const deadline = systemClock.schedule(LINGER_MS, () => socket.destroy());
    socket.once("end", () => socket.destroy());
    socket.once("close", () => deadline.cancel());
    this.#over();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signals.closed();
  }

  #connected({ localAddress, remoteAddress }: SocketAddresses): void {
    this.#isConnected = true;
    this.localAddress = localAddress;
    this.remoteAddress = remoteAddress;
    this.#settings?.applyTo(this.#socket as Socket);
  }
}

/** During a burst, flushed bytes beyond this do not wait for its end. */
const FLUSH_AT_ONCE_BYTES = 256 * 1024;
/** How long a closed connection may still swallow input before it is cut. */
const LINGER_MS = 500;

/** How a socket's listeners find its connection. */
const OWNER = Symbol("sluice.owner");
type OwnedSocket = Socket & { [OWNER]: SocketConnection };
