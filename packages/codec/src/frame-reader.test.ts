import type { ByteBuf } from "@sluice/buffer";
import { FrameReader, type FrameReaderDecoder } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, cutAt, describe as describeError } from "../test/decoder-trace.js";
import { CloseDelimitedFrameDecoder } from "./close-delimited-frame-decoder.js";
import { JsonObjectDecoder } from "./json-object-decoder.js";
import { LineBasedFrameDecoder } from "./line-based-frame-decoder.js";
import { ProtobufVarint32FrameDecoder } from "./protobuf-varint32-frame-decoder.js";

/** Frames and errors in order, each frame taken as soon as it can be. */
function read(decoder: FrameReaderDecoder<ByteBuf>, chunks: readonly Uint8Array[]): string[] {
  const trace: string[] = [];
  const reader = new FrameReader(decoder, { onError: (error) => trace.push(describeError(error)) });
  for (const chunk of chunks) for (const frame of reader.push(chunk)) trace.push(frame.toString());
  for (const frame of reader.end()) trace.push(frame.toString());
  return trace;
}

describe("FrameReader with the frame decoders", () => {
  it("keeps frames and errors in the order of the stream", () => {
    expect(read(new LineBasedFrameDecoder({ maxLength: 3 }), [bytesOf("one\nlong one\ntwo\nth")])).toEqual([
      "one",
      expect.stringContaining("FRAME_TOO_LONG offset=4"),
      "two",
      expect.stringContaining("FRAME_TRUNCATED offset=17"),
    ]);
  });

  it("ends as a peer ends its stream", () => {
    expect(read(new CloseDelimitedFrameDecoder(), [bytesOf("all "), bytesOf("of it")])).toEqual(["all of it"]);
  });

  it("stops at a fatal error", () => {
    expect(read(new JsonObjectDecoder(), [bytesOf("{}x{}"), bytesOf("{}")])).toEqual([
      "{}",
      "FRAME_CORRUPTED offset=2 hex=78",
    ]);
  });

  it("gives the same frames and errors however the stream is cut", () => {
    const decoders: (() => FrameReaderDecoder<ByteBuf>)[] = [
      () => new LineBasedFrameDecoder({ maxLength: 3 }),
      () => new JsonObjectDecoder({ maxObjectLength: 4 }),
      () => new ProtobufVarint32FrameDecoder({ maxFrameLength: 10 }),
      () => new CloseDelimitedFrameDecoder({ maxFrameLength: 20 }),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...decoders),
        fc.array(fc.constantFrom(0x0a, 0x01, 0x7b, 0x7d, 0x5b, 0x5d), { maxLength: 30 }),
        fc.array(fc.nat(30), { maxLength: 6 }),
        (decoder, letters, cuts) => {
          const bytes = Uint8Array.from(letters);
          expect(read(decoder(), cutAt(bytes, cuts))).toEqual(read(decoder(), [bytes]));
        },
      ),
    );
  });
});
