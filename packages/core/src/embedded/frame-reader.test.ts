import { ByteBuf, SluiceError } from "@sluice/buffer";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { ChannelHandlerContext } from "../channel-handler-context.js";
import { ChannelInboundHandler } from "../channel-inbound-handler.js";
import { FrameReader } from "./frame-reader.js";

/** Letters are frames; `!` is an error to go on after, `#` one that ends the stream, `w` is written, `(` waits for `)`. */
class Letters extends ChannelInboundHandler<ByteBuf, string> {
  #open = false;

  override channelRead(ctx: ChannelHandlerContext<string>, chunk: ByteBuf): void {
    for (const letter of chunk.toString()) {
      if (letter === "(" || letter === ")") this.#open = letter === "(";
      else if (letter === "!") ctx.fireExceptionCaught(new SluiceError("FRAME_TOO_LONG"));
      else if (letter === "w") ctx.write("out");
      else if (letter === "#") {
        ctx.fireExceptionCaught(new SluiceError("FRAME_CORRUPTED"));
        ctx.close();
        return;
      } else ctx.fireChannelRead(letter);
    }
  }

  override channelInactive(ctx: ChannelHandlerContext<string>): void {
    const end = ctx.channel.engine.isInputShutdown ? "orderly" : "closed";
    if (this.#open) ctx.fireExceptionCaught(new SluiceError("FRAME_TRUNCATED", end));
    ctx.fireChannelInactive();
  }
}

const bytes = (text: string) => ByteBuf.from(text).toUint8Array();

describe("FrameReader", () => {
  it("gives back the frames of each chunk", () => {
    const reader = new FrameReader(new Letters());
    expect([...reader.push(bytes("ab"))]).toEqual(["a", "b"]);
    expect([...reader.push(bytes(""))]).toEqual([]);
    expect([...reader.push(bytes("c")).push(bytes("d"))]).toEqual(["c", "d"]);
    expect([...reader.end()]).toEqual([]);
    expectTypeOf(reader).toEqualTypeOf<FrameReader<string>>();
  });

  it("takes a row of handlers", () => {
    const twice = { channelRead: (ctx: ChannelHandlerContext, letter: string) => ctx.fireChannelRead(letter + letter) };
    expect([...new FrameReader<string>([new Letters(), twice]).push(bytes("ab"))]).toEqual(["aa", "bb"]);
  });

  it("throws an error in its place and goes on behind it", () => {
    const reader = new FrameReader(new Letters());
    const seen: string[] = [];
    const loop = (frames: Iterable<string>) => {
      for (const letter of frames) seen.push(letter);
    };
    expect(() => loop(reader.push(bytes("a!b!!c")))).toThrow(expect.objectContaining({ code: "FRAME_TOO_LONG" }));
    expect(seen).toEqual(["a"]);
    expect(() => loop(reader)).toThrow();
    expect(() => loop(reader.push(bytes("d")))).toThrow();
    loop(reader);
    expect(seen).toEqual(["a", "b", "c", "d"]);
  });

  it("tells onError in its place instead", () => {
    const seen: unknown[] = [];
    const reader = new FrameReader(new Letters(), { onError: (error) => seen.push((error as SluiceError).code) });
    for (const letter of reader.push(bytes("a!b(")).end()) seen.push(letter);
    expect(seen).toEqual(["a", "FRAME_TOO_LONG", "b", "FRAME_TRUNCATED"]);
  });

  it("keeps what a loop that was left early did not take", () => {
    const reader = new FrameReader(new Letters());
    for (const letter of reader.push(bytes("abc"))) if (letter === "a") break;
    expect([...reader]).toEqual(["b", "c"]);
  });

  it("takes chunks pushed from inside the loop", () => {
    const reader = new FrameReader(new Letters());
    const seen: string[] = [];
    for (const letter of reader.push(bytes("ab"))) {
      seen.push(letter);
      if (letter === "a") reader.push(bytes("c"));
    }
    expect(seen).toEqual(["a", "b", "c"]);
  });

  it("ends as a peer ends its stream", () => {
    const reader = new FrameReader(new Letters());
    reader.push(bytes("(")).end();
    expect(() => reader.next()).toThrow("orderly");
    expect(reader.isOpen).toBe(false);
    expect(() => reader.push(bytes("a"))).toThrow(expect.objectContaining({ code: "CHANNEL_CLOSED" }));
    expect([...reader.end()]).toEqual([]);
  });

  it("drops and counts what follows a fatal error", () => {
    const errors: string[] = [];
    const reader = new FrameReader(new Letters(), { onError: (error) => errors.push((error as SluiceError).code) });
    expect([...reader.push(bytes("a#b"))]).toEqual(["a"]);
    expect(reader.isOpen).toBe(false);
    expect([...reader.push(bytes("cd"))]).toEqual([]);
    expect([...reader.end()]).toEqual([]);
    expect([reader.droppedBytes, errors]).toEqual([2, ["FRAME_CORRUPTED"]]);
  });

  it("has nowhere to write to", () => {
    const reader = new FrameReader(new Letters());
    expect(() => [...reader.push(bytes("w"))]).toThrow(expect.objectContaining({ code: "UNSUPPORTED_MESSAGE" }));
  });
});
