/**
 * A listening channel. The connections it accepts travel through its own pipeline as messages before they go to
 * work, so a handler there can look at them, refuse them or count them.
 */
import { SluiceError } from "@sluice/buffer";
import { Channel } from "./channel.js";
import { ChannelGroup } from "./channel-group.js";
import { ChannelOption } from "./channel-option.js";
import type { Clock } from "./clock.js";
import { ServerShutdown, type ShutdownOptions, type ShutdownReport } from "./server-shutdown.js";
import type { SocketAddress } from "./socket-address.js";
import type { ChannelSignals, Connection, Transport } from "./transport.js";

export class ServerChannel<In = any, Out = any> extends Channel<Channel<In, Out>, never> {
  /** The open connections this server has accepted. */
  readonly children = new ChannelGroup<In, Out>();
  #maxConnections = DEFAULT_MAX_CONNECTIONS;
  #refusedConnections = 0;
  #shutdown: ServerShutdown | undefined;

  constructor(transport: Transport, clock: Clock | undefined) {
    super({
      createEnd: (signals) =>
        transport.createListener({
          get clock() {
            return signals.clock;
          },
          active: () => signals.active(),
          connectFailed: (error) => signals.connectFailed(error),
          event: (event) => signals.event(event),
          read: (message) => this.#pass(message as Channel, signals),
          readComplete: () => signals.readComplete(),
          inputShutdown: () => signals.inputShutdown(),
          outputShutdown: () => signals.outputShutdown(),
          troubled: (error) => signals.troubled(error),
          failed: (error) => signals.failed(error),
          closed: () => signals.closed(),
          accept: (createConnection) => this.#accept(createConnection),
          acceptFailed: (error) => this.pipeline.fireExceptionCaught(error),
        }),
      clock,
    });
  }

  /**
   * Ends the server: stops accepting, tells every connection with a {@link ServerShutdownEvent}, closes each in order
   * as soon as it is quiet, and cuts those that are left at the deadline.
   *
   * Work in hand is not traffic. A connection that is answering a request either needs a `quietMs` longer than that
   * takes, or a handler that holds `close` back until the answer is written.
   *
   * A second call joins the first, whose times count; the signals of both do.
   *
   * @throws INVALID_ARGUMENT for a time that never comes
   */
  shutdown(options: ShutdownOptions = {}): Promise<ShutdownReport> {
    this.#shutdown ??= new ServerShutdown(this, options);
    return this.#shutdown.join(options.signal);
  }

  /** The limit in use, set by `ChannelOption.MAX_CONNECTIONS`. */
  get maxConnections(): number {
    return this.#maxConnections;
  }

  /** Connections refused because of it. */
  get refusedConnections(): number {
    return this.#refusedConnections;
  }

  override setOption<T>(option: ChannelOption<T>, value: T): this {
    if ((option as ChannelOption<unknown>) !== ChannelOption.MAX_CONNECTIONS) return super.setOption(option, value);
    const limit = value as number;
    if (!(limit >= 1)) {
      throw new SluiceError("INVALID_ARGUMENT", `MAX_CONNECTIONS must be at least 1, not ${limit}`, { limit: 1 });
    }
    this.#maxConnections = limit;
    return this;
  }

  override getOption<T>(option: ChannelOption<T>): T | undefined {
    if ((option as ChannelOption<unknown>) !== ChannelOption.MAX_CONNECTIONS) return super.getOption(option);
    return this.#maxConnections as T;
  }

  /** Where the server listens; with port 0 the port it was given. There from `bind` on. */
  override get localAddress(): SocketAddress {
    return super.localAddress as SocketAddress;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** One connection more is too many. @internal */
  connectionRefused(): void {
    this.#refusedConnections++;
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
}

/**
 * As many as one client address could make at most, for it has no more ports, and more than a system gives a process
 * descriptors unless told to: who runs into it has either planned for more, and says so, or is being flooded.
 */
const DEFAULT_MAX_CONNECTIONS = 65_536;
