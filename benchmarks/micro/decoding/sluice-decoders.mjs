// Sluice's decoders, each in a pipeline as a transport would drive it.
import { EmbeddedChannel } from "@sluice/core/embedded";
import {
  ByteBuf,
  DelimiterBasedFrameDecoder,
  LengthFieldBasedFrameDecoder,
  LineBasedFrameDecoder,
  ProtobufVarint32FrameDecoder,
  StringDecoder,
} from "sluice";

const MAX_LENGTH = 8 * 1024 * 1024;
const SLAB_BYTES = 64 * 1024;

const HANDLERS = {
  LengthFieldBasedFrameDecoder: () => [
    new LengthFieldBasedFrameDecoder({ maxFrameLength: MAX_LENGTH, lengthFieldLength: 4, initialBytesToStrip: 4 }),
  ],
  ProtobufVarint32FrameDecoder: () => [new ProtobufVarint32FrameDecoder()],
  LineBasedFrameDecoder: () => [new LineBasedFrameDecoder()],
  "LineBasedFrameDecoder + StringDecoder": () => [new LineBasedFrameDecoder(), new StringDecoder()],
  DelimiterBasedFrameDecoder: ({ delimiters }) => [
    new DelimiterBasedFrameDecoder({ delimiters: delimiters.map((hex) => Buffer.from(hex, "hex")) }),
  ],
};

/** Returns what decodes `bytes` once, in chunks, and tells how many frames and bytes of content came of it. */
export function sluiceDecoder(name, one, bytes, chunk) {
  const counter = name.includes("StringDecoder") ? new StringCounter() : new FrameCounter();
  const { pipeline } = new EmbeddedChannel(...HANDLERS[name](one), counter);
  const slabs = inSlabs(bytes, chunk);
  return () => {
    counter.frames = counter.content = 0;
    for (const slab of slabs) {
      for (let at = 0; at < slab.length; at += chunk) {
        pipeline.fireChannelRead(ByteBuf.received(slab, at, Math.min(chunk, slab.length - at)));
        pipeline.fireChannelReadComplete();
      }
    }
    return counter;
  };
}

/** As many chunks in one piece of memory as the transport would have put there. */
function inSlabs(bytes, chunk) {
  const used = SLAB_BYTES - (SLAB_BYTES % chunk);
  const slabs = [];
  for (let at = 0; at < bytes.length; at += used) {
    const slab = Buffer.allocUnsafeSlow(Math.min(used, bytes.length - at));
    bytes.copy(slab, 0, at);
    slabs.push(slab);
  }
  return slabs;
}

class FrameCounter {
  frames = 0;
  content = 0;

  channelRead(_ctx, frame) {
    this.frames++;
    this.content += frame.readableBytes;
  }
}

class StringCounter {
  frames = 0;
  content = 0;

  channelRead(_ctx, text) {
    this.frames++;
    this.content += text.length;
  }
}
