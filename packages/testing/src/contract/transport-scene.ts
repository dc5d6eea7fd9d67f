/**
 * A scene with servers and connections of the transport under test.
 *
 * ```
 *   client ═══ the transport ═══ child ── server
 *     │                            │
 *   recorder "client"            recorder "child"        first in each pipeline
 * ```
 */
import {
  type BindOptions,
  Bootstrap,
  ByteBuf,
  type Channel,
  type ChannelHandler,
  type ChannelOption,
  type ChannelPipeline,
  type ChannelPromise,
  type Clock,
  type ConnectOptions,
  ServerBootstrap,
  type ServerChannel,
} from "@sluice/core";
import { RecorderHandler } from "../recorder-handler.js";
import type { OpenedChannel, OpeningScene } from "./channel-contract.js";
import { errorOf } from "./claims.js";
import { pause, Scene } from "./scene.js";
import type { TransportContractOptions } from "./transport-contract.js";

/** Which end of a connection a case about a single channel is given. */
export type Side = "connecting" | "accepted";

export interface PairOptions {
  /** Behind the recorder. */
  readonly clientHandlers?: readonly ChannelHandler[];
  readonly childHandlers?: readonly ChannelHandler[];
  readonly clientOptions?: readonly OptionValue[];
  readonly childOptions?: readonly OptionValue[];
  /** Of both ends. */
  readonly clock?: Clock;
}

type OptionValue = readonly [option: ChannelOption<unknown>, value: unknown];

/** A client and the channel a server has made of it. */
export interface Pair {
  readonly server: ServerChannel;
  readonly client: Channel;
  readonly child: Channel;
  readonly clientSide: RecorderHandler;
  readonly childSide: RecorderHandler;
}

/** A channel whose peer does not read, and which can send no more. */
export interface Stuffed {
  readonly writes: readonly ChannelPromise[];
  readonly bytes: number;
}

export class TransportScene extends Scene implements OpeningScene {
  readonly contract: TransportContractOptions;
  readonly #side: Side;
  #fence: Fence | undefined;

  constructor(contract: TransportContractOptions, side: Side) {
    super();
    this.contract = contract;
    this.#side = side;
    const { handshakeEvent } = contract.differences ?? {};
    if (handshakeEvent !== undefined) leaveOut(this.trace, `event ${handshakeEvent}`);
  }

  bootstrap(): Bootstrap<ByteBuf, ByteBuf> {
    return new Bootstrap().transport(this.contract.transport);
  }

  serverBootstrap(): ServerBootstrap<ByteBuf, ByteBuf> {
    return new ServerBootstrap().transport(this.contract.transport);
  }

  /** Binds at a free address. */
  async bind(bootstrap: { bind(options: BindOptions): Promise<ServerChannel> }): Promise<ServerChannel> {
    return this.own(await bootstrap.bind(this.contract.bindOptions()));
  }

  /** A server whose connections have these handlers. */
  serve(...handlers: readonly (() => ChannelHandler)[]): Promise<ServerChannel> {
    return this.bind(
      this.serverBootstrap().childHandler((pipeline) =>
        addAll(
          pipeline,
          handlers.map((make) => make()),
        ),
      ),
    );
  }

  addressOf(server: ServerChannel): ConnectOptions {
    return this.contract.connectOptions?.(server) ?? (server.localAddress as ConnectOptions);
  }

  /** Connects to a server, by a plain client unless told otherwise. */
  async connect(server: ServerChannel, bootstrap = this.bootstrap()): Promise<Channel> {
    return this.own(await bootstrap.connect(this.addressOf(server)));
  }

  /**
   * Connects to a server that will not have it, and waits until that is over: the connection ends, or if it begins with a
   * handshake the attempt fails.
   */
  async knock(server: ServerChannel): Promise<void> {
    const error = await errorOf(this.connect(server).then((client) => client.closed));
    const fails = this.contract.differences?.handshakeEvent !== undefined;
    if (fails && error === undefined) throw new Error("the attempt succeeds");
    if (!fails && error !== undefined) throw error;
  }

  /** A connection whose two ends are at hand. */
  async pair(options: PairOptions = {}): Promise<Pair> {
    const ends = await this.#ends(options, this.trace);
    if (ends.error !== undefined) throw ends.error;
    await this.until("the server to accept", ends.isAccepted);
    return { ...ends, client: this.own(ends.made.client as Channel), child: this.own(ends.made.child as Channel) };
  }

