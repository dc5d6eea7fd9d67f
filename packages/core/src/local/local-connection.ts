/**
 * One end of an in-process connection.
 *
 * ```
 *   our queue ──(peer's demand)──▶ peer.signals.read … readComplete
 *   peer's queue ──(our demand)──▶ our signals.read … readComplete
 * ```
 *
 * Nothing is buffered between the two: a burst is taken straight from the sender's outbound queue when the receiver
 * has asked for one. Everything an end tells its channel it tells in a microtask of its own.
 */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import type { ChannelOutboundBuffer } from "../channel-outbound-buffer.js";
import type { LocalAddress } from "../socket-address.js";
import type { ChannelSignals, Connection, ConnectOptions } from "../transport.js";
import { type LocalServer, localServers } from "./local-servers.js";

export class LocalConnection implements Connection {
  localAddress: LocalAddress | undefined;
  remoteAddress: LocalAddress | undefined;
  readonly #signals: ChannelSignals;
  /** The server whose backlog this end waits in. */
  #waitsFor: LocalServer | undefined;
  #peer: LocalConnection | undefined;
  /** What the channel has given us to send; the peer takes from it. */
  #queue: ChannelOutboundBuffer | undefined;
  #readWanted = false;
  #burstComes = false;
  #outputEnded = false;
  #inputEnded = false;
  #isOver = false;

  constructor(signals: ChannelSignals) {
    this.#signals = signals;
  }

  connect(options: ConnectOptions): void {
    queueMicrotask(() => this.#dial(options));
  }

  /** Becomes the server's end of the connection `client` asked for. */
  join(client: LocalConnection): this {
    this.localAddress = client.remoteAddress;
    this.remoteAddress = client.localAddress;
    this.#peer = client;
    client.#peer = this;
    client.#waitsFor = undefined;
    return this;
  }

  /** Ends a connection that the server did not take. */
  refuse(): void {
    this.#waitsFor = undefined;
    this.#fail(new SluiceError("CONNECTION_RESET", "the server closed before it accepted the connection"));
  }

  read(): void {
    this.#readWanted = true;
    this.#comeForBurst();
  }

  accepts(message: unknown): boolean {
    return message !== undefined && message !== null;
  }

  flush(queue: ChannelOutboundBuffer): void {
    this.#queue = queue;
    const peer = this.#peer;
    if (peer === undefined) return;
    if (peer.#isOver) this.#fail(new SluiceError("CONNECTION_RESET", "the peer has closed"));
    else peer.#comeForBurst();
  }

  shutdownOutput(): void {
    this.#endOutput();
    queueMicrotask(() => {
      if (!this.#isOver) this.#signals.outputShutdown();
    });
  }

  close(): void {
    if (!this.#end()) return;
    const peer = this.#peer;
    if (peer !== undefined && peer.#pendingMessages > 0) this.#leaveInput(peer);
    this.#endOutput();
  }

  destroy(): void {
    const peer = this.#peer;
    if (this.#end() && peer !== undefined) peer.#fail(new SluiceError("CONNECTION_RESET"));
  }

  // ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────

  #dial({ local: name, localAddress }: ConnectOptions): void {
    if (this.#isOver) return;
    if (name === undefined) {
      return this.#signals.connectFailed(new SluiceError("INVALID_ARGUMENT", "connect needs { local: name }"));
    }
    const server = localServers.get(name);
    if (server === undefined || !server.enqueue(this)) {
      const why = server === undefined ? `there is no local server "${name}"` : `the backlog of "${name}" is full`;
      return this.#signals.connectFailed(new SluiceError("CONNECT_REFUSED", why));
    }
    this.#waitsFor = server;
    this.localAddress = { local: localAddress ?? `${name}#${nextClient++}` };
    this.remoteAddress = { local: name };
    this.#signals.active();
  }

  #endOutput(): void {
    this.#outputEnded = true;
    const peer = this.#peer;
    if (peer !== undefined) peer.#comeForBurst();
  }

  /** What the peer may take. */
  get #pendingMessages(): number {
    return this.#queue?.flushedLength ?? 0;
  }

  /** Delivers a burst, or the end of input, soon: if it has been asked for and there is something. */
  #comeForBurst(): void {
    if (!this.#readWanted || this.#burstComes || this.#isOver || this.#inputEnded) return;
    const peer = this.#peer;
    if (peer === undefined || (peer.#pendingMessages === 0 && !peer.#outputEnded)) return;
    this.#burstComes = true;
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    this.#burstComes = false;
    const peer = this.#peer as LocalConnection;
    // What is flushed while the burst runs belongs to the next one.
    let left = peer.#pendingMessages;
    if (this.#isOver || (left === 0 && !peer.#outputEnded)) return;
    this.#readWanted = false;
    if (left === 0) {
      this.#inputEnded = true;
      this.#signals.inputShutdown();
      return;
    }
    const queue = peer.#queue as ChannelOutboundBuffer;
    for (; left > 0 && queue.flushedLength > 0 && !this.#isOver; left--) {
      const message = queue.peek(0);
      queue.succeed(1);
      this.#signals.read(message instanceof ByteBuf ? message.duplicate() : message);
    }
    if (!this.#isOver) this.#signals.readComplete();
  }

  /**
   * What the peer has sent us, and we have closed before it was delivered: if we were reading it counts as taken, as
   * it would on a network; if not it is lost, and the peer is told so.
   */
  #leaveInput(peer: LocalConnection): void {
    const pending = peer.#pendingMessages;
    if (!this.#readWanted) return peer.#fail(new SluiceError("CONNECTION_RESET", "the peer has closed"));
    queueMicrotask(() => {
      if (!peer.#isOver) (peer.#queue as ChannelOutboundBuffer).succeed(pending);
    });
  }

  #fail(error: SluiceError): void {
    queueMicrotask(() => {
      if (!this.#isOver) this.#signals.failed(error);
    });
  }

  /** @returns whether this call ended it */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#waitsFor?.dequeue(this);
    queueMicrotask(() => this.#signals.closed());
    return true;
  }
}

/** Numbers the clients of this process, for their addresses. */
let nextClient = 1;
