/**
 * A listening channel. The connections it accepts travel through its own pipeline as messages before they go to
 * work, so a handler there can look at them, refuse them or count them.
 */
import { Channel } from "./channel.js";
import { ChannelGroup } from "./channel-group.js";
import type { Clock } from "./clock.js";
import type { SocketAddress } from "./socket-address.js";
import type { ChannelSignals, Connection, Transport } from "./transport.js";

/** How a server ends. */
export interface ShutdownOptions {
  /** Milliseconds the open connections get to send what is queued; then they are cut. @default 10 000 */
  readonly timeoutMs?: number;
}

/** What became of the connections at a shutdown. */
export interface ShutdownReport {
  /** Closed in order, everything queued sent. */
  readonly closed: number;
  /** Cut at the deadline. */
  readonly forced: number;
}

export class ServerChannel<In = any, Out = any> extends Channel<Channel<In, Out>, never> {
  /** The open connections this server has accepted. */
  readonly children = new ChannelGroup<In, Out>();
  #shutdown: Promise<ShutdownReport> | undefined;

  constructor(transport: Transport, clock: Clock | undefined) {
    super({
      createEnd: (signals) =>
        transport.createListener({
          active: () => signals.active(),
          connectFailed: (error) => signals.connectFailed(error),
          read: (message) => this.#pass(message as Channel, signals),
          readComplete: () => signals.readComplete(),
          inputShutdown: () => signals.inputShutdown(),
          outputShutdown: () => signals.outputShutdown(),
          failed: (error) => signals.failed(error),
          closed: () => signals.closed(),
          accept: (createConnection) => this.#accept(createConnection),
          acceptFailed: (error) => this.pipeline.fireExceptionCaught(error),
        }),
      clock,
    });
  }

  /**
   * Stops accepting, sends what the open connections have queued, closes them, and cuts those that are not done at
   * the deadline. A second call joins the first.
   */
  shutdown(options: ShutdownOptions = {}): Promise<ShutdownReport> {
    this.#shutdown ??= this.#shutDown(options.timeoutMs ?? 10_000);
    return this.#shutdown;
  }

  /** Where the server listens; with port 0 the port it was given. There from `bind` on. */
  override get localAddress(): SocketAddress {
    return super.localAddress as SocketAddress;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** An accepted connection failed and nobody listens to it: `children` tells, or else the server. @internal */
  override childFailed(child: Channel<any, any>, error: Error): void {
    try {
      if (!this.children.emit("error", error, child)) this.emit("error", error);
    } catch {
      // The listener's own failure must not reach whoever brought the child's.
    }
  }

  #accept(createConnection: (signals: ChannelSignals) => Connection): Channel<In, Out> {
    return new Channel<In, Out>({ createEnd: createConnection, parent: this });
  }

  /** A connection that arrives while the server closes has nobody to go to. */
  #pass(child: Channel, signals: ChannelSignals): void {
    if (this.isActive) signals.read(child);
    else child.closeForcibly();
  }

  async #shutDown(timeoutMs: number): Promise<ShutdownReport> {
    this.close();
    const open = [...this.children];
    let forced = 0;
    const deadline = this.clock.schedule(timeoutMs, () => {
      for (const child of this.children) {
        forced++;
        child.closeForcibly();
      }
    });
    this.children.close({ stayClosed: true });
    await Promise.all(open.map((child) => child.closed));
    deadline.cancel();
    await this.closed;
    return { closed: open.length - forced, forced };
  }
}
