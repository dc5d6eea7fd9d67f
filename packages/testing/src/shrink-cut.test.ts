import { ByteBuf } from "@sluice/buffer";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteByByte, type Cut, joined } from "./cuts.js";
import { shrinkCut } from "./shrink-cut.js";

const text = (cut: Cut) => cut.map((chunk) => ByteBuf.from(chunk).toString()).join("|");
const cutOf = (chunks: string) => chunks.split("|").map((chunk) => ByteBuf.from(chunk).toUint8Array());

/** Fails when a boundary lies within `\r\n`. */
const tornDelimiter = (cut: Cut) => /\r\|\n/.test(text(cut));

describe("shrinkCut", () => {
  it("keeps what matters and nothing else", () => {
    expect(text(shrinkCut(cutOf("h|e|ll|o\r|\n|wor|ld"), tornDelimiter, 1000))).toBe("\r|\n");
    expect(text(shrinkCut(byteByByte(ByteBuf.from("x".repeat(2000)).toUint8Array()), () => true, 1000))).toBe("");
  });

  it("prefers few chunks to few bytes", () => {
    const fails = (cut: Cut) => cut.length > 1 || joined(cut).length > 4;
    expect(text(shrinkCut(cutOf("a|b|c|d|e|f"), fails, 1000))).toBe("bcdef");
  });

  it("looks for one cut elsewhere when several were found", () => {
    // Any boundary next to c fails, and so do two boundaries anywhere.
    const fails = (cut: Cut) => cut.length > 2 || /c\||\|c/.test(text(cut));
    expect(shrinkCut(cutOf("a|b|cd"), fails, 1000)).toHaveLength(2);
  });

  it("drops empty chunks that do not matter and keeps those that do", () => {
    expect(text(shrinkCut(cutOf("|\r|\n||"), tornDelimiter, 1000))).toBe("\r|\n");
    expect(text(shrinkCut(cutOf("ab||cd"), (cut) => cut.some(({ length }) => length === 0), 1000))).toBe("");
  });

  it("stops when its attempts are used up", () => {
    let attempts = 0;
    const cut = byteByByte(new Uint8Array(100));
    const fails = () => {
      attempts++;
      return false;
    };
    expect(shrinkCut(cut, fails, 20)).toBe(cut);
    expect(attempts).toBe(20);
  });

  it("gives a cut that fails and from which nothing can be merged or dropped", () => {
    const chunks = fc.array(fc.stringMatching(/^[a\r\n]{0,4}$/), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(chunks, (all) => {
        const cut = cutOf(all.join("|"));
        fc.pre(tornDelimiter(cut));
        expect(text(shrinkCut(cut, tornDelimiter, 1000))).toBe("\r|\n");
      }),
    );
  });
});
