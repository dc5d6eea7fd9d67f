/**
 * Makes channels that nobody accepted, clients above all: a transport, options and a pipeline, to be connected as often as
 * needed, or kept connected, or bound if the transport is one of datagrams.
 *
 * @example
 * ```ts
 * const channel = await new Bootstrap()
 *   .transport(tcp())
 *   .handler((p) => p.addLast(new LineBasedFrameDecoder()).addLast(new StringDecoder()).addLast(new LineEncoder()))
 *   .connect({ host: "127.0.0.1", port: 9000 });
 * ```
 */
import { type ByteBuf, SluiceError } from "@sluice/buffer";
import type { AttributeKey } from "./attribute-key.js";
import { Channel } from "./channel.js";
import { ChannelConfig, type PipelineInitializer } from "./channel-config.js";
import type { ChannelOption } from "./channel-option.js";
import type { ChannelPipeline } from "./channel-pipeline.js";
import type { ChannelPromise } from "./channel-promise.js";
import type { Clock } from "./clock.js";
import type { ReconnectOptions } from "./reconnect/reconnect-options.js";
import { ReconnectingClient } from "./reconnect/reconnecting-client.js";
import { systemClock } from "./system-clock.js";
import type { BindOptions, ConnectOptions, DatagramTransport, Transport } from "./transport.js";

/**
 * `In`, `Out`: what a pipeline starts with. `TailIn`, `TailOut`: what the initialised one ends with. `Bindable`: whether
 * the transport has channels without a peer.
 */
export class Bootstrap<In = ByteBuf, Out = ByteBuf, TailIn = In, TailOut = Out, Bindable extends boolean = false> {
  declare readonly "~bindable": Bindable;
  readonly #config = new ChannelConfig();
  #transport: Transport | DatagramTransport | undefined;
  #clock: Clock | undefined;

  transport<I, O>(transport: Transport<I, O>): Bootstrap<I, O, I, O>;
  transport<I, O>(transport: DatagramTransport<I, O>): Bootstrap<I, O, I, O, true>;
  transport(transport: Transport | DatagramTransport): Bootstrap<any, any, any, any, any> {
    this.#transport = transport;
    return this;
  }

  option<T>(option: ChannelOption<T>, value: T): this {
    this.#config.options.set(option, value);
    return this;
  }

  attr<T>(key: AttributeKey<T>, value: T): this {
    this.#config.attributes.set(key, value);
    return this;
  }

  /** All timing of the channels goes through it. @default the system clock */
  clock(clock: Clock): this {
    this.#clock = clock;
    return this;
  }

  /** Builds the pipeline of each channel; return the chain to have `send` and `messages` typed by it. */
  handler<I, O>(
    initializer: (pipeline: ChannelPipeline<In, Out>) => ChannelPipeline<I, O>,
  ): Bootstrap<In, Out, I, O, Bindable>;
  handler(initializer: (pipeline: ChannelPipeline<In, Out>) => void): Bootstrap<In, Out, any, any, Bindable>;
  handler(initializer: PipelineInitializer): Bootstrap<In, Out, any, any, Bindable> {
    this.#config.initializer = initializer;
    return this;
  }

  /**
   * Connects a new channel.
   *
   * @throws (rejects) CONNECT_REFUSED, CONNECT_TIMEOUT, CONNECT_FAILED, ABORTED, OPTION_UNSUPPORTED
   */
  connect(options: ConnectOptions): Promise<Channel<TailIn, TailOut>> {
    return this.#open((channel) => channel.connect(options));
  }

  /**
   * Binds a new channel of a datagram transport to an address, where any number of peers reach it. Servers that accept
   * connections are made with a `ServerBootstrap`.
   *
   * @throws (rejects) ADDRESS_IN_USE, ADDRESS_UNAVAILABLE, BIND_FAILED, ABORTED, OPTION_UNSUPPORTED
   */
  bind(this: Bootstrap<In, Out, TailIn, TailOut, true>, options: BindOptions): Promise<Channel<TailIn, TailOut>> {
    return this.#open((channel) => channel.bind(options));
  }

  /**
   * Keeps a channel connected: makes a new one, with a pipeline of its own, whenever the one before is lost. The first
   * attempt begins at once; the client tells by events and by `ready()` what becomes of it.
   *
   * @throws INVALID_ARGUMENT
   */
  reconnect(options: ReconnectOptions<TailIn, TailOut>): ReconnectingClient<TailIn, TailOut> {
    return new ReconnectingClient({ newChannel: () => this.#newChannel(), clock: this.#clock ?? systemClock }, options);
  }

  async #open(start: (channel: Channel<TailIn, TailOut>) => ChannelPromise): Promise<Channel<TailIn, TailOut>> {
    const channel = this.#newChannel();
    try {
      await start(channel);
    } catch (error) {
      channel.closeForcibly();
      throw error;
    }
    return channel;
  }

  #newChannel(): Channel<TailIn, TailOut> {
    const transport = this.#transport;
    if (transport === undefined) throw new SluiceError("INVALID_ARGUMENT", "a Bootstrap needs a transport");
    const channel = new Channel<TailIn, TailOut>({
      createEnd: (signals) => transport.createConnection(signals),
      clock: this.#clock,
    });
    try {
      this.#config.applyTo(channel);
    } catch (error) {
      channel.closeForcibly();
      throw error;
    }
    return channel;
  }
}
