import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteBuf } from "./index.js";

describe("hex", () => {
  it("round-trips in either case, with or without white space", () => {
    const separators = fc.constantFrom("", " ", "\n", "\t ", "  ");
    fc.assert(
      fc.property(fc.uint8Array(), separators, fc.boolean(), (bytes, separator, upper) => {
        const pairs = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
        const text = separator + pairs.join(separator) + separator;
        const buf = ByteBuf.fromHex(upper ? text.toUpperCase() : text);
        expect(buf.toUint8Array()).toEqual(bytes);
        expect(buf.hexDump()).toBe(pairs.join(""));
      }),
    );
  });

  it.each([
    ["0", 0],
    ["0g", 0],
    ["00 1", 3],
    ["00 0 1", 3],
    ["0x00", 0],
    ["00,01", 2],
    ["00 \u0661\u0661", 3],
    ["00 ٣0", 3],
    ["00/0", 2],
    ["00@0", 2],
    ["00`0", 2],
    ["00:0", 2],
    ["00\u01300", 2],
  ])("refuses %j and says where", (text, offset) => {
    expect(() => ByteBuf.fromHex(text)).toThrow(expect.objectContaining({ code: "INVALID_HEX", offset }));
  });

  it("dumps only the readable bytes", () => {
    expect(ByteBuf.fromHex("aabbcc").skipBytes(1).hexDump()).toBe("bbcc");
    expect(ByteBuf.EMPTY.hexDump()).toBe("");
  });
});

describe("prettyHexDump", () => {
  it("prints Netty's table", () => {
    const buf = ByteBuf.fromHex("ff 00 0c 48 45 4c 4c 4f 2c 20 57 4f 52 4c 44 7e 7f 80").skipBytes(1);
    expect(buf.prettyHexDump()).toBe(
      [
        "         +-------------------------------------------------+",
        "         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |",
        "+--------+-------------------------------------------------+----------------+",
        "|00000000| 00 0c 48 45 4c 4c 4f 2c 20 57 4f 52 4c 44 7e 7f |..HELLO, WORLD~.|",
        "|00000010| 80                                              |.               |",
        "+--------+-------------------------------------------------+----------------+",
      ].join("\n"),
    );
  });

  it("is empty for no bytes", () => {
    expect(ByteBuf.EMPTY.prettyHexDump()).toBe("");
  });
});
