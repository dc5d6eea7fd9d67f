/**
 * A transport over the `MessagePort`s of worker threads: channels between threads, with back-pressure and half-closure.
 *
 * ```
 *   one end                                            the other
 *      │ ─── "more" ─────────────────────────────────────▶ │   one burst of input is wanted
 *      │ ◀── [Uint8Array, …] ───────────────────────────── │   and here it is
 *      │ ─── "end" ──────────────────────────────────────▶ │   no more from this side
 *      │ ─── "bye", then the port closes ────────────────▶ │   an orderly end; without "bye" it is a reset
 * ```
 */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import type {
  BindOptions,
  Connection,
  ConnectOptions,
  Listener,
  ListenerSignals,
  LocalAddress,
  Transport,
} from "sluice";
import { ByteBuf, type ChannelOption, type ChannelOutboundBuffer, type ChannelSignals, SluiceError } from "sluice";

/** Servers have names in their thread; `dial` brings a port to one, from another thread if need be. */
export function ports(dial = knock): Transport<ByteBuf, ByteBuf> {
  return {
    name: "ports",
    createConnection: (signals) => new PortConnection(signals, dial),
    createListener: (signals) => new PortListener(signals),
  };
}

/** Hands a client's port to the server of that name in this thread, or closes it: that refuses the client. */
export function knock(server: string, port: MessagePort, client: string): void {
  const listener = listeners.get(server);
  if (listener === undefined) port.close();
  else listener.knock(port, client);
}

class PortConnection implements Connection {
  localAddress: LocalAddress | undefined;
  remoteAddress: LocalAddress | undefined;
  readonly #signals: ChannelSignals;
  readonly #dial: typeof knock;
  #state: "connecting" | "connected" | "deserted" | "over" = "connecting";
  #port: MessagePort | undefined;
  #queue: ChannelOutboundBuffer | undefined;
  #wants = false;
  #peerWants = false;
  #inputEnds = false;

  constructor(signals: ChannelSignals, dial = knock) {
    this.#signals = signals;
    this.#dial = dial;
  }

  /** Becomes the server's end. */
  adopt(port: MessagePort, server: string, client: string): this {
    this.#state = "connected";
    return this.#use(port, server, client);
  }

  connect({ local }: ConnectOptions): void {
    if (local === undefined) throw new SluiceError("INVALID_ARGUMENT", "connect needs { local: name }");
    const { port1, port2 } = new MessageChannel();
    const name = `${local}#${nextClient++}`;
    this.#use(port1, name, local);
    this.#dial(local, port2, name);
  }

  read(): void {
    if (this.#wants) return;
    this.#wants = true;
    if (this.#inputEnds) queueMicrotask(() => this.#endInput());
    else this.#port?.postMessage("more");
  }

  accepts(message: unknown): boolean {
    return message instanceof ByteBuf;
  }

  flush(queue: ChannelOutboundBuffer): void {
    this.#queue = queue;
    if (this.#state === "deserted") queueMicrotask(() => this.#reset());
    else this.#send();
  }

  shutdownOutput(): void {
    this.#port?.postMessage("end");
    queueMicrotask(() => this.#signals.outputShutdown());
  }

  close(): void {
    this.#port?.postMessage("bye");
    this.destroy();
  }

  destroy(): void {
    this.#state = "over";
    this.#port?.close();
    queueMicrotask(() => this.#signals.closed());
  }

  setOption(option: ChannelOption<unknown>): void {
    throw new SluiceError("OPTION_UNSUPPORTED", `a port has no ${option.name}`);
  }

  #use(port: MessagePort, local: string, remote: string): this {
    this.localAddress = { local };
    this.remoteAddress = { local: remote };
    port.on("message", (message) => this.#received(message));
    port.on("close", () => this.#portClosed());
    this.#port = port;
    return this;
  }

  #received(message: "hello" | "more" | "end" | "bye" | readonly Uint8Array[]): void {
    if (this.#state === "over") return;
    if (message === "hello") {
      this.#state = "connected";
      this.#signals.active();
    } else if (message === "more") {
      this.#peerWants = true;
      this.#send();
    } else if (typeof message === "string") {
      if (message === "bye") this.#state = "deserted";
      this.#inputEnds = true;
      this.#endInput();
    } else {
      this.#wants = false;
      for (const bytes of message) this.#signals.read(ByteBuf.from(bytes));
      this.#signals.readComplete();
    }
  }

  #send(): void {
    const queue = this.#queue;
    if (!this.#peerWants || queue === undefined || queue.flushedLength === 0) return;
    this.#peerWants = false;
    const burst = Array.from({ length: queue.flushedLength }, (_, i) => (queue.peek(i) as ByteBuf).toUint8Array());
    this.#port?.postMessage(burst);
    queue.succeed(burst.length);
  }

  #endInput(): void {
    if (!this.#wants || this.#state === "over") return;
    this.#wants = false;
    this.#signals.inputShutdown();
  }

  #portClosed(): void {
    if (this.#state === "connecting") this.#signals.connectFailed(new SluiceError("CONNECT_REFUSED"));
    else if (this.#state === "connected" || this.#queue?.flushedLength) this.#reset();
  }

  #reset(): void {
    if (this.#state !== "over") this.#signals.failed(new SluiceError("CONNECTION_RESET"));
  }
}

class PortListener implements Listener {
  localAddress: LocalAddress | undefined;
  readonly remoteAddress = undefined;
  readonly #signals: ListenerSignals;
  readonly #waiting = new Map<MessagePort, string>();
  #wants = false;

  constructor(signals: ListenerSignals) {
    this.#signals = signals;
  }

  bind({ local }: BindOptions): void {
    if (local === undefined) throw new SluiceError("INVALID_ARGUMENT", "bind needs { local: name }");
    if (listeners.has(local)) throw new SluiceError("ADDRESS_IN_USE", `"${local}" is taken`);
    listeners.set(local, this);
    this.localAddress = { local };
    queueMicrotask(() => this.#signals.active());
  }

  knock(port: MessagePort, client: string): void {
    if (this.#waiting.size === BACKLOG) return port.close();
    this.#waiting.set(port, client);
    port.on("close", () => this.#waiting.delete(port));
    port.postMessage("hello");
    this.#accept();
  }

  read(): void {
    this.#wants = true;
    queueMicrotask(() => this.#accept());
  }

  close(): void {
    if (this.localAddress !== undefined) listeners.delete(this.localAddress.local);
    for (const port of this.#waiting.keys()) port.close();
    queueMicrotask(() => this.#signals.closed());
  }

  destroy(): void {
    this.close();
  }

  setOption(option: ChannelOption<unknown>): void {
    throw new SluiceError("OPTION_UNSUPPORTED", `a server of ports has no ${option.name}`);
  }

  #accept(): void {
    const { localAddress } = this;
    for (const [port, client] of this.#waiting) {
      if (!this.#wants || localAddress === undefined) return;
      this.#wants = false;
      this.#waiting.delete(port);
      this.#signals.read(
        this.#signals.accept((signals) => new PortConnection(signals).adopt(port, localAddress.local, client)),
      );
      this.#signals.readComplete();
    }
  }
}

const listeners = new Map<string, PortListener>();
let nextClient = 1;
const BACKLOG = 511;
