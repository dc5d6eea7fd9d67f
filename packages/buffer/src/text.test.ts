import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteBuf, type TextEncoding } from "./index.js";

const ENCODINGS: TextEncoding[] = ["utf8", "ascii", "latin1", "hex", "base64", "base64url", "utf16le"];

const SAMPLES: Record<TextEncoding, fc.Arbitrary<string>> = {
  utf8: fc.string({ unit: "binary" }),
  utf16le: fc.string({ unit: "binary" }),
  ascii: fc.string({ unit: "binary-ascii", maxLength: 40 }),
  latin1: fc.uint8Array().map((bytes) => String.fromCharCode(...bytes)),
  hex: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("hex")),
  base64: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("base64")),
  base64url: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("base64url")),
};

describe.each(ENCODINGS)("%s", (encoding) => {
  it("writes what Node writes and reads it back", () => {
    fc.assert(
      fc.property(SAMPLES[encoding], fc.nat(3), (text, skip) => {
        const expected = Buffer.from(text, encoding);
        const buf = ByteBuf.alloc(expected.length + skip);
        buf.writerIndex = skip;
        buf.readerIndex = skip;
        expect(buf.writeString(text, encoding)).toBe(expected.length);
        expect(buf.hexDump()).toBe(expected.toString("hex"));
        expect(buf.toString(encoding)).toBe(text);
        expect(buf.readString(expected.length, encoding)).toBe(text);
        expect(buf.readableBytes).toBe(0);
      }),
    );
  });

  it("does not write text it has no room for", () => {
    const buf = ByteBuf.alloc(2);
    expect(() => buf.writeString("aaaaaaaa", encoding)).toThrow(
      expect.objectContaining({ code: "INDEX_OUT_OF_RANGE", offset: 0, limit: 2 }),
    );
    expect(buf.writerIndex).toBe(0);
  });

  it("reads long text whole", () => {
    const text = "0123456789abcdef".repeat(2000);
    const bytes = Buffer.from(text, encoding);
    expect(ByteBuf.from(bytes).toString(encoding)).toBe(text);
    expect(ByteBuf.from(Uint8Array.from(bytes)).toString(encoding)).toBe(text);
  });
});

describe("bytes that are not text", () => {
  it("become U+FFFD in UTF-8 as the Encoding Standard says, short or long", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const expected = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
        expect(ByteBuf.from(bytes).toString()).toBe(expected);
        expect(ByteBuf.from(Buffer.from(bytes)).toString()).toBe(expected);
      }),
    );
    expect(ByteBuf.fromHex("61 c3 62").toString()).toBe("a\ufffdb");
  });

  it.each([Uint8Array, Buffer])("become U+FFFD in ASCII, and are characters in Latin-1", (kind) => {
    const bytes = kind.from(Array.from({ length: 256 }, (_, i) => i));
    const ascii = String.fromCharCode(...bytes.subarray(0, 128));
    expect(ByteBuf.from(bytes).toString("ascii")).toBe(ascii + "\ufffd".repeat(128));
    expect(ByteBuf.from(bytes).toString("latin1")).toBe(String.fromCharCode(...bytes));
  });

  it("become U+FFFD in UTF-16", () => {
    expect(ByteBuf.fromHex("00d8 6100 62").toString("utf16le")).toBe("\ufffda\ufffd");
  });

  it("never lose a byte order mark", () => {
    expect(ByteBuf.fromHex("efbbbf 61").toString()).toBe("\ufeffa");
    expect(ByteBuf.fromHex("fffe 6100").toString("utf16le")).toBe("\ufeffa");
  });
});

describe("text that has no bytes", () => {
  it.each<[TextEncoding, string]>([
    ["ascii", "aé"],
    ["latin1", "a€"],
  ])("is refused by %s", (encoding, text) => {
    const buf = ByteBuf.alloc(8);
    expect(() => buf.writeString(text, encoding)).toThrow(expect.objectContaining({ code: "VALUE_OUT_OF_RANGE" }));
    expect(buf.writerIndex).toBe(0);
  });

  it("is a lone surrogate, which UTF-8 replaces", () => {
    for (const text of ["\ud800", "a\udc00b", "\ud800\ud800\udc00", `${"x".repeat(40)}\udbff`]) {
      const buf = ByteBuf.alloc(60);
      expect(buf.writeString(text)).toBe(Buffer.byteLength(text));
      expect(buf.toString()).toBe(Buffer.from(text).toString());
    }
  });

  it("is refused by hex", () => {
    expect(() => ByteBuf.alloc(8).writeString("0g", "hex")).toThrow(expect.objectContaining({ code: "INVALID_HEX" }));
  });
});

describe("Base64", () => {
  it.each<[TextEncoding, string, string]>([
    ["base64", "AP+/", "00ffbf"],
    ["base64", "AP-_", "00ffbf"],
    ["base64url", "AP+/", "00ffbf"],
    ["base64", "YQ", "61"],
    ["base64", "YQ==", "61"],
    ["base64url", "YWI=", "6162"],
    ["base64", " YW\r\nJj\t", "616263"],
    ["base64", "YQ=\n=", "61"],
    ["base64", "", ""],
  ])("as %s reads %j", (encoding, text, hex) => {
    const buf = ByteBuf.alloc(8);
    buf.writeString(text, encoding);
    expect(buf.hexDump()).toBe(hex);
  });

  it.each([
    ["A", 1],
    ["YWJjA", 5],
    ["YQ=", 3],
    ["YQ===", 5],
    ["YWI==", 5],
    ["YWJj=", 5],
    ["=", 1],
    ["YQ==YQ==", 4],
    ["Y*JJ", 1],
    ["YW\u00e9J", 2],
    ["YW\u0141J", 2],
  ])("refuses %j and says where", (text, offset) => {
    const buf = ByteBuf.alloc(8);
    expect(() => buf.writeString(text, "base64")).toThrow(expect.objectContaining({ code: "INVALID_TEXT", offset }));
  });
});

describe("an encoding Sluice does not know", () => {
  it("is refused wherever one is named", () => {
    const unknown = "ebcdic" as TextEncoding;
    const refusal = expect.objectContaining({ code: "UNSUPPORTED_ENCODING" });
    const buf = ByteBuf.from("a");
    expect(() => buf.toString(unknown)).toThrow(refusal);
    expect(() => buf.readString(1, unknown)).toThrow(refusal);
    expect(() => ByteBuf.alloc(1).writeString("a", unknown)).toThrow(refusal);
    expect(buf.readerIndex).toBe(0);
  });
});
