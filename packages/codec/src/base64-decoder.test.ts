import { Buffer } from "node:buffer";
import { ByteBuf, SluiceError } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutAt, describe as describeError, hexOf, traceOf } from "../test/decoder-trace.js";
import { Base64Decoder } from "./base64-decoder.js";
import type { Base64Dialect } from "./base64-dialect.js";
import { Base64Encoder } from "./base64-encoder.js";
import { LineBasedFrameDecoder } from "./line-based-frame-decoder.js";

const decoded = (text: string, dialect: Base64Dialect = "standard"): string => {
  const channel = new EmbeddedChannel(new Base64Decoder({ dialect }));
  try {
    channel.writeInbound(ByteBuf.from(text));
  } catch (error) {
    return describeError(error as Error);
  }
  return channel.readInbound().hexDump();
};

const encoded = (hex: string, dialect: Base64Dialect = "standard"): string => {
  const channel = new EmbeddedChannel(new Base64Encoder({ dialect }));
  channel.writeOutbound(ByteBuf.fromHex(hex));
  return String(channel.readOutbound());
};

const EXAMPLES = [
  ["", "", ""],
  ["66", "Zg==", "Zg"],
  ["666f", "Zm8=", "Zm8"],
  ["666f6f", "Zm9v", "Zm9v"],
  ["fbeffe00", "++/+AA==", "--_-AA"],
] as const;

describe("Base64Decoder", () => {
  it.each(EXAMPLES)("reads %s", (hex, standard, url) => {
    expect([decoded(standard), decoded(url, "url")]).toEqual([hex, hex]);
  });

  it("skips white space and does without padding", () => {
    expect(decoded("Zm9v\r\n Zg = =\n")).toBe("666f6f66");
    expect(decoded("Zg")).toBe("66");
    expect(decoded("Zg==", "url")).toBe("66");
  });

  it("refuses what is not Base64 and tells where", () => {
    expect(decoded("Zm9v!Zg=")).toBe(`INVALID_TEXT offset=4 length=8 hex=${hexOf("!Zg=")}`);
    expect(decoded("Zm9vé")).toBe(`INVALID_TEXT offset=4 length=6 hex=${hexOf("é")}`);
    expect(decoded("Zm9vZ")).toBe("INVALID_TEXT offset=5 length=5 hex=");
    expect(decoded("Zg=")).toBe("INVALID_TEXT offset=3 length=3 hex=");
    expect(decoded("Zg==Zg==")).toBe(`INVALID_TEXT offset=4 length=8 hex=${hexOf("Zg==")}`);
  });

  it("refuses letters of the other dialect", () => {
    expect(decoded("AA-A")).toBe(`INVALID_TEXT offset=2 length=4 hex=${hexOf("-A")}`);
    expect(decoded("AAA_")).toMatch("INVALID_TEXT offset=3");
    expect(decoded("+AAA", "url")).toMatch("INVALID_TEXT offset=0");
    expect(decoded("A/AA", "url")).toMatch("INVALID_TEXT offset=1");
  });

  it("goes on with the next frame, and passes other messages", () => {
    const errors: string[] = [];
    const channel = new EmbeddedChannel(new LineBasedFrameDecoder(), new Base64Decoder(), {
      exceptionCaught: (_ctx, error) => errors.push((error as SluiceError).code),
    });
    channel.writeInbound(ByteBuf.from("Zg==\n!!\nZm8=\n"), "text");
    expect(channel.inboundMessages.map(String)).toEqual(["f", "fo", "text"]);
    expect(errors).toEqual(["INVALID_TEXT"]);
  });

  it("refuses a dialect there is not", () => {
    for (const Class of [Base64Decoder, Base64Encoder]) {
      expect(() => new Class({ dialect: "other" as Base64Dialect })).toThrow(SluiceError);
    }
  });
});

describe("Base64Encoder", () => {
  it.each(EXAMPLES)("writes %s", (hex, standard, url) => {
    expect([encoded(hex), encoded(hex, "url")]).toEqual([standard, url]);
  });

  it("leaves head-room for a length field and passes other messages", () => {
    const channel = new EmbeddedChannel(new Base64Encoder());
    channel.writeOutbound(ByteBuf.from("foo"), "text");
    expect(channel.readOutbound().prepend(4)).toBeGreaterThanOrEqual(0);
    expect(channel.readOutbound()).toBe("text");
  });

  it("agrees with Node, and with the decoder behind a frame decoder, however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }),
        fc.array(fc.nat(300), { maxLength: 10 }),
        fc.constantFrom<Base64Dialect>("standard", "url"),
        (bodies, cuts, dialect) => {
          const hexes = bodies.map((body) => ByteBuf.from(body).hexDump());
          const lines = hexes.map((hex) => encoded(hex, dialect));
          const encoding = dialect === "url" ? "base64url" : "base64";
          expect(lines).toEqual(bodies.map((body) => Buffer.from(body).toString(encoding)));
          const sent = ByteBuf.from(lines.map((line) => `${line}\n`).join("")).toUint8Array();
          const frames = traceOf(new LineBasedFrameDecoder(), cutAt(sent, cuts)).map((hex) =>
            ByteBuf.fromHex(hex).toString(),
          );
          expect(frames.map((frame) => decoded(frame, dialect))).toEqual(hexes);
        },
      ),
    );
  });
});
