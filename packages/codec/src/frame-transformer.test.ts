import { type ReadableStream, TransformStream, WritableStream } from "node:stream/web";
import type { ByteBuf, SluiceError } from "@sluice/buffer";
import type { FrameReaderDecoder } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { bytesOf, cutAt, describe as describeError } from "../test/decoder-trace.js";
import { FrameTransformer } from "./frame-transformer.js";
import { LengthFieldBasedFrameDecoder } from "./length-field-based-frame-decoder.js";
import { LineBasedFrameDecoder } from "./line-based-frame-decoder.js";
import { StringDecoder } from "./string-decoder.js";

/** The frames a slow reader gets, and the errors that were told. */
async function transformed(decoder: FrameReaderDecoder<ByteBuf>, chunks: readonly Uint8Array[]) {
  const errors: string[] = [];
  const transformer = new FrameTransformer(decoder, { onError: (error) => errors.push(describeError(error)) });
  const stream = new TransformStream<Uint8Array, ByteBuf>(transformer);
  const writing = write(stream.writable, chunks).catch(() => {});
  const frames: string[] = [];
  for await (const frame of stream.readable as ReadableStream<ByteBuf>) {
    frames.push(frame.toString());
    await Promise.resolve();
  }
  await writing;
  return { frames, errors };
}

async function write(writable: WritableStream<Uint8Array>, chunks: readonly Uint8Array[]): Promise<void> {
  const writer = writable.getWriter();
  for (const chunk of chunks) await writer.write(chunk);
  await writer.close();
}

describe("FrameTransformer", () => {
  it("makes a stream of frames of a stream of chunks", async () => {
    const chunks = ["one\ntw", "o\nthr", "", "ee\n"].map(bytesOf);
    expect(await transformed(new LineBasedFrameDecoder(), chunks)).toEqual({
      frames: ["one", "two", "three"],
      errors: [],
    });
  });

  it("loses no frame that comes before an error, nor one behind it", async () => {
    const chunks = ["one\nlong one\ntwo\nthr"].map(bytesOf);
    expect(await transformed(new LineBasedFrameDecoder({ maxLength: 3 }), chunks)).toEqual({
      frames: ["one", "two"],
      errors: [
        expect.stringContaining("FRAME_TOO_LONG offset=4"),
        expect.stringContaining("FRAME_TRUNCATED offset=17 length=3"),
      ],
    });
  });

  it("ends after a fatal error, behind the frames before it", async () => {
    const stream = new TransformStream<Uint8Array, ByteBuf>(
      new FrameTransformer(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 1, lengthAdjustment: -1 }), {
        onError: (error) => expect((error as SluiceError).code).toBe("FRAME_CORRUPTED"),
      }),
    );
    const writer = stream.writable.getWriter();
    const writing = writer.write(Uint8Array.of(2, 7, 1, 0, 9)).catch(() => {});
    const frames: string[] = [];
    for await (const frame of stream.readable as ReadableStream<ByteBuf>) frames.push(frame.hexDump());
    expect(frames).toEqual(["0207", "01"]);
    await writing;
    await expect(writer.write(Uint8Array.of(1))).rejects.toThrow();
  });

  it("waits until frames have been read", async () => {
    const stream = new TransformStream<Uint8Array, ByteBuf>(
      new FrameTransformer(new LineBasedFrameDecoder(), { onError: () => {} }),
    );
    const writer = stream.writable.getWriter();
    const writing = writer.write(bytesOf("a\nb\n"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(writer.desiredSize).toBe(0);
    const reader = stream.readable.getReader();
    expect(String((await reader.read()).value)).toBe("a");
    await writing;
    expect(String((await reader.read()).value)).toBe("b");
  });

  it("takes a row of handlers", async () => {
    const transformer = new FrameTransformer<string>([new LineBasedFrameDecoder(), new StringDecoder()], {
      onError: () => {},
    });
    const stream = new TransformStream<Uint8Array, string>(transformer);
    const lines: string[] = [];
    const reading = stream.readable.pipeTo(new WritableStream({ write: (line) => void lines.push(line) }));
    await write(stream.writable, [bytesOf("one\ntwo\n")]);
    await reading;
    expect(lines).toEqual(["one", "two"]);
    expectTypeOf(transformer).toEqualTypeOf<FrameTransformer<string>>();
  });

  it("gives the same frames and errors however the stream is cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(0x61, 0x0a), { maxLength: 30 }).map((all) => Uint8Array.from(all)),
        fc.array(fc.nat(30), { maxLength: 6 }),
        async (bytes, cuts) => {
          const decoder = () => new LineBasedFrameDecoder({ maxLength: 3 });
          expect(await transformed(decoder(), cutAt(bytes, cuts))).toEqual(await transformed(decoder(), [bytes]));
        },
      ),
    );
  });
});
