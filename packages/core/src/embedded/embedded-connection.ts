/** The transport of an embedded channel: sent messages go to a list, everything succeeds at once. */
import type { ChannelOutboundBuffer } from "../channel-outbound-buffer.js";
import type { ChannelSignals, Connection } from "../transport.js";

export class EmbeddedConnection implements Connection {
  readonly localAddress = { local: "embedded" };
  readonly remoteAddress = { local: "embedded" };
  readonly #signals: ChannelSignals;
  readonly #sent: unknown[];
  readonly #defer: (task: () => void) => void;

  constructor(signals: ChannelSignals, sent: unknown[], defer: (task: () => void) => void) {
    this.#signals = signals;
    this.#sent = sent;
    this.#defer = defer;
  }

  connect(): void {
    this.#defer(() => this.#signals.active());
  }

  read(): void {}

  accepts(message: unknown): boolean {
    return message !== undefined && message !== null;
  }

  flush(queue: ChannelOutboundBuffer): void {
    while (queue.flushedLength > 0) {
      this.#sent.push(queue.peek(0));
      queue.succeed(1);
    }
  }

  shutdownOutput(): void {
    this.#defer(() => this.#signals.outputShutdown());
  }

  close(): void {
    this.#signals.closed();
  }

  destroy(): void {
    this.#signals.closed();
  }
}
