/** A server that echoes over TLS, what it saw, and clients for it; all of it ends with the scene. */

import { once } from "node:events";
import net from "node:net";
import {
  Bootstrap,
  ByteBuf,
  type Channel,
  type ChannelHandlerContext,
  type ChannelPipeline,
  type Clock,
  type InetAddress,
  ServerBootstrap,
  type ServerChannel,
  SluiceError,
  TlsHandshakeEvent,
  type TlsTransportOptions,
  tls,
} from "sluice";

export type Pipeline = ChannelPipeline<ByteBuf, ByteBuf>;

export interface ServeOptions {
  readonly clock?: Clock;
  /** What stands where the echo stood. */
  readonly handler?: (pipeline: Pipeline) => void;
  readonly configure?: (bootstrap: ServerBootstrap) => void;
}

export class TlsScene implements AsyncDisposable {
  readonly server: ServerChannel;
  /** Codes of the errors of accepted channels, each once for `exceptionCaught`. */
  readonly errors: string[] = [];
  /** Handshakes of accepted channels. */
  readonly handshakes: TlsHandshakeEvent[] = [];
  readonly children: Channel[] = [];
  readonly #open: { close(): unknown }[] = [];

  private constructor(server: ServerChannel) {
    this.server = server;
  }

  static async serve(options: TlsTransportOptions, more: ServeOptions = {}): Promise<TlsScene> {
    let scene: TlsScene | undefined;
    const bootstrap = new ServerBootstrap().transport(tls(options));
    if (more.clock !== undefined) bootstrap.clock(more.clock);
    more.configure?.(bootstrap);
    const server = await bootstrap
      .childHandler((pipeline) => {
        scene?.children.push(pipeline.channel);
        pipeline.addLast({
          userEventTriggered(ctx, event) {
            if (event instanceof TlsHandshakeEvent) scene?.handshakes.push(event);
            ctx.fireUserEventTriggered(event);
          },
        });
        (more.handler ?? echo)(pipeline);
        pipeline.addLast({
          exceptionCaught: (_ctx, error) => void scene?.errors.push(codeOf(error)),
        });
      })
      .bind({ host: "127.0.0.1", port: 0 });
    scene = new TlsScene(server);
    return scene;
  }

  get port(): number {
    return (this.server.localAddress as InetAddress).port;
  }

  async connect(
    options: TlsTransportOptions,
    init: (pipeline: Pipeline) => void = () => {},
    configure: (bootstrap: Bootstrap) => void = () => {},
    port = this.port,
  ): Promise<Channel<ByteBuf, ByteBuf>> {
    const bootstrap = new Bootstrap().transport(tls(options)).handler(init);
    configure(bootstrap);
    const channel = await bootstrap.connect({ host: "localhost", port });
    this.#open.push({ close: () => channel.closeForcibly() });
    return channel;
  }

  /** A TCP connection that has to do the rest by itself. */
  async raw(): Promise<net.Socket> {
    const socket = net.connect({ port: this.port, host: "127.0.0.1" });
    socket.on("error", () => {});
    this.#open.push({ close: () => socket.destroy() });
    await once(socket, "connect");
    return socket;
  }

  /** What a good client gets back for `text`, once. */
  async echoes(options: TlsTransportOptions, text = "hello"): Promise<string> {
    const channel = await this.connect(options);
    const echoed = await ask(channel, text);
    await channel.close();
    return echoed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#open.splice(0)) await one.close();
    await this.server.shutdown({ timeoutMs: 1_000 });
  }
}

function echo(pipeline: Pipeline): void {
  pipeline.addLast({
    channelRead(ctx: ChannelHandlerContext<ByteBuf, ByteBuf>, bytes: ByteBuf) {
      ctx.writeAndFlush(bytes);
    },
  });
}

/** Sends `text` and reads as many bytes. */
export async function ask(channel: Channel<ByteBuf, ByteBuf>, text: string): Promise<string> {
  await channel.send(ByteBuf.from(text));
  let answer = "";
  for await (const bytes of channel.messages()) {
    answer += bytes.toString("latin1");
    if (answer.length >= text.length) break;
  }
  return answer;
}

export function codeOf(error: unknown): string {
  return error instanceof SluiceError ? error.code : String(error);
}

/** The code `promise` rejects with. */
export function failure(promise: PromiseLike<unknown>): Promise<string> {
  return Promise.resolve(promise).then(() => "no failure", codeOf);
}

/** Waits until the peer has let go of `socket`, in whichever way. */
export function gone(socket: net.Socket): Promise<void> {
  if (socket.closed) return Promise.resolve();
  socket.resume();
  return new Promise((resolve) => void socket.once("close", () => resolve()));
}

export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
