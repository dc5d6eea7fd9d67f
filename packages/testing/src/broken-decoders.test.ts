/** A gallery of decoders, each broken in one way people break them, and the smallest cut that shows it. */

import { ByteBuf, SluiceError } from "@sluice/buffer";
import { type ChannelHandler, type ChannelHandlerContext, ChannelInboundHandler } from "@sluice/core";
import { describe, expect, it } from "vitest";
import { VerificationError, type VerificationProblem, type VerifyDecoderOptions, verifyDecoder } from "./index.js";

const LF = 0x0a;
const CR = 0x0d;

/** The sound one, of which the others are variations: lines of text without their `\n`. */
class LineSplitter extends ChannelInboundHandler<ByteBuf, unknown> {
  protected pieces: ByteBuf[] = [];

  override channelRead(ctx: ChannelHandlerContext, chunk: ByteBuf): void {
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF)) {
      const end = chunk.readSlice(at - chunk.readerIndex);
      chunk.skipBytes(1);
      this.line(ctx, this.take(end));
    }
    if (chunk.isReadable()) this.pieces.push(chunk);
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    const { readableBytes: length } = this.take();
    if (length > 0) ctx.fireExceptionCaught(new SluiceError("FRAME_TRUNCATED", undefined, { length }));
    ctx.fireChannelInactive();
  }

  override handlerRemoved(ctx: ChannelHandlerContext): void {
    const rest = this.take();
    if (rest.isReadable()) ctx.fireChannelRead(rest);
  }

  protected line(ctx: ChannelHandlerContext, line: ByteBuf): void {
    ctx.fireChannelRead(line);
  }

  protected take(...more: ByteBuf[]): ByteBuf {
    return ByteBuf.concat([...this.pieces.splice(0), ...more]);
  }
}

/** One that keeps everything unread in one growing buffer, which makes other mistakes possible. */
abstract class Accumulating extends ChannelInboundHandler<ByteBuf, unknown> {
  protected readonly unread = ByteBuf.alloc(0, { maxCapacity: 4096 });

  override channelRead(ctx: ChannelHandlerContext, chunk: ByteBuf): void {
    this.unread.writeBytes(chunk);
    this.decode(ctx);
  }

  protected abstract decode(ctx: ChannelHandlerContext): void;

  protected skipLine(at: number): ByteBuf {
    const line = this.unread.readSlice(at - this.unread.readerIndex);
    this.unread.skipBytes(1);
    return line;
  }
}

class DropsRemainder extends LineSplitter {
  override channelRead(ctx: ChannelHandlerContext, chunk: ByteBuf): void {
    super.channelRead(ctx, chunk);
    this.pieces = [];
  }
}

class LooksFromIndexZero extends LineSplitter {
  override channelRead(ctx: ChannelHandlerContext, chunk: ByteBuf): void {
    let start = 0;
    for (let at = 0; at < chunk.readableBytes; at++) {
      if (chunk.getUint8(at) !== LF) continue;
      this.line(ctx, this.take(chunk.slice(start, at - start)));
      start = at + 1;
    }
    if (start < chunk.readableBytes) this.pieces.push(chunk.slice(start, chunk.readableBytes - start));
  }
}

class ReadsPastTheEnd extends Accumulating {
  override channelRead(ctx: ChannelHandlerContext, chunk: ByteBuf): void {
    const start = chunk.arrayOffset + chunk.readerIndex;
    this.unread.writeBytes(chunk.array.subarray(start, start + Math.max(chunk.readableBytes, 2)));
    this.decode(ctx);
  }

  protected decode(ctx: ChannelHandlerContext): void {
    for (let at = this.unread.indexOf(LF); at >= 0; at = this.unread.indexOf(LF)) {
      ctx.fireChannelRead(this.skipLine(at).toString());
    }
  }
}

/** Sound: lines of up to three bytes; of a longer one, an error and nothing else. */
class ShortLines extends Accumulating {
  #skipping = false;

