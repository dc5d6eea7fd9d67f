import { ByteBuf, SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelInboundHandler } from "@sluice/core";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VerificationError, type VerifyDecoderOptions, verifyDecoder } from "./index.js";

/** Frames of a one-byte length and as many bytes; length 0xff is corrupt and ends the stream. */
class LengthSplitter extends ChannelInboundHandler<ByteBuf, ByteBuf> {
  bytesScanned = 0;
  bytesCopied = 0;
  #unread: Uint8Array = new Uint8Array(0);
  #isCorrupt = false;
  #offset = 0;
  #isRemoved = false;

  override channelRead(ctx: ChannelHandlerContext, chunk: ByteBuf): void {
    if (this.#isCorrupt) return;
    this.#unread = ByteBuf.concat([ByteBuf.from(this.#unread), chunk]).toUint8Array();
    this.bytesCopied += chunk.readableBytes;
    while (this.#unread.length > 0 && this.#unread.length > this.#unread[0]! && !this.#isRemoved) {
      const end = 1 + this.#unread[0]!;
      const frame = ByteBuf.from(this.#unread.subarray(1, end));
      this.bytesScanned++;
      this.#unread = this.#unread.subarray(end);
      this.#offset += end;
      ctx.fireChannelRead(frame);
    }
    if (this.#isRemoved) this.handlerRemoved(ctx);
    else if (this.#unread[0] === 0xff) {
      this.#isCorrupt = true;
      this.#unread = new Uint8Array(0);
      ctx.fireExceptionCaught(new SluiceError("FRAME_CORRUPTED", undefined, { offset: this.#offset, length: 255 }));
    }
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    const { length } = this.#unread;
    if (length > 0) {
      ctx.fireExceptionCaught(new SluiceError("FRAME_TRUNCATED", undefined, { offset: this.#offset, length }));
    }
    this.#unread = new Uint8Array(0);
    ctx.fireChannelInactive();
  }

  override handlerRemoved(ctx: ChannelHandlerContext): void {
    // Called from within a message when `channelRead` has still to give its frame's bytes up.
    this.#isRemoved = true;
    const rest = this.#unread;
    this.#unread = new Uint8Array(0);
    if (rest.length > 0) ctx.fireChannelRead(ByteBuf.from(rest));
  }
}

/** Turns frames into objects that carry bytes. */
class Packets extends ChannelInboundHandler<ByteBuf, object> {
  override channelRead(ctx: ChannelHandlerContext, frame: ByteBuf): void {
    ctx.fireChannelRead({ kind: frame.readUint8(), body: frame });
  }
}

/** Closes the channel when told to, as decoders do that cannot read on. */
class ClosesAtZero extends ChannelInboundHandler<ByteBuf, number> {
  override channelRead(ctx: ChannelHandlerContext, chunk: ByteBuf): void {
    while (chunk.isReadable() && ctx.channel.isOpen) {
      const byte = chunk.readUint8();
      if (byte === 0) ctx.close();
      else ctx.fireChannelRead(byte);
    }
  }
}

/** Sends everything on when the stream ends. */
class Collects extends ChannelInboundHandler<ByteBuf, Uint8Array> {
  #all: Uint8Array = new Uint8Array(0);

  override channelRead(_ctx: ChannelHandlerContext, chunk: ByteBuf): void {
    this.#all = ByteBuf.concat([ByteBuf.from(this.#all), chunk]).toUint8Array();
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    ctx.fireChannelRead(this.#all);
    ctx.fireChannelInactive();
  }
}

const decoder = () => new LengthSplitter();
const hex = (text: string) => ByteBuf.fromHex(text);

describe("verifyDecoder", () => {
  it("passes a sound decoder and tells what it did", () => {
    const report = verifyDecoder({
      decoder,
      input: hex("03 616263 00 01 64 02 65"),
      messages: ["abc", "", "d"],
      errors: ["FRAME_TRUNCATED"],
      seed: 7,
    });
    expect(report).toEqual({ cuts: expect.any(Number), scanned: expect.any(Number), copied: 1, seed: 7 });
    expect(report.cuts).toBeGreaterThan(100);
    expect(report.scanned).toBeLessThan(1);
  });

  it("leaves counters it does not find undefined", () => {
    const report = verifyDecoder({ decoder: () => new ClosesAtZero(), input: hex("01 02") });
    expect(report).toMatchObject({ scanned: undefined, copied: undefined });
  });

  it.each([
    ["a string", "\u0001a"],
    ["a Uint8Array", Uint8Array.of(1, 0x61)],
    ["the readable bytes of a ByteBuf", hex("ff 01 61").skipBytes(1)],
  ])("takes %s for input and does not touch it", (_what, input) => {
    verifyDecoder({ decoder, input, messages: ["a"] });
    verifyDecoder({ decoder, input, messages: ["a"] });
  });

  it("takes no bytes at all", () => {
    verifyDecoder({ decoder, input: "", messages: [] });
    verifyDecoder({ decoder: () => new Collects(), input: "", messages: [""] });
  });

  it("compares bytes with bytes whatever carries them, and everything else deeply", () => {
    const input = hex("03 0a 6162 01 0b");
    const packets: VerifyDecoderOptions = { decoder: () => [new LengthSplitter(), new Packets()], input };
    const second = { kind: 11, body: new Uint8Array(0) };
    verifyDecoder({ ...packets, messages: [{ body: ByteBuf.from("ab"), kind: 10 }, second] });
    expect(failure({ ...packets, messages: [{ body: ByteBuf.from("ac"), kind: 10 }, second] }).message).toContain(
      '≠ { body: bytes "ac", kind: 10 } | { body: bytes "ab", kind: 10 }',
    );
    for (const message of ["a", Uint8Array.of(0x61), ByteBuf.from("a")]) {
      verifyDecoder({ decoder, input: hex("01 61"), messages: [message] });
    }
    expect(failure({ decoder, input: hex("01 61"), messages: [["a"]] }).problem).toBe("wrong-trace");
  });

  it("counts what comes out at the end of the stream among the messages", () => {
    verifyDecoder({ decoder: () => new Collects(), input: "abc", messages: ["abc"] });
  });

  it("lets a decoder close the channel: what follows does not reach it in any cut", () => {
    verifyDecoder({ decoder: () => new ClosesAtZero(), input: hex("01 02 00 03"), messages: [1, 2] });
  });

  it("expects no errors when messages are given, and any when nothing is", () => {
    expect(failure({ decoder, input: hex("02 61"), messages: [] }).problem).toBe("wrong-trace");
    verifyDecoder({ decoder, input: hex("02 61") });
    verifyDecoder({ decoder, input: hex("01 61 02 61"), errors: ["FRAME_TRUNCATED"] });
    expect(failure({ decoder, input: hex("01 61"), errors: ["FRAME_TRUNCATED"] }).problem).toBe("wrong-trace");
  });

  it.each([
    [{ code: "FRAME_CORRUPTED" }, true],
    [{ code: "FRAME_CORRUPTED", offset: 4, length: 255, after: 2 }, true],
    [{ code: "FRAME_CORRUPTED", offset: 3 }, false],
    [{ code: "FRAME_CORRUPTED", length: 1 }, false],
    [{ code: "FRAME_CORRUPTED", limit: 1 }, false],
    [{ code: "FRAME_CORRUPTED", after: 1 }, false],
    [{ code: "FRAME_TOO_LONG" }, false],
  ])("compares of an error what is given: %j", (error, agrees) => {
    const options = { decoder, input: hex("01 61 01 62 ff 01"), messages: ["a", "b"], errors: [error] };
    if (agrees) verifyDecoder(options);
    else expect(failure(options).message).toContain("≠ error FRAME_");
  });

  it("shows an error in the place where it was expected", () => {
    const errors = [{ code: "FRAME_CORRUPTED", after: 1 }];
    const { message } = failure({ decoder, input: hex("01 61 01 62 ff"), messages: ["a", "b"], errors });
    expect(message).toContain(
      [
        "    expected              | actual",
        '    "a"                   | bytes "a"',
        '  ≠ error FRAME_CORRUPTED | bytes "b"',
        '  ≠ "b"                   | error FRAME_CORRUPTED offset=4 length=255',
      ].join("\n"),
    );
  });

  it("takes the input in parts with their messages, the last of which the end of the stream may bring", () => {
    verifyDecoder({
      decoder,
      input: [
        [hex("01 61 02"), ["a"]],
        ["bc", ["bc"]],
        [hex("02 64"), []],
      ],
      errors: [{ code: "FRAME_TRUNCATED", after: 2 }],
    });
    verifyDecoder({
      decoder: () => new Collects(),
      input: [
        ["abc", []],
        ["", ["abc"]],
      ],
    });
    const early = failure({
      decoder,
      input: [
        [hex("01 61 01 62"), ["a"]],
        [hex("01 63"), ["b", "c"]],
      ],
    });
    expect(early).toMatchObject({ problem: "late", cut: "01 61 01 62" });
    expect(early.message).toContain("After part 1 of the input 1 message(s) should have come out, not 2");
  });

  it("checks the bytes handed on by a decoder that is taken out after the input, if only by what it reported", () => {
    verifyDecoder({ decoder, input: hex("01 61 03 62 63"), leftover: hex("03 62 63") });
    verifyDecoder({ decoder, input: hex("01 61"), leftover: "" });
    const error = failure({ decoder, input: hex("01 61 03 62 63"), leftover: hex("62 63") });
    expect(error.problem).toBe("lost-at-removal");
    expect(error.message).toContain('leftover: ByteBuf.fromHex("62 63")');
    class Keeps extends LengthSplitter {
      override handlerRemoved(): void {}
    }
    const keeps: VerifyDecoderOptions = { decoder: () => new Keeps(), input: hex("01 61 03") };
    expect(failure(keeps).problem).toBe("lost-at-removal");
    verifyDecoder({ ...keeps, leftover: false });
  });

  it("takes a decoder out from within a message", () => {
    const input = hex("01 61 01 62 03 63");
    verifyDecoder({ decoder, input, removeAfter: 1, leftover: hex("01 62 03 63") });
    verifyDecoder({ decoder, input, removeAfter: 2, leftover: hex("03 63") });
    const error = failure({ decoder, input, removeAfter: 3, leftover: hex("03 63") });
    expect(error.message).toContain("≠ handed on bytes 03 63 | nothing");
  });

  it("holds copies of the input to three times the trace when they are said to be independent", () => {
    verifyDecoder({ decoder, input: hex("01 61 00"), messages: ["a", ""], repeatable: true });
    class Placed extends LengthSplitter {
      override channelRead(ctx: ChannelHandlerContext, chunk: ByteBuf): void {
        for (; chunk.isReadable(); this.bytesScanned++) {
          chunk.skipBytes(1);
          ctx.fireExceptionCaught(new SluiceError("INVALID_TEXT", undefined, { offset: this.bytesScanned }));
        }
      }
    }
    verifyDecoder({
      decoder: () => new Placed(),
      input: "ab",
      errors: ["INVALID_TEXT", "INVALID_TEXT"],
      repeatable: true,
    });
  });

  it("holds counters to the limits that are set", () => {
    const input = hex("01 61 01 62");
    expect(verifyDecoder({ decoder, input, maxScannedPerByte: 0.5, maxCopiedPerByte: 1 })).toMatchObject({
      scanned: 0.5,
      copied: 1,
    });
    const scanned = failure({ decoder, input, maxScannedPerByte: 0.4 });
    expect(scanned.problem).toBe("too-much-scanned");
    expect(scanned.message).toContain("maxScannedPerByte: 0.4 })");
    expect(failure({ decoder, input, maxCopiedPerByte: 0.9 }).problem).toBe("too-much-copied");
  });

  it("repeats the random cuts of a seed", () => {
    const input = hex("03 616263 02 6465 05 6666666666 00 01 67");
    const options = { decoder, input, twoWayUpTo: 0, threeWayUpTo: 0 };
    const sizes = (seed: number): string => {
      const seen: number[] = [];
      class Watched extends LengthSplitter {
        override channelRead(ctx: ChannelHandlerContext, chunk: ByteBuf): void {
          seen.push(chunk.readableBytes);
          super.channelRead(ctx, chunk);
        }
      }
      verifyDecoder({ ...options, decoder: () => new Watched(), seed });
      return seen.join(" ");
    };
    expect(sizes(1)).toBe(sizes(1));
    expect(sizes(1)).not.toBe(sizes(2));
    expect(verifyDecoder(options).seed).not.toBe(verifyDecoder(options).seed);
    expect(failure({ ...options, seed: 3, messages: [] }).message).toContain("To repeat all of this:   seed: 3");
  });

  it("makes fewer kinds of cuts when told to", () => {
    const input = hex("03 616263 02 6465");
    const all = verifyDecoder({ decoder, input }).cuts;
    const few = verifyDecoder({ decoder, input, twoWayUpTo: 1, threeWayUpTo: 0, randomCuts: 0, leftover: false }).cuts;
    expect(few).toBeLessThan(all / 4);
  });

  it("stays quick for long inputs", () => {
    const frame = Uint8Array.from({ length: 255 }, (_, at) => (at === 0 ? 254 : at));
    const input = ByteBuf.concat(Array.from({ length: 20 }, () => ByteBuf.from(frame)));
    const { cuts } = verifyDecoder({ decoder, input, randomCuts: 5 });
    expect(cuts).toBeLessThan(1000);
  });

  it.each<[string, Partial<VerifyDecoderOptions>]>([
    ["messages beside parts", { input: [["", []]], messages: [] }],
    ["removeAfter 0", { removeAfter: 0 }],
    ["half a cut", { randomCuts: 0.5 }],
    ["a seed that is not a number", { seed: Number.NaN }],
  ])("refuses %s", (_what, options) => {
    expect(() => verifyDecoder({ decoder, input: "", ...options })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });

  it("needs a new decoder for each run", () => {
    const one = decoder();
    expect(() => verifyDecoder({ decoder: () => one, input: "" })).toThrow(
      expect.objectContaining({ code: "HANDLER_NOT_SHARABLE" }),
    );
  });

  it("passes a sound decoder whatever the input", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (input) => {
        verifyDecoder({ decoder, input, threeWayUpTo: 0, randomCuts: 10 });
      }),
    );
  });
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
