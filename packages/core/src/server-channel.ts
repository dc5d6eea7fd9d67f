/**
 * A listening channel. The connections it accepts travel through its own pipeline as messages before they go to
 * work, so a handler there can look at them, refuse them or count them.
 */
import { SluiceError } from "@sluice/buffer";
import { Channel } from "./channel.js";
import { ChannelGroup } from "./channel-group.js";
import { ChannelOption } from "./channel-option.js";
import type { Clock, Timeout } from "./clock.js";
import type { SocketAddress } from "./socket-address.js";
import type { ChannelSignals, Connection, Transport } from "./transport.js";

/** How a server ends. */
export interface ShutdownOptions {
  /**
   * Milliseconds the open connections get to send what is queued; then they are cut with CLOSE_TIMEOUT. A connection
   * with a `CLOSE_TIMEOUT_MILLIS` of its own keeps to that if it is less.
   * @default 10 000
   */
  readonly timeoutMs?: number;
  /** Cuts what is left at once. */
  readonly signal?: AbortSignal;
}

/** What became of the connections at a shutdown. */
export interface ShutdownReport {
  /** Closed by themselves in time: everything queued was sent, unless they broke. */
  readonly closed: number;
  /** Cut, because something was still queued at the deadline. */
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
   *
   * @throws INVALID_ARGUMENT for a deadline that never comes
   */
  shutdown({ timeoutMs = 10_000, signal }: ShutdownOptions = {}): Promise<ShutdownReport> {
    if (this.#shutdown === undefined) {
      const deadline = this.clock.schedule(timeoutMs, () => this.#cut(timeoutMs));
      this.#shutdown = this.#shutDown(deadline, timeoutMs, signal);
    }
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

  async #shutDown(deadline: Timeout, timeoutMs: number, signal: AbortSignal | undefined): Promise<ShutdownReport> {
    const cut = () => this.#cut(timeoutMs);
    signal?.addEventListener("abort", cut);
    const open = [...this.children];
    this.close();
    for (const child of open) {
      if (child.getOption(ChannelOption.CLOSE_TIMEOUT_MILLIS) === undefined) child.engine.closeTimeoutMs = timeoutMs;
    }
    this.children.close({ stayClosed: true });
    if (signal?.aborted) cut();
    await Promise.all([this.closed, ...open.map((child) => child.closed)]);
    deadline.cancel();
    signal?.removeEventListener("abort", cut);
    const forced = open.filter(({ closeCause }) => wasCut(closeCause)).length;
    return { closed: open.length - forced, forced };
  }

  #cut(timeoutMs: number): void {
    for (const child of [...this.children]) {
      child.engine.destroy(new SluiceError("CLOSE_TIMEOUT", "the server has shut down", { limit: timeoutMs }));
    }
  }
}

function wasCut(cause: Error | undefined): boolean {
  return cause instanceof SluiceError && cause.code === "CLOSE_TIMEOUT";
}
