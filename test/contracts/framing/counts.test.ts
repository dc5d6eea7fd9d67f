/** How often bytes are looked at and copied, by the decoders' own counters and never by clocks. */

import { EmbeddedChannel } from "@sluice/core/embedded";
import {
  ByteBuf,
  type ByteToMessageDecoder,
  DelimiterBasedFrameDecoder,
  FixedLengthFrameDecoder,
  LengthFieldBasedFrameDecoder,
  LineBasedFrameDecoder,
  ProtobufVarint32FrameDecoder,
} from "sluice";
import { describe, expect, it } from "vitest";
import { joined, utf8 } from "./decoder-row.js";

const MIB = 2 ** 20;
/** What a full Ethernet frame carries of a TCP stream. */
const SEGMENT = 1460;

/** @returns the lengths of the frames */
function run(decoder: ByteToMessageDecoder<ByteBuf>, bytes: Uint8Array, chunkSize: number): number[] {
  const lengths: number[] = [];
  const channel = new EmbeddedChannel(decoder, {
    channelRead: (_ctx, frame: ByteBuf) => lengths.push(frame.readableBytes),
  });
  for (let at = 0; at < bytes.length; at += chunkSize) {
    channel.pipeline.fireChannelRead(ByteBuf.wrap(bytes, at, Math.min(chunkSize, bytes.length - at)));
  }
  channel.checkException();
  return lengths;
}

describe("a frame of 16 MiB in segments", () => {
  const body = 16 * MIB;

  it("behind a length field is copied once and not looked at", () => {
    const bytes = new Uint8Array(4 + body);
    new DataView(bytes.buffer).setUint32(0, body);
    const decoder = new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, maxFrameLength: bytes.length });
    expect(run(decoder, bytes, SEGMENT)).toEqual([bytes.length]);
    expect(decoder.bytesCopied).toBeLessThanOrEqual(bytes.length);
    expect(decoder.bytesScanned).toBe(0);
  });

  it("behind a torn length field is copied once, and the field twice", () => {
    const bytes = new Uint8Array(4 + body);
    new DataView(bytes.buffer).setUint32(0, body);
    const decoder = new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, maxFrameLength: bytes.length });
    const channel = new EmbeddedChannel(decoder);
    channel.writeInbound(ByteBuf.wrap(bytes, 0, 3));
    for (let at = 3; at < bytes.length; at += SEGMENT) {
      channel.writeInbound(ByteBuf.wrap(bytes, at, Math.min(SEGMENT, bytes.length - at)));
    }
    expect(channel.readInbound<ByteBuf>()?.readableBytes).toBe(bytes.length);
    // A bite of the unknown, and then what is known to be missing.
    expect(decoder.bytesCopied).toBeLessThan(bytes.length + 128);
    expect(decoder.bytesScanned).toBe(0);
  });

  it("behind a varint, or of a fixed length, is copied once and not looked at", () => {
    const varint = new ProtobufVarint32FrameDecoder({ maxFrameLength: body });
    expect(run(varint, joined([Uint8Array.of(0x80, 0x80, 0x80, 0x08), new Uint8Array(body)]), SEGMENT)).toEqual([body]);
    const fixed = new FixedLengthFrameDecoder({ frameLength: body });
    expect(run(fixed, new Uint8Array(body), SEGMENT)).toEqual([body]);
    for (const decoder of [varint, fixed]) {
      expect(decoder.bytesCopied).toBeLessThanOrEqual(body + 4);
      expect(decoder.bytesScanned).toBe(0);
    }
  });
});

describe("frames of a length field in segments", () => {
  it("that fit are not copied, and of those that are torn each byte once", () => {
    const frame = joined([Uint8Array.of(0, 100), new Uint8Array(100)]);
    const bytes = joined(Array.from({ length: 10_000 }, () => frame));
    const decoder = new LengthFieldBasedFrameDecoder({ lengthFieldLength: 2 });
    expect(run(decoder, bytes, SEGMENT)).toHaveLength(10_000);
    const boundaries = Math.floor(bytes.length / SEGMENT);
    expect(decoder.bytesCopied).toBeLessThanOrEqual(boundaries * frame.length);
    const whole = new LengthFieldBasedFrameDecoder({ lengthFieldLength: 2 });
    run(whole, bytes, bytes.length);
    expect(whole.bytesCopied).toBe(0);
  });
});

describe("a line of 1 MiB", () => {
  const bytes = new Uint8Array(MIB + 2).fill(0x61);
  bytes.set(utf8("\r\n"), MIB);

  it.each([1, SEGMENT, MIB + 2])("in chunks of %i is looked at once", (chunkSize) => {
    const decoder = new LineBasedFrameDecoder({ maxLength: MIB });
    expect(run(decoder, bytes, chunkSize)).toEqual([MIB]);
    expect(decoder.bytesScanned).toBe(bytes.length);
    // It grows by doubling: less than twice when it moves, and once when it comes.
    expect(decoder.bytesCopied).toBeLessThan(3 * bytes.length);
  });

  it("of nothing but carriage returns is looked at once as well", () => {
    const decoder = new LineBasedFrameDecoder({ maxLength: MIB });
    expect(run(decoder, new Uint8Array(MIB).fill(0x0d), 1)).toEqual([]);
    expect(decoder.bytesScanned).toBe(MIB);
  });

  it("that is too long is looked at once, and not kept", () => {
    const decoder = new LineBasedFrameDecoder({ maxLength: 100, failFast: true });
    expect(() => run(decoder, bytes, 1)).toThrow("100 bytes");
    expect(decoder.bytesScanned).toBe(bytes.length);
    expect(decoder.bytesCopied).toBeLessThan(1.01 * bytes.length);
  });
});

describe("64 delimiters", () => {
  /** Of three bytes each, one after another: content of their first bytes makes every search begin again and again. */
  const delimiters = Array.from({ length: 64 }, (_, i) => Uint8Array.of(0x80, 0x81, i));
  const content = new Uint8Array(1000).fill(0x80);
  const bytes = joined(Array.from({ length: 500 }, (_, i) => joined([content, delimiters[i % 64] as Uint8Array])));

  it.each([1, 7, SEGMENT, bytes.length])("in chunks of %i cost as much as one does: a single look", (chunkSize) => {
    const decoder = new DelimiterBasedFrameDecoder({ delimiters });
    expect(run(decoder, bytes, chunkSize)).toHaveLength(500);
    expect(decoder.bytesScanned).toBe(bytes.length);
  });
});