  protected decode(ctx: ChannelHandlerContext): void {
    for (;;) {
      const at = this.unread.indexOf(LF);
      const length = this.contentLength(at);
      if (length > 3 && !this.#skipping) {
        this.#skipping = true;
        ctx.fireExceptionCaught(new SluiceError("FRAME_TOO_LONG", undefined, this.fields(length)));
      }
      if (at < 0) {
        if (this.#skipping) this.unread.skipBytes(this.unread.readableBytes);
        return;
      }
      const line = this.skipLine(at);
      if (!this.#skipping) ctx.fireChannelRead(line.readSlice(length));
      this.#skipping = false;
    }
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    const { readableBytes: length } = this.unread;
    if (length > 0) ctx.fireExceptionCaught(new SluiceError("FRAME_TRUNCATED", undefined, { length }));
    this.unread.clear();
    ctx.fireChannelInactive();
  }

  override handlerRemoved(ctx: ChannelHandlerContext): void {
    if (this.unread.isReadable()) ctx.fireChannelRead(this.unread);
  }

  /** A `\r` at the end belongs to the delimiter, also one whose `\n` may be still to come. */
  protected contentLength(at: number): number {
    const end = at < 0 ? this.unread.writerIndex : at;
    const length = end - this.unread.readerIndex;
    return length > 0 && this.unread.getUint8(end - 1) === CR ? length - 1 : length;
  }

  protected fields(_length: number): { readonly length?: number } {
    return {};
  }
}

/** As in Netty's line decoder: a `\r` that may be half a delimiter counts as content. */
class CountsTornDelimiter extends ShortLines {
  protected override contentLength(at: number): number {
    return at < 0 ? this.unread.readableBytes : super.contentLength(at);
  }
}

class TellsChunkingInErrors extends ShortLines {
  protected override fields(length: number): { readonly length: number } {
    return { length };
  }
}

/** As Netty's decoders that throw: what follows in the chunk waits for the next chunk, or the end. */
class StallsAfterError extends Accumulating {
  protected decode(ctx: ChannelHandlerContext): void {
    for (let at = this.unread.indexOf(LF); at >= 0; at = this.unread.indexOf(LF)) {
      const line = this.skipLine(at);
      if (line.toString() === "!") throw new SluiceError("INVALID_TEXT");
      ctx.fireChannelRead(line);
    }
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    this.decode(ctx);
    ctx.fireChannelInactive();
  }
}

class ScansAgain extends LineSplitter {
  bytesScanned = 0;

  override channelRead(ctx: ChannelHandlerContext, chunk: ByteBuf): void {
    super.channelRead(ctx, chunk);
    for (const piece of this.pieces) this.bytesScanned += piece.readableBytes;
  }
}

class CopiesAgain extends LineSplitter {
  bytesCopied = 0;

  override channelRead(ctx: ChannelHandlerContext, chunk: ByteBuf): void {
    const all = this.take(chunk);
    this.bytesCopied += all.readableBytes;
    super.channelRead(ctx, all);
  }
}

class RewritesItsMemory extends LineSplitter {
  readonly #line = new Uint8Array(64);

  protected override line(ctx: ChannelHandlerContext, line: ByteBuf): void {
    line.getBytes(line.readerIndex, this.#line.subarray(0, line.readableBytes));
    ctx.fireChannelRead(this.#line.subarray(0, line.readableBytes));
  }
}

/** Gives its own buffer away where a slice was wanted, and looks at its indexes afterwards. */
class GivesItsBufferAway extends LineSplitter {
  #line: ByteBuf | undefined;

  protected override line(ctx: ChannelHandlerContext, line: ByteBuf): void {
    const isRepeated = this.#line?.readableBytes === line.readableBytes;
    this.#line = line;
    ctx.fireChannelRead(line);
    if (isRepeated) ctx.fireExceptionCaught(new SluiceError("FRAME_CORRUPTED"));
  }
}

class UnmasksInPlace extends LineSplitter {
  override channelRead(ctx: ChannelHandlerContext, chunk: ByteBuf): void {
    for (let at = chunk.readerIndex; at < chunk.writerIndex; at++) chunk.setUint8(at, chunk.getUint8(at) ^ 0x20);
    super.channelRead(ctx, chunk);
  }
}

class EndsTwice extends LineSplitter {
  override channelInactive(ctx: ChannelHandlerContext): void {
    const rest = this.take();
    if (rest.isReadable()) ctx.fireChannelRead(rest);
    ctx.fireChannelInactive();
    if (rest.isReadable()) ctx.fireChannelRead(rest);
  }
}

class EmitsWhileLeaving extends LineSplitter {
  override channelInactive(ctx: ChannelHandlerContext): void {
    ctx.fireChannelInactive();
  }
}

class SwallowsInactive extends LineSplitter {
  override channelInactive(): void {
    this.take();
  }
}

class ThrowsUncoded extends LineSplitter {
  protected override line(ctx: ChannelHandlerContext, line: ByteBuf): void {
    ctx.fireChannelRead(JSON.parse(line.toString()));
  }
}

class LosesBytesAtRemoval extends LineSplitter {
  override handlerRemoved(): void {}
}

class LosesBytesOfTheChunk extends LineSplitter {
  #isRemoved = false;

  override channelRead(ctx: ChannelHandlerContext, chunk: ByteBuf): void {
    for (let at = chunk.indexOf(LF); at >= 0 && !this.#isRemoved; at = chunk.indexOf(LF)) {
      const end = chunk.readSlice(at - chunk.readerIndex);
      chunk.skipBytes(1);
      this.line(ctx, this.take(end));
    }
    if (chunk.isReadable() && !this.#isRemoved) this.pieces.push(chunk);
  }

  override handlerRemoved(ctx: ChannelHandlerContext): void {
    super.handlerRemoved(ctx);
    this.#isRemoved = true;
  }
}

class LoopsWithoutProgress extends Accumulating {
  protected decode(ctx: ChannelHandlerContext): void {
    while (this.unread.isReadable()) {
      const at = this.unread.indexOf(LF);
      if (at >= 0) ctx.fireChannelRead(this.skipLine(at));
    }
  }
}

class EmitsForEver extends LineSplitter {
  protected override line(ctx: ChannelHandlerContext, line: ByteBuf): void {
    for (;;) ctx.fireChannelRead(line);
  }
}

class LoopsWhenClosed extends LineSplitter {
  override channelRead(ctx: ChannelHandlerContext): void {
    ctx.close();
    for (;;) ctx.fireExceptionCaught(new SluiceError("FRAME_CORRUPTED"));
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    for (;;) ctx.fireChannelRead("again");
  }
}

let lines = 0;
class SharesState extends LineSplitter {
  protected override line(ctx: ChannelHandlerContext): void {
    ctx.fireChannelRead(++lines);
  }
}

class NumbersLines extends LineSplitter {
  #number = 0;

  protected override line(ctx: ChannelHandlerContext): void {
    ctx.fireChannelRead(++this.#number);
  }
}

/** Always one line behind, whatever the chunks. */
class HoldsOneBack extends LineSplitter {
  #held: ByteBuf | undefined;

  protected override line(ctx: ChannelHandlerContext, line: ByteBuf): void {
    if (this.#held !== undefined) ctx.fireChannelRead(this.#held);
    this.#held = line;
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    if (this.#held !== undefined) ctx.fireChannelRead(this.#held);
    super.channelInactive(ctx);
  }
}

interface Exhibit {
  readonly decoder: new () => ChannelHandler;
  readonly problem: VerificationProblem;
  readonly cut: string;
  readonly options?: Partial<VerifyDecoderOptions>;
}

const INPUT = "one\r\ntwo\nlonger\r\n\nsix\r\nrest";

const GALLERY: readonly Exhibit[] = [
  { decoder: DropsRemainder, problem: "cut-dependent", cut: "6f | 0a" },
  { decoder: CountsTornDelimiter, problem: "cut-dependent", cut: "6f 6e 65 0d | 0a" },
  { decoder: TellsChunkingInErrors, problem: "cut-dependent", cut: "6c 6f 6e 67 | 74" },
  { decoder: StallsAfterError, problem: "cut-dependent", cut: "21 0a | 0a", options: { input: "one\ntwo\n!\nsix\n" } },
  { decoder: LosesBytesOfTheChunk, problem: "cut-dependent", cut: "0a | 74", options: { removeAfter: 1 } },
  { decoder: LooksFromIndexZero, problem: "position-dependent", cut: "0a" },
  { decoder: ReadsPastTheEnd, problem: "position-dependent", cut: "0a" },
  { decoder: ScansAgain, problem: "too-much-scanned", cut: "6e 65 | 73 | 74" },
  { decoder: CopiesAgain, problem: "too-much-copied", cut: "6c 6f | 6e | 73 | 69 | 78" },
  { decoder: RewritesItsMemory, problem: "message-changed", cut: "0d 0a 73 0a" },
  { decoder: GivesItsBufferAway, problem: "reader-dependent", cut: "0d 0a 0a" },
  { decoder: UnmasksInPlace, problem: "chunk-written", cut: "74" },
  { decoder: EndsTwice, problem: "after-end", cut: "74" },
  { decoder: EmitsWhileLeaving, problem: "after-end", cut: "74" },
  { decoder: SwallowsInactive, problem: "inactive-lost", cut: "(no bytes)" },
  { decoder: ThrowsUncoded, problem: "uncoded-error", cut: "0a" },
  { decoder: LosesBytesAtRemoval, problem: "lost-at-removal", cut: "74" },
  { decoder: LoopsWithoutProgress, problem: "endless", cut: "74" },
  { decoder: EmitsForEver, problem: "endless", cut: "0a" },
  { decoder: LoopsWhenClosed, problem: "endless", cut: "(no bytes)" },
  // These are about the whole input, which is therefore not made smaller.
  { decoder: SharesState, problem: "not-deterministic", cut: "61 0a", options: { input: "a\n" } },
  { decoder: NumbersLines, problem: "not-repeatable", cut: "0a 0a 0a", options: { input: "\n", repeatable: true } },
  { decoder: LineSplitter, problem: "not-repeatable", cut: "61 61 61", options: { input: "a", repeatable: true } },
  { decoder: LineSplitter, problem: "wrong-trace", cut: "0a 74", options: { input: "\nt", messages: ["", "t"] } },
  {
    decoder: LosesBytesOfTheChunk,
    problem: "lost-at-removal",
    cut: "61 0a 62 0a",
    options: { input: "a\nb\n", removeAfter: 1, leftover: "b\n" },
  },
  {
    decoder: HoldsOneBack,
    problem: "late",
    cut: "61 0a",
    options: {
      input: [
        ["a\n", ["a"]],
        ["b\n", ["b"]],
      ],
    },
  },
];

describe("verifyDecoder", () => {
  it("finds nothing wrong with the decoders the gallery is made from", () => {
    expect(verifyDecoder({ decoder: () => new LineSplitter(), input: INPUT }).cuts).toBeGreaterThan(400);
    expect(verifyDecoder({ decoder: () => new ShortLines(), input: INPUT }).cuts).toBeGreaterThan(400);
  });

  it.each(GALLERY.map((exhibit) => ({ ...exhibit, name: exhibit.decoder.name })))(
    "catches $name ($problem)",
    ({ decoder: Broken, problem, cut, options }) => {
      const error = failure({ decoder: () => new Broken(), input: INPUT, ...options });
      expect({ problem: error.problem, cut: error.cut }).toEqual({ problem, cut });
      expect(error.message).toContain(`Smallest cut that fails: ${cut}`);
    },
  );
});

function failure(options: VerifyDecoderOptions): VerificationError {
  try {
    verifyDecoder(options);
  } catch (error) {
    if (error instanceof VerificationError) return error;
    throw error;
  }
  throw new Error("nothing was found");
}
