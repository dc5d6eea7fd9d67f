import { ByteBuf, type SluiceError } from "@sluice/buffer";
import type { ChannelHandler } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ByteOrder, LengthFieldLength } from "./length-field.js";
import { LengthFieldBasedFrameDecoder } from "./length-field-based-frame-decoder.js";
import { LengthFieldPrepender, type LengthFieldPrependerOptions } from "./length-field-prepender.js";

const HELLO = "48454c4c4f2c20574f524c44";

function sent(options: LengthFieldPrependerOptions, body: ByteBuf): string[] {
  const channel = new EmbeddedChannel(new LengthFieldPrepender(options));
  channel.writeOutbound(body);
  return channel.outboundMessages.map((message) => (message as ByteBuf).hexDump());
}

const hello = () => ByteBuf.wrap(ByteBuf.fromHex(HELLO).toUint8Array(), 0, 12);

function failureOf(options: LengthFieldPrependerOptions, length: number): SluiceError | undefined {
  const channel = new EmbeddedChannel(new LengthFieldPrepender(options));
  let failure: Error | undefined;
  channel.write(ByteBuf.from(new Uint8Array(length))).addListener((error) => {
    failure = error;
  });
  return failure as SluiceError | undefined;
}

describe("LengthFieldPrepender", () => {
  it.each<[LengthFieldPrependerOptions, string]>([
    [{ lengthFieldLength: 1 }, "0c"],
    [{ lengthFieldLength: 2 }, "000c"],
    [{ lengthFieldLength: 2, lengthIncludesLengthFieldLength: true }, "000e"],
    [{ lengthFieldLength: 4, lengthIncludesLengthFieldLength: true, byteOrder: "LE" }, "10000000"],
    [{ lengthFieldLength: 2, lengthAdjustment: -2 }, "000a"],
    [{ lengthFieldLength: 3 }, "00000c"],
    [{ lengthFieldLength: 3, byteOrder: "LE" }, "0c0000"],
    [{ lengthFieldLength: 8 }, "000000000000000c"],
    [{ lengthFieldLength: 8, byteOrder: "LE" }, "0c00000000000000"],
  ])("%o → %s", (options, field) => {
    expect(sent(options, hello())).toEqual([field + HELLO]);
  });

  it("writes in front of the body's own memory when there is head-room", () => {
    const body = ByteBuf.alloc(12, { headRoom: 4 });
    body.writeString("HELLO, WORLD");
    const channel = new EmbeddedChannel(new LengthFieldPrepender({ lengthFieldLength: 4 }));
    channel.writeOutbound(body);
    expect(channel.readOutbound()).toBe(body);
    expect(body.hexDump()).toBe(`0000000c${HELLO}`);
  });

  it("takes along the field of a frame that is sent on as it was received", () => {
    const wire = ByteBuf.fromHex(`0000000c${HELLO}0000000b${HELLO}`).toUint8Array();
    const frames = () => {
      const channel = new EmbeddedChannel(
        new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }),
      );
      channel.writeInbound(ByteBuf.received(wire, 0, 16));
      return channel.readInbound<ByteBuf>() as ByteBuf;
    };
    const channel = new EmbeddedChannel(new LengthFieldPrepender({ lengthFieldLength: 4 }));
    channel.writeOutbound(frames());
    const sentOn = channel.readOutbound<ByteBuf>() as ByteBuf;
    expect(sentOn.hexDump()).toBe(`0000000c${HELLO}`);
    expect(sentOn.array).toBe(wire);

    const shortened = frames();
    shortened.skipBytes(1);
    const wrongField = ByteBuf.received(wire, 20, 12);
    channel.writeOutbound(shortened, wrongField);
    expect(channel.readOutbound<ByteBuf>()?.hexDump()).toBe(`0000000b${HELLO.slice(2)}`);
    expect(channel.readOutbound<ByteBuf>()?.hexDump()).toBe(`0000000c${HELLO}`);
  });

  it("copies a short body behind its length, and sends a long one as it is", () => {
    const field = "00000100";
    const long = ByteBuf.wrap(new Uint8Array(256), 0, 256);
    const channel = new EmbeddedChannel(new LengthFieldPrepender({ lengthFieldLength: 4 }));
    channel.writeOutbound(long, hello());
    expect(channel.readOutbound().hexDump()).toBe(field);
    expect(channel.readOutbound()).toBe(long);
    expect(channel.readOutbound().hexDump()).toBe(`0000000c${HELLO}`);
  });

  it("sends an empty body as a length alone", () => {
    expect(sent({ lengthFieldLength: 2 }, ByteBuf.EMPTY)).toEqual(["0000"]);
  });

  it("fails the write when the length does not fit, or is negative", () => {
    expect(failureOf({ lengthFieldLength: 1 }, 256)).toMatchObject({ code: "ENCODE_FAILED", length: 256, limit: 255 });
    expect(failureOf({ lengthFieldLength: 1 }, 255)).toBeUndefined();
    expect(failureOf({ lengthFieldLength: 2 }, 65_536)?.code).toBe("ENCODE_FAILED");
    expect(failureOf({ lengthFieldLength: 2, lengthAdjustment: -5 }, 4)).toMatchObject({ length: -1 });
  });

  it("passes on what is not bytes", () => {
    const channel = new EmbeddedChannel(new LengthFieldPrepender({ lengthFieldLength: 2 }));
    channel.writeOutbound("text");
    expect(channel.readOutbound()).toBe("text");
  });

  describe("with a long body", () => {
    /** Refuses the first or the second write. */
    const refusing = (which: number): ChannelHandler => {
      let writes = 0;
      return {
        write(ctx, message, completion) {
          if (writes++ === which) completion?.fail(new Error("refused"));
          else ctx.write(message, completion);
        },
      };
    };
    const long = () => ByteBuf.from(new Uint8Array(5000));

    it("is done when both parts are", () => {
      const channel = new EmbeddedChannel(new LengthFieldPrepender({ lengthFieldLength: 2 }));
      const written = channel.write(long());
      expect(written.isDone).toBe(false);
      channel.flush();
      expect(written.isSuccess).toBe(true);
    });

    it("writes no body when the length was refused", () => {
      const channel = new EmbeddedChannel(refusing(0), new LengthFieldPrepender({ lengthFieldLength: 2 }));
      const written = channel.writeAndFlush(long());
      written.addListener(() => {});
      expect(written.cause?.message).toBe("refused");
      expect(channel.outboundMessages).toEqual([]);
      expect(channel.isOpen).toBe(true);
    });

    it("closes the channel when the body was refused behind its length", () => {
      const channel = new EmbeddedChannel(refusing(1), new LengthFieldPrepender({ lengthFieldLength: 2 }));
      const written = channel.writeAndFlush(long());
      written.addListener(() => {});
      expect(channel.isOpen).toBe(false);
      expect(written.cause?.message).toBe("refused");
    });
  });

  it("may be shared", () => {
    const prepender = new LengthFieldPrepender({ lengthFieldLength: 1 });
    for (let i = 0; i < 2; i++) {
      const channel = new EmbeddedChannel(prepender);
      channel.writeOutbound(ByteBuf.from("a"));
      expect(channel.readOutbound().hexDump()).toBe("0161");
    }
  });

  it("refuses parameters that can never work", () => {
    for (const options of [
      { lengthFieldLength: 5 as LengthFieldLength },
      { lengthFieldLength: 2, byteOrder: "middle" as ByteOrder },
      { lengthFieldLength: 2, lengthAdjustment: 0.5 },
    ] as const) {
      expect(() => new LengthFieldPrepender(options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    }
  });

  it("is undone by the decoder", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<LengthFieldLength>(2, 3, 4, 8),
        fc.constantFrom<ByteOrder>("BE", "LE"),
        fc.boolean(),
        fc.array(fc.uint8Array({ maxLength: 300 })),
        (lengthFieldLength, byteOrder, inclusive, bodies) => {
          const options = { lengthFieldLength, byteOrder };
          const channel = new EmbeddedChannel(
            new LengthFieldBasedFrameDecoder({
              ...options,
              initialBytesToStrip: lengthFieldLength,
              lengthAdjustment: inclusive ? -lengthFieldLength : 0,
            }),
            new LengthFieldPrepender({ ...options, lengthIncludesLengthFieldLength: inclusive }),
          );
          channel.writeOutbound(...bodies.map((body) => ByteBuf.from(body)));
          channel.writeInbound(ByteBuf.concat(channel.outboundMessages as ByteBuf[]));
          const read = channel.inboundMessages.map((frame) => (frame as ByteBuf).hexDump());
          expect(read).toEqual(bodies.map((body) => ByteBuf.from(body).hexDump()));
        },
      ),
    );
  });
});
