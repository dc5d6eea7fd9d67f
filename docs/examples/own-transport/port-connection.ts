/**
 * One end of a connection over a `MessagePort`.
 *
 * ```
 *   this end                                         the other
 *      │ ─── "more" ───────────────────────────────────▶ │   one burst of input is wanted
 *      │ ◀── [Uint8Array, …] ─────────────────────────── │   and here it is
 *      │ ─── "end" ────────────────────────────────────▶ │   no more from this side
 *      │ ─── "bye", then the port closes ──────────────▶ │   an orderly end; without "bye" it is a reset
 * ```
 */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { ChannelSignals, Connection, ConnectOptions } from "sluice";
import { ByteBuf, type ChannelOutboundBuffer, type LocalAddress, SluiceError } from "sluice";

/** Brings the port of a client to the server of that name; closing it refuses the client. */
export type Dial = (server: string, port: MessagePort, client: string) => void;

export class PortConnection implements Connection {
  localAddress: LocalAddress | undefined;
  remoteAddress: LocalAddress | undefined;
  readonly #signals: ChannelSignals;
  readonly #dial: Dial | undefined;
  #state: "connecting" | "connected" | "deserted" | "over" = "connecting";
  #port: MessagePort | undefined;
  #queue: ChannelOutboundBuffer | undefined;
  #wants = false;
  #peerWants = false;
  #inputEnds = false;

  constructor(signals: ChannelSignals, dial?: Dial) {
    this.#signals = signals;
    this.#dial = dial;
  }

  connect({ local }: ConnectOptions): void {
    if (local === undefined) throw new SluiceError("INVALID_ARGUMENT", "connect needs { local: name }");
    const { port1, port2 } = new MessageChannel();
    const client = `${local}#${nextClient++}`;
    this.#use(port1, client, local);
    this.#dial?.(local, port2, client);
  }

  /** Becomes the server's end. */
  take(port: MessagePort, server: string, client: string): this {
    this.#state = "connected";
    this.#use(port, server, client);
    return this;
  }

  read(): void {
    if (!this.#wants && !this.#inputEnds) this.#port?.postMessage("more");
    this.#wants = true;
    if (this.#inputEnds) queueMicrotask(() => this.#endInput());
  }

  accepts(message: unknown): boolean {
    return message instanceof ByteBuf;
  }

  flush(queue: ChannelOutboundBuffer): void {
    this.#queue = queue;
    if (this.#state === "deserted") queueMicrotask(() => this.#gone());
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
    this.#signals.closed();
  }

  #use(port: MessagePort, local: string, remote: string): void {
    this.localAddress = { local };
    this.remoteAddress = { local: remote };
    this.#port = port.on("message", (message) => this.#received(message)).on("close", () => this.#gone());
  }

  #received(message: "hello" | "more" | "end" | "bye" | readonly Uint8Array[]): void {
    if (this.#state === "over") return;
    if (typeof message !== "string") {
      this.#wants = false;
      for (const bytes of message) this.#signals.read(ByteBuf.from(bytes));
      this.#signals.readComplete();
    } else if (message === "hello") {
      this.#state = "connected";
      this.#signals.active();
    } else if (message === "more") {
      this.#peerWants = true;
      this.#send();
    } else {
      if (message === "bye") this.#state = "deserted";
      this.#inputEnds = true;
      this.#endInput();
    }
  }

  #send(): void {
    const queue = this.#queue;
    if (!this.#peerWants || !queue?.flushedLength) return;
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

  /** The port has closed, or its peer will never take what is to be sent. */
  #gone(): void {
    if (this.#state === "connecting") this.#signals.connectFailed(new SluiceError("CONNECT_REFUSED"));
    else if (this.#state === "connected" || (this.#state === "deserted" && this.#queue?.flushedLength)) {
      this.#signals.failed(new SluiceError("CONNECTION_RESET"));
    }
  }
}

let nextClient = 1;
