/** The three ways of framing that the interoperability test speaks with Netty, as pipelines their users would write. */

import {
  ByteBuf,
  type ChannelHandlerContext,
  ChannelOutboundHandler,
  type ChannelPipeline,
  type Completion,
  DelimiterBasedFrameDecoder,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  LineBasedFrameDecoder,
  LineEncoder,
  StringDecoder,
} from "sluice";
import type { ChunkTally } from "./chunk-tally.js";
import { ByteFrameScript, type Frame, type FrameScript, TextFrameScript } from "./frame-script.js";

export interface Framing<T extends Frame> {
  /** As NettyPeer knows it. */
  readonly name: string;
  addTo(pipeline: ChannelPipeline<ByteBuf, ByteBuf>, tally: ChunkTally): ChannelPipeline<T, T>;
  script(seed: number, connection: number): FrameScript<T>;
}

export const lengthField: Framing<ByteBuf> = {
  name: "length-field",
  addTo: (pipeline, tally) =>
    tally
      .watch(pipeline, new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }))
      .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 })),
  script: (seed, connection) => new ByteFrameScript(seed, connection),
};

export const line: Framing<string> = {
  name: "line",
  addTo: (pipeline, tally) =>
    tally.watch(pipeline, new LineBasedFrameDecoder()).addLast(new StringDecoder()).addLast(new LineEncoder()),
  script: (seed, connection) => new TextFrameScript(seed, connection),
};

const DELIMITER = Uint8Array.of(0x1e, 0x0a);

/** There is a decoder for delimiters and, as in Netty, no encoder. */
class DelimiterEncoder extends ChannelOutboundHandler<ByteBuf, ByteBuf> {
  override write(ctx: ChannelHandlerContext<ByteBuf, ByteBuf>, frame: ByteBuf, completion?: Completion): void {
    ctx.write(frame);
    ctx.write(ByteBuf.from(DELIMITER), completion);
  }
}

export const delimiter: Framing<ByteBuf> = {
  name: "delimiter",
  addTo: (pipeline, tally) =>
    tally.watch(pipeline, new DelimiterBasedFrameDecoder({ delimiters: [DELIMITER] })).addLast(new DelimiterEncoder()),
  script: (seed, connection) => new ByteFrameScript(seed, connection, DELIMITER),
};
