/**
 * What a decoder that waits for the rest of a frame costs, as the host accounts for it: its limit and one chunk at most.
 *
 * Counted are the array buffers that are still there after a collection, so it is not what the decoder says of itself. A
 * limit is 64 KiB, which is more than buffers share memory for.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { EmbeddedChannel } from "@sluice/core/embedded";
import {
  ByteBuf,
  ByteToMessageDecoder,
  type ChannelHandler,
  CloseDelimitedFrameDecoder,
  CobsFrameDecoder,
  DelimiterBasedFrameDecoder,
  FixedLengthFrameDecoder,
  JsonObjectDecoder,
  LengthFieldBasedFrameDecoder,
  LineBasedFrameDecoder,
  ProtobufVarint32FrameDecoder,
  SlipFrameDecoder,
} from "sluice";
import { describe, expect, it } from "vitest";

const LIMIT = 64 * 1024;
const CHUNK = 4096;
/** So many that what else the process allocates does not matter. */
const DECODERS = 32;

/** Never finds anything. */
class Waiting extends ByteToMessageDecoder<never> {
  protected override decode(): void {}
}

/** A decoder, and the beginning of a frame that is as long as the limit, of which the last byte is to come. */
const waiting: Readonly<Record<string, readonly [() => ChannelHandler, string]>> = {
  line: [() => new LineBasedFrameDecoder({ maxLength: LIMIT }), ""],
  delimiters: [() => new DelimiterBasedFrameDecoder({ maxFrameLength: LIMIT, delimiters: ["$$", "$"] }), ""],
  "fixed length": [() => new FixedLengthFrameDecoder({ frameLength: LIMIT }), ""],
  "length field": [() => new LengthFieldBasedFrameDecoder({ maxFrameLength: LIMIT, lengthFieldLength: 4 }), "0000fffc"],
  varint: [() => new ProtobufVarint32FrameDecoder({ maxFrameLength: LIMIT }), "808004"],
  json: [() => new JsonObjectDecoder({ maxObjectLength: LIMIT }), "5b22"],
  cobs: [() => new CobsFrameDecoder({ maxFrameLength: LIMIT }), ""],
  slip: [() => new SlipFrameDecoder({ maxFrameLength: LIMIT / 2 }), ""],
  "close-delimited": [() => new CloseDelimitedFrameDecoder({ maxFrameLength: LIMIT }), ""],
  "one's own": [() => new Waiting({ maxAccumulatedBytes: LIMIT }), ""],
};

describe.each(Object.entries(waiting))("%s", (_name, [decoder, begin]) => {
  it.each([CHUNK, 1460])("holds no more than its limit and a chunk, in chunks of %i", async (chunkSize) => {
    const held: EmbeddedChannel[] = [];
    const before = await arrayBuffers();
    feed(held, decoder, frameOf(begin), chunkSize);
    const each = ((await arrayBuffers()) - before) / held.length;
    expect(each).toBeGreaterThan(LIMIT / 2);
    expect(each).toBeLessThanOrEqual(LIMIT + chunkSize);
  });

  it("holds next to nothing behind a frame that is too long", async () => {
    const held: EmbeddedChannel[] = [];
    const before = await arrayBuffers();
    feed(held, decoder, new Uint8Array(4 * LIMIT).fill(0xff), CHUNK);
    const each = ((await arrayBuffers()) - before) / held.length;
    expect(each).toBeLessThan(LIMIT / 8);
  });
});

it("a decoder that has failed holds no chunk, be its channel open or not", async () => {
  const held: EmbeddedChannel[] = [];
  const strict = () => new LineBasedFrameDecoder({ strict: true, closeOnFatalError: false });
  const before = await arrayBuffers();
  feed(held, strict, ByteBuf.from("fine\r\nnot\nfine\r\n".padEnd(LIMIT)).toUint8Array(), LIMIT);
  expect(held.every(({ isOpen }) => isOpen)).toBe(true);
  expect(((await arrayBuffers()) - before) / held.length).toBeLessThan(LIMIT / 8);
});

function frameOf(begin: string): Uint8Array {
  const bytes = new Uint8Array(LIMIT - 1).fill(0x61);
  bytes.set(ByteBuf.fromHex(begin).toUint8Array());
  return bytes;
}

/** In a function of its own, so that nothing but `held` keeps anything. */
function feed(held: EmbeddedChannel[], decoder: () => ChannelHandler, bytes: Uint8Array, chunkSize: number): void {
  for (let i = 0; i < DECODERS; i++) {
    const channel = new EmbeddedChannel(decoder(), { channelRead: () => {}, exceptionCaught: () => {} });
    held.push(channel);
    for (let at = 0; at < bytes.length; at += chunkSize) {
      channel.pipeline.fireChannelRead(ByteBuf.from(bytes.slice(at, at + chunkSize)));
      channel.pipeline.fireChannelReadComplete();
    }
  }
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes of all array buffers, when those that are free have been given back. */
async function arrayBuffers(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().arrayBuffers;
}