  /** The connection attempt may fail on purpose, by a handler that closes at once: its channel is given all the same. */
  async open(...handlers: ChannelHandler[]): Promise<OpenedChannel> {
    if (this.#side === "connecting") {
      const ends = await this.#ends({ clientHandlers: handlers }, []);
      const client = this.own(ends.made.client as Channel);
      await this.until("the server to accept", () => ends.isAccepted() || !client.isOpen);
      return { channel: client, receive: (bytes) => ends.made.child?.writeAndFlush(bytes) };
    }
    const ends = await this.#ends({ childHandlers: handlers }, []);
    await this.until("the server to accept", ends.isAccepted);
    const child = this.own(ends.made.child as Channel);
    return { channel: child, receive: (bytes) => ends.made.client?.writeAndFlush(bytes) };
  }

  /** Waits until whatever was under way has had time to arrive: two round trips of another connection. */
  async settle(): Promise<void> {
    this.#fence ??= await this.#openFence();
    const { client, echoed } = this.#fence;
    for (let i = 0; i < 2; i++) {
      const before = echoed();
      client.writeAndFlush(ByteBuf.from("?"));
      await this.until("an echo", () => echoed() > before);
      await pause();
    }
  }

  /** Writes until neither the peer, who does not read, nor anything between takes more. */
  async stuff(channel: Channel): Promise<Stuffed> {
    const writes: ChannelPromise[] = [];
    let bytes = 0;
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      while (channel.isWritable) {
        quiet = 0;
        // What becomes of it is for the case to see.
        writes.push(channel.writeAndFlush(ByteBuf.from(new Uint8Array(PIECE))).addListener(() => {}));
        bytes += PIECE;
        if (bytes > MOST_STUFFED) throw new Error(`${bytes} bytes that nobody reads did not hold up their sender`);
      }
      await this.settle();
    }
    return { writes, bytes };
  }

  /** What a recorder has seen arrive, joined. */
  textOf(recorder: RecorderHandler): string {
    return recorder.messages.map((message) => (message as ByteBuf).toString("latin1")).join("");
  }

  /** Counts the bytes that reach the tail of `channel` from here on. */
  countBytes(channel: Channel): () => number {
    let bytes = 0;
    channel.pipeline.addLast({
      channelRead: (_ctx, message: ByteBuf) => {
        bytes += message.readableBytes;
      },
    });
    return () => bytes;
  }

  async #ends(options: PairOptions, trace: string[]) {
    const { clientHandlers = [], childHandlers = [], clientOptions = [], childOptions = [], clock } = options;
    const clientSide = new RecorderHandler({ name: "client", trace });
    const childSide = new RecorderHandler({ name: "child", trace });
    const made: { client?: Channel; child?: Channel } = {};
    const bootstrap = this.bootstrap().handler((pipeline) => {
      made.client = pipeline.channel;
      addAll(pipeline, [clientSide, ...clientHandlers]);
    });
    const serverBootstrap = this.serverBootstrap().childHandler((pipeline) => {
      // Whoever else connects to this server gets a plain channel.
      if (made.child !== undefined) return;
      made.child = pipeline.channel;
      addAll(pipeline, [childSide, ...childHandlers]);
    });
    for (const [option, value] of clientOptions) bootstrap.option(option, value);
    for (const [option, value] of childOptions) serverBootstrap.childOption(option, value);
    if (clock !== undefined) {
      bootstrap.clock(clock);
      serverBootstrap.clock(clock);
    }
    const server = await this.bind(serverBootstrap);
    const error = await errorOf(bootstrap.connect(this.addressOf(server)));
    const isAccepted = () => trace.includes("child.active") || made.child?.isOpen === false;
    return { server, clientSide, childSide, made, isAccepted, error };
  }

  async #openFence(): Promise<Fence> {
    const server = await this.serve(() => ({ channelRead: (ctx, bytes) => ctx.writeAndFlush(bytes) }));
    const client = await this.connect(server);
    return { client, echoed: this.countBytes(client) };
  }
}

/** A connection that echoes, beside those of the case. */
interface Fence {
  readonly client: Channel;
  readonly echoed: () => number;
}

/** What a transport tells of its own is no part of what all of them tell. */
function leaveOut(trace: string[], event: string): void {
  Object.defineProperty(trace, "push", {
    value: (...steps: string[]) =>
      Array.prototype.push.apply(
        trace,
        steps.filter((step) => !step.endsWith(event)),
      ),
  });
}

function addAll(pipeline: ChannelPipeline, handlers: readonly ChannelHandler[]): void {
  for (const handler of handlers) pipeline.addLast(handler as never);
}

const PIECE = 64 * 1024;
/** Round trips without room for more, after which there will be none. */
const QUIET_TURNS = 3;
/** More than any system buffers. */
const MOST_STUFFED = 128 * 1024 * 1024;
