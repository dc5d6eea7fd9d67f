/** A server that gives every text back to whoever sent it, and tells a witness what happened on the way. */
import {
  type ByteBuf,
  type Channel,
  type ChannelHandlerContext,
  IdleStateEvent,
  IdleStateHandler,
  PassThroughHandler,
  type PlainHandler,
  ServerBootstrap,
  type ServerChannel,
  SluiceError,
  tcp,
} from "sluice";
import type { Framing } from "./framings.js";

/** Sees one connection as the server sees it. */
export interface Witness {
  /** Bytes arrived in one read; `deliver` passes them on, so what is told during it came out of them. */
  segment(bytes: ByteBuf, deliver: () => void): void;
  message(text: string): void;
  error(error: Error): void;
  silent(ms: number): void;
  closed(): void;
}

export interface TextServerOptions {
  readonly framing: Framing;
  readonly host: string;
  readonly port: number;
  /** Milliseconds after which a silent client is told good-bye. @default 0, for ever */
  readonly readerIdleMs?: number;
  /** Makes the witness of a connection that has just been accepted. */
  readonly witness: (channel: Channel) => Witness;
}

/** @throws ADDRESS_IN_USE and the other errors of `bind` */
export function startTextServer(options: TextServerOptions): Promise<ServerChannel<string, string>> {
  const { framing, host, port, readerIdleMs = 0 } = options;
  return new ServerBootstrap()
    .transport(tcp())
    .childHandler((pipeline) => {
      const witness = options.witness(pipeline.channel);
      return framing
        .build(pipeline.addLast(new SegmentWatch(witness)).addLast(new IdleStateHandler({ readerIdleMs })))
        .addLast(echo(witness, readerIdleMs));
    })
    .bind({ host, port });
}

/** Stands nearest the network. A pipeline is synchronous: when `fireChannelRead` returns, all handlers have run. */
class SegmentWatch extends PassThroughHandler {
  readonly #witness: Witness;

  constructor(witness: Witness) {
    super();
    this.#witness = witness;
  }

  override channelRead(ctx: ChannelHandlerContext, bytes: ByteBuf): void {
    this.#witness.segment(bytes, () => ctx.fireChannelRead(bytes));
  }
}

/** The application: it sees texts only, and neither knows nor cares how they are framed. */
function echo(witness: Witness, readerIdleMs: number): PlainHandler<string, string> {
  return {
    channelRead(ctx, text) {
      witness.message(text);
      ctx.writeAndFlush(text);
    },
    userEventTriggered(ctx, event) {
      if (!(event instanceof IdleStateEvent)) return ctx.fireUserEventTriggered(event);
      witness.silent(readerIdleMs);
      ctx.writeAndFlush("good-bye");
      ctx.close();
    },
    exceptionCaught(ctx, error) {
      witness.error(error);
      if (!ctx.channel.isActive) return;
      if (error instanceof SluiceError && error.recoverable) ctx.writeAndFlush(`error ${error.code}`);
      else ctx.close();
    },
    channelInactive: () => witness.closed(),
  };
}
