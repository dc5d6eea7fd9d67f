/**
 * One TCP connection, driven by its channel's engine.
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
  ChannelOption,
  type ChannelOutboundBuffer,
  type ChannelSignals,
  type Connection,
  type ConnectOptions,
  type SocketAddress,
  systemClock,
} from "@sluice/core";
import { KeepAlive } from "./keep-alive.js";
import { keepRead, READ_BUFFER } from "./read-slab.js";
import { SocketWriter } from "./socket-writer.js";
import { connectError, connectionError } from "./system-errors.js";
import type { TcpOptions } from "./tcp.js";

export class TcpConnection implements Connection {
  localAddress: SocketAddress | undefined;
  remoteAddress: SocketAddress | undefined;

  readonly #signals: ChannelSignals;
  readonly #options: TcpOptions;
  #socket: Socket | undefined;
  /** What is being connected to; of a client only. */
  #target: string | undefined;
  #writer: SocketWriter | undefined;
  #queue: ChannelOutboundBuffer | undefined;
  #noDelay = true;
  #keepAlive: KeepAlive | undefined;
  #wantsInput = false;
  #isReading = false;
  #inBurst = false;
  #flushAfterBurst = false;
  #inputEnded = false;
  #lingering = false;
  #isConnected = false;
  #isOver = false;

  constructor(signals: ChannelSignals, options: TcpOptions) {
    this.#signals = signals;
    this.#options = options;
  }

  /** Takes over a socket that a server has accepted. */
  static accepted(signals: ChannelSignals, socket: Socket, options: TcpOptions): TcpConnection {
    const connection = new TcpConnection(signals, options);
    const adopted = connection.#sharesReadBuffer ? connection.#adopt(socket) : undefined;
    connection.#attach(adopted ?? socket);
    if (adopted === undefined) connection.#readByEvents(socket);
    connection.#connected();
    connection.setOption(ChannelOption.TCP_NODELAY, true);
    return connection;
  }

  connect(options: ConnectOptions): void {
    const target = options.path ?? `${options.host ?? "localhost"}:${options.port}`;
    try {
      const socket = createConnection({
        ...(options.path === undefined
          ? { host: options.host ?? "localhost", port: options.port as number }
          : { path: options.path }),
        ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
        ...(options.localPort === undefined ? {} : { localPort: options.localPort }),
        ...(this.#sharesReadBuffer ? { onread: this.#onread() } : {}),
        allowHalfOpen: true,
        noDelay: this.#noDelay,
      } as NetConnectOpts);
      // Otherwise Node would read as soon as it is connected, asked or not.
      socket.pause();
      this.#attach(socket, target);
      if (!this.#sharesReadBuffer) this.#readByEvents(socket);
    } catch (error) {
      queueMicrotask(() => {
        this.#signals.connectFailed(new SluiceError("INVALID_ARGUMENT", (error as Error).message, { cause: error }));
      });
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
    else socket.destroy();
  }

  setOption(option: ChannelOption<unknown>, value: unknown): void {
    if (option === ChannelOption.TCP_NODELAY) {
      this.#noDelay = value as boolean;
      this.#socket?.setNoDelay(this.#noDelay);
    } else if (KeepAlive.has(option)) {
      this.#keepAlive ??= new KeepAlive(this.#options);
      this.#keepAlive.set(option, value);
      if (this.#isConnected) this.#keepAlive.applyTo(this.#socket as Socket);
    } else throw new SluiceError("OPTION_UNSUPPORTED", `a TCP connection has no ${option.name}`);
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

  #attach(socket: Socket, target?: string): void {
    this.#socket = socket;
    this.#writer = new SocketWriter(socket);
    this.#target = target;
    (socket as OwnedSocket)[OWNER] = this;
    if (target !== undefined) socket.once("connect", TcpConnection.#onConnect);
    socket.on("error", TcpConnection.#onError);
    socket.on("end", TcpConnection.#onEnd);
    socket.on("close", TcpConnection.#onClose);
  }

  // Listeners that all sockets share: a closure for each would be a tenth of what a connection holds.

  static readonly #onConnect = function (this: Socket): void {
    const owner = (this as OwnedSocket)[OWNER];
    owner.#connected();
    owner.#signals.active();
  };

  static readonly #onError = function (this: Socket, error: Error): void {
    const owner = (this as OwnedSocket)[OWNER];
    if (owner.#isOver) return;
    if (!owner.#isConnected) owner.#signals.connectFailed(connectError(error, owner.#target ?? "peer"));
    else owner.#signals.failed(connectionError(error));
  };

  static readonly #onEnd = function (this: Socket): void {
    const owner = (this as OwnedSocket)[OWNER];
    owner.#inputEnded = true;
    owner.#signals.inputShutdown();
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

  get #sharesReadBuffer(): boolean {
    return this.#options.sharedReadBuffer ?? true;
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signals.closed();
  }

  #connected(): void {
    this.#isConnected = true;
    this.#keepAlive?.applyTo(this.#socket as Socket);
    const { localAddress, localPort, remoteAddress, remotePort, remoteFamily } = this.#socket as Socket;
    const family = remoteFamily as "IPv4" | "IPv6";
    if (localAddress !== undefined) this.localAddress = { host: localAddress, port: localPort as number, family };
    if (remoteAddress !== undefined) this.remoteAddress = { host: remoteAddress, port: remotePort as number, family };
  }
}

/** During a burst, flushed bytes beyond this do not wait for its end. */
const FLUSH_AT_ONCE_BYTES = 256 * 1024;
/** How long a closed connection may still swallow input before it is cut. */
const LINGER_MS = 500;

/** How a socket's listeners find its connection. */
const OWNER = Symbol("sluice.owner");
type OwnedSocket = Socket & { [OWNER]: TcpConnection };
