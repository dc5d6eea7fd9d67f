import { describe, expect, it } from "vitest";
import { formatColumns } from "./trace-columns.js";

function format(left: string[], right: string[]): string {
  return formatColumns({ titles: ["left", "right"], left, right, alike: (a, b) => left[a] === right[b] });
}

describe("formatColumns", () => {
  it("sets off what both begin and end with", () => {
    expect(format(["a", "b", "c", "z"], ["a", "b", "x", "c", "z"])).toBe(
      ["    left | right", "    a    | a", "    b    | b", "  ≠      | x", "    c    | c", "    z    | z"].join("\n"),
    );
    expect(format(["a"], [])).toBe("    left | right\n  ≠ a    |");
  });

  it("shows a few rows before the first difference and not all behind it", () => {
    const left = Array.from({ length: 50 }, (_, at) => `${at}`);
    const lines = format(left, ["-1", ...left].with(30, "x")).split("\n");
    expect(lines.slice(0, 3)).toEqual(["    left | right", "  ≠ 0    | -1", "  ≠ 1    | 0"]);
    expect(lines.at(-1)).toBe("    … 35 more");
    const later = format(left, left.with(30, "x")).split("\n");
    expect(later.slice(1, 6)).toEqual([
      "    … 27 alike",
      "    27   | 27",
      "    28   | 28",
      "    29   | 29",
      "  ≠ 30   | x",
    ]);
  });

  it("shows long texts where they part", () => {
    const row = format([`${"a".repeat(100)}b`], [`${"a".repeat(100)}c${"d".repeat(100)}`]).split("\n")[1]!;
    expect(row).toBe(`  ≠ …${"a".repeat(30)}b | …${"a".repeat(30)}c${"d".repeat(29)}…`);
  });
});
