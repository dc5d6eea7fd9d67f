import { once } from "node:events";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type ByteBuf, SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelInboundHandler } from "@sluice/core";
import { describe, expect, expectTypeOf, it } from "vitest";
import { FrameStream, type FrameStreamOptions } from "./frame-stream.js";

/** Words end in a space. `!` is an error to go on after, `#` a fatal one, a word without an end FRAME_TRUNCATED. */
class Words extends ChannelInboundHandler<ByteBuf, string> {
  #word = "";

  override channelRead(ctx: ChannelHandlerContext<string>, chunk: ByteBuf): void {
    for (const letter of chunk.toString()) {
      if (letter === "!") ctx.fireExceptionCaught(new SluiceError("FRAME_TOO_LONG"));
      else if (letter === "#") {
        ctx.fireExceptionCaught(new SluiceError("FRAME_CORRUPTED"));
        this.#word = "";
        ctx.close();
        return;
      } else if (letter === " ") {
        ctx.fireChannelRead(this.#word);
        this.#word = "";
      } else this.#word += letter;
    }
  }

  override channelInactive(ctx: ChannelHandlerContext<string>): void {
    if (this.#word !== "") ctx.fireExceptionCaught(new SluiceError("FRAME_TRUNCATED"));
    ctx.fireChannelInactive();
  }
}

/** What a reader that takes its time gets, and the error that ended it. */
async function read(chunks: readonly string[], options?: FrameStreamOptions) {
  const stream = new FrameStream(new Words(), options);
  const words: string[] = [];
  let error: string | undefined;
  const source = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  const writing = pipeline(source, stream).catch(() => {});
  try {
    for await (const word of stream) {
      expectTypeOf(word).toBeString();
      words.push(word);
      await new Promise((resolve) => setImmediate(resolve));
    }
  } catch (thrown) {
    error = (thrown as SluiceError).code;
  }
  await writing;
  return { words, error };
}

/** Every way to cut `text` in two, and into single letters. */
function cutsOf(text: string): string[][] {
  return [...Array.from(text, (_, at) => [text.slice(0, at), text.slice(at)]), [...text]];
}

describe("FrameStream", () => {
  it("makes a stream of frames of a stream of chunks", async () => {
    for (const chunks of cutsOf("one two three ")) {
      expect(await read(chunks)).toEqual({ words: ["one", "two", "three"], error: undefined });
    }
  });

  it.each(["FRAME_TOO_LONG a b ! c ", "FRAME_CORRUPTED a b # c ", "FRAME_TRUNCATED a b c"])(
    "loses no frame in front of %s, however the stream is cut",
    async (example) => {
      const code = example.slice(0, example.indexOf(" "));
      for (const chunks of cutsOf(example.slice(code.length + 1))) {
        for (const readableHighWaterMark of [1, 16]) {
          expect(await read(chunks, { readableHighWaterMark })).toEqual({ words: ["a", "b"], error: code });
        }
      }
    },
  );

  it("loses none in a stream that flows, or is read by hand", async () => {
    const flowing = new FrameStream(new Words());
    const words: string[] = [];
    flowing.on("data", (word) => words.push(word));
    flowing.write("a b ! c ");
    await expect(once(flowing, "end")).rejects.toThrow();
    const byHand = new FrameStream(new Words());
    byHand.on("readable", () => {
      for (let word = byHand.read(); word !== null; word = byHand.read()) words.push(word);
    });
    byHand.write("a b ! c ");
    await expect(once(byHand, "end")).rejects.toThrow();
    expect(words).toEqual(["a", "b", "a", "b"]);
  });

  it("tells onError and goes on, up to a fatal error", async () => {
    const errors: string[] = [];
    const onError = (error: Error) => errors.push((error as SluiceError).code);
    expect(await read(["a !b ", "c"], { onError })).toEqual({ words: ["a", "b"], error: undefined });
    expect(await read(["a # b ", "c ", "d"], { onError })).toEqual({ words: ["a"], error: undefined });
    expect(errors).toEqual(["FRAME_TOO_LONG", "FRAME_TRUNCATED", "FRAME_CORRUPTED"]);
  });

  it("decodes no chunk while frames wait to be read", async () => {
    const stream = new FrameStream(new Words(), { readableHighWaterMark: 2 });
    let taken = 0;
    for (let i = 0; i < 5; i++) stream.write("a b ", () => taken++);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.readableLength).toBe(2);
    expect(taken).toBe(0);
    stream.read();
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toBe(1);
  });

  it("takes a row of handlers and ends in a pipeline", async () => {
    const shout = { channelRead: (ctx: ChannelHandlerContext, word: string) => ctx.fireChannelRead(`${word}!`) };
    const words: string[] = [];
    await pipeline(
      Readable.from([Buffer.from("one tw"), Buffer.from("o ")]),
      new FrameStream<string>([new Words(), shout]),
      new Writable({
        objectMode: true,
        write(word, _encoding, callback) {
          words.push(word);
          setImmediate(callback);
        },
      }),
    );
    expect(words).toEqual(["one!", "two!"]);
  });
});
