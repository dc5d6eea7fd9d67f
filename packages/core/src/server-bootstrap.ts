/**
 * Makes servers: a transport, options and a pipeline for the server itself, and the same for each connection it
 * accepts (`child…`).
 *
 * @example
 * ```ts
 * await using server = await new ServerBootstrap()
 *   .transport(tcp())
 *   .childHandler((p) => p.addLast({ channelRead: (ctx, bytes) => ctx.writeAndFlush(bytes) }))
 *   .bind({ host: "127.0.0.1", port: 0 });
 * ```
 */
import { type ByteBuf, SluiceError } from "@sluice/buffer";
import { Acceptor } from "./acceptor.js";
import type { AttributeKey } from "./attribute-key.js";
import type { Channel } from "./channel.js";
import { ChannelConfig, type PipelineInitializer } from "./channel-config.js";
import type { ChannelOption } from "./channel-option.js";
import type { ChannelPipeline } from "./channel-pipeline.js";
import type { Clock } from "./clock.js";
import { ServerChannel } from "./server-channel.js";
import type { BindOptions, Transport } from "./transport.js";

export class ServerBootstrap<In = ByteBuf, Out = ByteBuf, TailIn = In, TailOut = Out> {
  readonly #config = new ChannelConfig();
  readonly #childConfig = new ChannelConfig();
  #transport: Transport | undefined;
  #clock: Clock | undefined;

  transport<I, O>(transport: Transport<I, O>): ServerBootstrap<I, O, I, O> {
    this.#transport = transport;
    return this as unknown as ServerBootstrap<I, O, I, O>;
  }

  option<T>(option: ChannelOption<T>, value: T): this {
    this.#config.options.set(option, value);
    return this;
  }

  childOption<T>(option: ChannelOption<T>, value: T): this {
    this.#childConfig.options.set(option, value);
    return this;
  }

  attr<T>(key: AttributeKey<T>, value: T): this {
    this.#config.attributes.set(key, value);
    return this;
  }

  childAttr<T>(key: AttributeKey<T>, value: T): this {
    this.#childConfig.attributes.set(key, value);
    return this;
  }

  /** All timing of the server and its connections goes through it. @default the system clock */
  clock(clock: Clock): this {
    this.#clock = clock;
    return this;
  }

  /** Builds the server's own pipeline; its messages are the accepted channels. */
  handler(initializer: (pipeline: ChannelPipeline<Channel<TailIn, TailOut>, never>) => unknown): this {
    this.#config.initializer = initializer as PipelineInitializer;
    return this;
  }

  /** Builds the pipeline of each accepted connection. */
  childHandler<I, O>(
    initializer: (pipeline: ChannelPipeline<In, Out>) => ChannelPipeline<I, O>,
  ): ServerBootstrap<In, Out, I, O>;
  childHandler(initializer: (pipeline: ChannelPipeline<In, Out>) => void): ServerBootstrap<In, Out, any, any>;
  childHandler(initializer: PipelineInitializer): ServerBootstrap<In, Out, any, any> {
    this.#childConfig.initializer = initializer;
    return this;
  }

  /**
   * Starts listening.
   *
   * @throws (rejects) ADDRESS_IN_USE, ADDRESS_UNAVAILABLE, BIND_FAILED, ABORTED, OPTION_UNSUPPORTED
   */
  async bind(options: BindOptions): Promise<ServerChannel<TailIn, TailOut>> {
    const transport = this.#transport;
    if (transport?.createListener === undefined) {
      throw new SluiceError("INVALID_ARGUMENT", "a ServerBootstrap needs a transport whose connections it can accept");
    }
    if (this.#childConfig.initializer === undefined) {
      throw new SluiceError("INVALID_ARGUMENT", "a ServerBootstrap needs a childHandler");
    }
    const server = new ServerChannel<TailIn, TailOut>(transport, this.#clock);
    try {
      this.#config.applyTo(server);
      server.pipeline.addLast("acceptor", new Acceptor(server, this.#childConfig));
      await server.bind(options);
    } catch (error) {
      server.closeForcibly();
      throw error;
    }
    return server;
  }
}
