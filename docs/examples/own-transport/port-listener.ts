/** A server of ports: it has a name in its thread, and clients whose ports are brought to it. */
import type { MessagePort } from "node:worker_threads";
import { type BindOptions, type Listener, type ListenerSignals, type LocalAddress, SluiceError } from "sluice";
import { PortConnection } from "./port-connection.js";

/** Hands a client's port to the server of that name in this thread. */
export function knock(server: string, port: MessagePort, client: string): void {
  const listener = listeners.get(server);
  if (listener === undefined) port.close();
  else listener.knock(port, client);
}

export class PortListener implements Listener {
  localAddress: LocalAddress | undefined;
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
    port.on("close", () => this.#waiting.delete(port)).postMessage("hello");
    this.#accept();
  }

  read(): void {
    this.#wants = true;
    queueMicrotask(() => this.#accept());
  }

  close(): void {
    if (this.localAddress !== undefined) listeners.delete(this.localAddress.local);
    for (const port of this.#waiting.keys()) port.close();
    this.#signals.closed();
  }

  /** Delivers one connection for each `read`. */
  #accept(): void {
    const server = this.localAddress?.local as string;
    for (const [port, client] of this.#waiting) {
      if (!this.#wants) return;
      this.#wants = false;
      this.#waiting.delete(port);
      this.#signals.read(this.#signals.accept((signals) => new PortConnection(signals).take(port, server, client)));
      this.#signals.readComplete();
    }
  }
}

const listeners = new Map<string, PortListener>();
/** Clients that may wait to be accepted. */
const BACKLOG = 511;
