/**
 * A listening socket, TCP or another kind, driven by its channel's engine.
 *
 * Accepted connections are messages: one is delivered for each, when the server's channel has asked for input. While
 * it has not (accepting is paused), a backlog of them waits here; what does not fit is refused.
 */
import { createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { SluiceError } from "@sluice/buffer";
import { type BindOptions, ChannelOption, type Listener, type ListenerSignals, type SocketAddress } from "@sluice/core";
import { SocketConnection } from "./socket-connection.js";
import type { SocketKind } from "./socket-kind.js";
import { acceptError, argumentError, bindError } from "./system-errors.js";

export class SocketListener implements Listener {
  localAddress: SocketAddress | undefined;

  readonly #signals: ListenerSignals;
  readonly #kind: SocketKind;
  readonly #shared: boolean;
  #server: Server | undefined;
  #backlog = 511;
  #sharing: ListenOptions = {};
  #wantsInput = false;
  #triedToReclaim = false;
  #isOver = false;
  readonly #waiting: Socket[] = [];

  constructor(signals: ListenerSignals, kind: SocketKind, shared: boolean) {
    this.#signals = signals;
    this.#kind = kind;
    this.#shared = shared;
  }

  bind(options: BindOptions): void {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
    this.#server = server;
    server.on("error", (error) => {
      if (this.localAddress === undefined) this.#bindFailed(server, options, error);
      else this.#signals.acceptFailed(acceptError(error));
    });
    server.on("connection", (socket) => this.#accepted(socket));
    server.on("listening", () => this.#listening(server));
    this.#listen(server, options);
  }

  read(): void {
    this.#wantsInput = true;
    if (this.#waiting.length > 0) queueMicrotask(() => this.#deliverWaiting());
  }

  close(): void {
    this.#isOver = true;
    for (const socket of this.#waiting.splice(0)) this.#kind.cut(socket);
    // The listening socket is gone when this returns; Node's own `close` event would wait for all connections.
    this.#server?.close();
    queueMicrotask(() => this.#signals.closed());
  }

  setOption(option: ChannelOption<unknown>, value: unknown): void {
    if (option === ChannelOption.SO_REUSEPORT && this.#kind.reusePort !== undefined) {
      this.#sharing = this.#kind.reusePort(value as boolean);
      return;
    }
    if (option !== ChannelOption.SO_BACKLOG) {
      throw new SluiceError("OPTION_UNSUPPORTED", `a ${this.#kind.label} server has no ${option.name}`);
    }
    if (!(Number.isInteger(value) && (value as number) > 0)) {
      throw new SluiceError("INVALID_ARGUMENT", `SO_BACKLOG must be a positive integer, not ${String(value)}`);
    }
    this.#backlog = value as number;
  }

  #listen(server: Server, options: BindOptions): void {
    try {
      server.listen({ ...this.#kind.listenOptions(options), ...this.#sharing, backlog: this.#backlog });
      if (server.listening) this.#kind.listening?.(options);
    } catch (error) {
      server.close();
      queueMicrotask(() => this.#signals.connectFailed(argumentError(error as Error)));
    }
  }

  #listening(server: Server): void {
    if (this.#isOver) return;
    const address = server.address();
    if (typeof address === "string") this.localAddress = { path: address };
    else if (address !== null) {
      this.localAddress = { host: address.address, port: address.port, family: address.family as "IPv4" | "IPv6" };
    }
    this.#signals.active();
  }

  #bindFailed(server: Server, options: BindOptions, error: NodeJS.ErrnoException): void {
    const reclaim = this.#triedToReclaim ? undefined : this.#kind.reclaim;
    const fail = () => this.#signals.connectFailed(bindError(error, this.#kind.describe({ host: "*", ...options })));
    if (error.code !== "EADDRINUSE" || reclaim === undefined) return fail();
    this.#triedToReclaim = true;
    reclaim(options).then((isFree) => {
      if (this.#isOver) return;
      if (isFree) this.#listen(server, options);
      else fail();
    }, fail);
  }

  #accepted(socket: Socket): void {
    if (this.#wantsInput) this.#deliver(socket);
    else if (this.#waiting.length < this.#backlog) this.#waiting.push(socket);
    else this.#kind.cut(socket);
  }

  #deliverWaiting(): void {
    while (this.#wantsInput) {
      const socket = this.#waiting.shift();
      if (socket === undefined) return;
      if (!socket.destroyed) this.#deliver(socket);
    }
  }

  #deliver(socket: Socket): void {
    this.#wantsInput = false;
    const address = this.localAddress as SocketAddress;
    this.#signals.read(
      this.#signals.accept((signals) => SocketConnection.accepted(signals, this.#kind, this.#shared, socket, address)),
    );
    this.#signals.readComplete();
  }
}
