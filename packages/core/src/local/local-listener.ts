/**
 * A named server inside this process.
 *
 * A client is connected as soon as it stands in the backlog, as with a socket; the server takes a burst of them per
 * demand. Those that still wait when the server closes are reset.
 */
import { SluiceError } from "@sluice/buffer";
import { ChannelOption } from "../channel-option.js";
import type { LocalAddress } from "../socket-address.js";
import type { BindOptions, Listener, ListenerSignals } from "../transport.js";
import { LocalConnection } from "./local-connection.js";
import { type LocalServer, localServers } from "./local-servers.js";

export class LocalListener implements Listener, LocalServer {
  localAddress: LocalAddress | undefined;
  readonly #signals: ListenerSignals;
  readonly #waiting = new Set<LocalConnection>();
  #backlog = DEFAULT_BACKLOG;
  #readWanted = false;
  #burstComes = false;
  #isOver = false;

  constructor(signals: ListenerSignals) {
    this.#signals = signals;
  }

  bind(options: BindOptions): void {
    queueMicrotask(() => this.#listen(options.local));
  }

  enqueue(client: LocalConnection): boolean {
    if (this.#waiting.size >= this.#backlog) return false;
    this.#waiting.add(client);
    this.#comeForBurst();
    return true;
  }

  dequeue(client: LocalConnection): void {
    this.#waiting.delete(client);
  }

  read(): void {
    this.#readWanted = true;
    this.#comeForBurst();
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.localAddress !== undefined) localServers.delete(this.localAddress.local);
    for (const client of this.#waiting) client.refuse();
    this.#waiting.clear();
    queueMicrotask(() => this.#signals.closed());
  }

  setOption(option: ChannelOption<unknown>, value: unknown): void {
    if (option !== ChannelOption.SO_BACKLOG) {
      throw new SluiceError("OPTION_UNSUPPORTED", `a local server has no ${option.name}`);
    }
    if (!Number.isInteger(value) || (value as number) < 1) {
      throw new SluiceError("INVALID_ARGUMENT", `SO_BACKLOG must be a whole number from 1, not ${value}`);
    }
    this.#backlog = value as number;
  }

  // ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────

  #listen(name: string | undefined): void {
    if (this.#isOver) return;
    if (name === undefined) {
      return this.#signals.connectFailed(new SluiceError("INVALID_ARGUMENT", "bind needs { local: name }"));
    }
    if (localServers.has(name)) {
      return this.#signals.connectFailed(new SluiceError("ADDRESS_IN_USE", `"${name}" is taken by another server`));
    }
    localServers.set(name, this);
    this.localAddress = { local: name };
    this.#signals.active();
  }

  #comeForBurst(): void {
    if (!this.#readWanted || this.#burstComes || this.#isOver || this.#waiting.size === 0) return;
    this.#burstComes = true;
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    this.#burstComes = false;
    if (this.#isOver || this.#waiting.size === 0) return;
    this.#readWanted = false;
    for (const client of [...this.#waiting]) {
      // A handler of the server may have closed it, or the client, meanwhile.
      if (!this.#waiting.delete(client)) continue;
      this.#signals.read(this.#signals.accept((signals) => new LocalConnection(signals).join(client)));
    }
    if (!this.#isOver) this.#signals.readComplete();
  }
}

/** As many as Node's sockets. */
const DEFAULT_BACKLOG = 511;
