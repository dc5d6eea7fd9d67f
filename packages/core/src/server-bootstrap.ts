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
import { type BindInWorker, bindWithWorkers } from "./workers/bind-with-workers.js";
import type { WorkerGroup } from "./workers/worker-group.js";
import type { WorkersOptions } from "./workers/workers-options.js";

export class ServerBootstrap<In = ByteBuf, Out = ByteBuf, TailIn = In, TailOut = Out, Group = never> {
  readonly #config = new ChannelConfig();
  readonly #childConfig = new ChannelConfig();
  #transport: Transport | undefined;
  #clock: Clock | undefined;
  #workers: number | WorkersOptions | undefined;

  transport<I, O>(transport: Transport<I, O>): ServerBootstrap<I, O, I, O, Group> {
    this.#transport = transport;
    return this as unknown as ServerBootstrap<I, O, I, O, Group>;
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
  ): ServerBootstrap<In, Out, I, O, Group>;
  childHandler(initializer: (pipeline: ChannelPipeline<In, Out>) => void): ServerBootstrap<In, Out, any, any, Group>;
  childHandler(initializer: PipelineInitializer): ServerBootstrap<In, Out, any, any, Group> {
    this.#childConfig.initializer = initializer;
    return this;
  }

  /**
   * Serves in several processes that share the port: as many as said, or as there are cores.
   *
   * The program runs in each of them, and `bind` gives each what it is: the first, the primary, a {@link WorkerGroup} once
   * all workers serve, and the workers their `ServerChannel`. Both have `localAddress`, `shutdown` and `closed`. What is
   * to happen once belongs behind `server instanceof WorkerGroup`, what precedes `bind` happens everywhere. Costs a
   * process for each; nothing is shared but the port.
   */
  workers(workers: number | WorkersOptions = {}): ServerBootstrap<In, Out, TailIn, TailOut, WorkerGroup> {
    this.#workers = workers;
    return this as unknown as ServerBootstrap<In, Out, TailIn, TailOut, WorkerGroup>;
  }

  /**
   * Starts listening.
   *
   * @throws (rejects) ADDRESS_IN_USE, ADDRESS_UNAVAILABLE, BIND_FAILED, ABORTED, OPTION_UNSUPPORTED; with workers
   * WORKER_FAILED and, for options that cannot work or a second group, INVALID_ARGUMENT
   */
  async bind(options: BindOptions): Promise<ServerChannel<TailIn, TailOut> | Group> {
    const transport = this.#transport;
    if (transport?.createListener === undefined) {
      throw new SluiceError("INVALID_ARGUMENT", "a ServerBootstrap needs a transport whose connections it can accept");
    }
    if (this.#childConfig.initializer === undefined) {
      throw new SluiceError("INVALID_ARGUMENT", "a ServerBootstrap needs a childHandler");
    }
    const workers = this.#workers;
    if (workers === undefined) return this.#bindHere(transport, options);
    const bindHere: BindInWorker<ServerChannel<TailIn, TailOut>> = (options, prepare) =>
      this.#bindHere(transport, options, prepare);
    const bound = bindWithWorkers({ transport, clock: this.#clock, workers, options, bindHere });
    return bound as Promise<ServerChannel<TailIn, TailOut> | Group>;
  }

  async #bindHere(
    transport: Transport,
    options: BindOptions,
    prepare?: (server: ServerChannel) => void,
  ): Promise<ServerChannel<TailIn, TailOut>> {
    const server = new ServerChannel<TailIn, TailOut>(transport, this.#clock);
    try {
      this.#config.applyTo(server);
      server.pipeline.addLast("acceptor", new Acceptor(server, this.#childConfig));
      prepare?.(server);
      await server.bind(options);
    } catch (error) {
      server.closeForcibly();
      throw error;
    }
    return server;
  }
}
