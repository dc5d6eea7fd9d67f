/**
 * A listening TCP socket, driven by its channel's engine.
 *
 * Accepted connections are messages: one is delivered for each, when the server's channel has asked for input. While
 * it has not (accepting is paused), a backlog of them waits here; what does not fit is refused.
 */
import { createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { SluiceError } from "@sluice/buffer";
import { type BindOptions, ChannelOption, type Listener, type ListenerSignals, type SocketAddress } from "@sluice/core";
import { acceptError, bindError } from "./system-errors.js";
import type { TcpOptions } from "./tcp.js";
import { TcpConnection } from "./tcp-connection.js";

export class TcpListener implements Listener {
  localAddress: SocketAddress | undefined;
  readonly remoteAddress = undefined;

  readonly #signals: ListenerSignals;
  readonly #options: TcpOptions;
  #server: Server | undefined;
  #backlog = 511;
  #wantsInput = false;
  readonly #waiting: Socket[] = [];

  constructor(signals: ListenerSignals, options: TcpOptions) {
    this.#signals = signals;
    this.#options = options;
  }

  bind(options: BindOptions): void {
    const target = options.path ?? `${options.host ?? "*"}:${options.port}`;
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
    this.#server = server;
    server.on("error", (error) => {
      if (this.localAddress === undefined) this.#signals.connectFailed(bindError(error, target));
      else this.#signals.acceptFailed(acceptError(error));
    });
    server.on("connection", (socket) => this.#accepted(socket));
    server.on("listening", () => {
      const address = server.address();
      if (typeof address === "string") this.localAddress = { path: address };
      else if (address !== null) {
        this.localAddress = { host: address.address, port: address.port, family: address.family as "IPv4" | "IPv6" };
      }
      this.#signals.active();
    });
    try {
      server.listen({ ...listenOptions(options), backlog: this.#backlog });
    } catch (error) {
      queueMicrotask(() => {
        this.#signals.connectFailed(new SluiceError("INVALID_ARGUMENT", (error as Error).message, { cause: error }));
      });
    }
  }

  read(): void {
    this.#wantsInput = true;
    if (this.#waiting.length > 0) queueMicrotask(() => this.#deliverWaiting());
  }

  close(): void {
    for (const socket of this.#waiting.splice(0)) socket.destroy();
    // The listening socket is gone when this returns; Node's own `close` event would wait for all connections.
    this.#server?.close();
    queueMicrotask(() => this.#signals.closed());
  }

  destroy(): void {
    this.close();
  }

  setOption(option: ChannelOption<unknown>, value: unknown): void {
    if (option !== ChannelOption.SO_BACKLOG) {
      throw new SluiceError("OPTION_UNSUPPORTED", `a TCP server has no ${option.name}`);
    }
    if (!(Number.isInteger(value) && (value as number) > 0)) {
      throw new SluiceError("INVALID_ARGUMENT", `SO_BACKLOG must be a positive integer, not ${String(value)}`);
    }
    this.#backlog = value as number;
  }

  #accepted(socket: Socket): void {
    if (this.#wantsInput) this.#deliver(socket);
    else if (this.#waiting.length < this.#backlog) this.#waiting.push(socket);
    else socket.destroy();
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
    this.#signals.read(this.#signals.accept((signals) => TcpConnection.accepted(signals, socket, this.#options)));
    this.#signals.readComplete();
  }
}

function listenOptions(options: BindOptions): ListenOptions {
  if (options.path !== undefined) return { path: options.path };
  return { port: options.port ?? 0, ...(options.host === undefined ? {} : { host: options.host }) };
}
