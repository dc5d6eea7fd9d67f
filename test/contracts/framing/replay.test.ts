/** The fuzzer itself: it has to notice what it looks for, and to make it small. */

import fc from "fast-check";
import { ByteBuf, type ChannelHandler, type ChannelHandlerContext, SluiceError } from "sluice";
import { describe, expect, it } from "vitest";
import { type DecoderRow, decoderRow, utf8 } from "./decoder-row.js";
import type { FailCase } from "./fail-case.js";
import { shrunk, whyItFails } from "./replay.js";

function rowOf(decoder: () => ChannelHandler): DecoderRow {
  return decoderRow({
    name: "Broken",
    options: fc.constant({}),
    make: () => [decoder()],
    mayHold: () => 4,
    piece: fc.constant(""),
    part: () => ({ bytes: utf8(""), gives: [] }),
    alphabet: utf8("!"),
  });
}

const stream = (...chunks: string[]): FailCase => ({
  decoder: "Broken",
  options: {},
  end: "removal",
  chunks: chunks.map(utf8),
});

/** Fails at an exclamation mark. */
const failing = (fail: (ctx: ChannelHandlerContext) => void) =>
  rowOf(() => ({
    channelRead: (ctx, chunk: ByteBuf) => {
      if (chunk.indexOf(0x21) >= 0) fail(ctx);
    },
  }));

/** Keeps everything, and hands it on in the end. */
class Hoarder implements ChannelHandler {
  bytesScanned = 0;
  bytesCopied = 0;
  #kept = ByteBuf.EMPTY;
  readonly #looksAgain: boolean;

  constructor(looksAgain: boolean) {
    this.#looksAgain = looksAgain;
  }

  channelRead(_ctx: ChannelHandlerContext, chunk: ByteBuf): void {
    this.#kept = ByteBuf.concat([this.#kept, chunk]);
    if (this.#looksAgain) this.bytesScanned += this.#kept.readableBytes;
    else this.bytesCopied += this.#kept.readableBytes;
  }

  handlerRemoved(ctx: ChannelHandlerContext): void {
    ctx.fireChannelRead(this.#kept);
  }
}

describe("a stream is told to fail", () => {
  it.each([
    [
      "without a code",
      "not a SluiceError: TypeError: !",
      failing(() => {
        throw new TypeError("!");
      }),
    ],
    [
      "without an end",
      /^\d+ messages and errors came of \d+ bytes$/,
      failing((ctx) => {
        for (;;) ctx.fireChannelRead("!");
      }),
    ],
    [
      "without an end of errors",
      /^\d+ messages and errors/,
      failing((ctx) => {
        for (;;) ctx.fireExceptionCaught(new SluiceError("FRAME_MALFORMED"));
      }),
    ],
  ])("%s", (_how, why, row) => {
    expect(whyItFails(row, stream("ab", "c!d"))).toMatch(why);
    expect(whyItFails(row, stream("ab", "cd"))).toBeUndefined();
  });

  it("for what it holds", () => {
    const row = rowOf(() => new Hoarder(false));
    expect(whyItFails(row, stream("abcd"))).toBeUndefined();
    expect(whyItFails(row, stream("abcde"))).toBe("it held 5 bytes; 4 are allowed");
  });

  it("for looking or copying too often", () => {
    const bytes = stream(..."abcdefghijklmnop");
    expect(
      whyItFails(
        rowOf(() => new Hoarder(true)),
        bytes,
      ),
    ).toMatch(/^it looked \d+ times at \d+ bytes$/);
    expect(
      whyItFails(
        rowOf(() => new Hoarder(false)),
        bytes,
      ),
    ).toMatch(/^it copied \d+ of \d+ bytes$/);
  });
});

describe("a stream is made smaller", () => {
  it("to what still fails", () => {
    const row = failing((ctx) => ctx.fireExceptionCaught(new TypeError("!")));
    const { chunks } = shrunk(row, stream("abc", "", "de!fg", "h", "ij"));
    expect(chunks).toEqual([utf8("!")]);
  });
});
