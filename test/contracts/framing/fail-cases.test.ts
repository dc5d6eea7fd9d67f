/** Streams that decoders once failed on, here or elsewhere. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { joined } from "./decoder-row.js";
import { decoders } from "./decoder-table.js";
import { formatFailCase, parseFailCase } from "./fail-case.js";
import { whyItFails } from "./replay.js";
import { sameForAllCuts } from "./same-for-all-cuts.js";

const folder = new URL("fail-cases/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".hex"));

describe.each(files)("%s", (name) => {
  const failCase = parseFailCase(readFileSync(new URL(name, folder), "utf8"));
  const row = decoders.find((one) => one.name === failCase.decoder);

  it("does no harm", () => {
    expect(row?.name).toBe(failCase.decoder);
    expect(whyItFails(row!, failCase)).toBeUndefined();
  });

  it("gives the same however it is cut", () => {
    const bytes = joined(failCase.chunks);
    for (const end of ["peer", "us"] as const) sameForAllCuts(row!, { options: failCase.options, bytes }, end, 1);
  });
});

it("reads what it writes", () => {
  const failCase = {
    decoder: "X: y",
    options: { maxLength: 1, delimiters: ["\r\n"] },
    end: "removal",
    chunks: [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3), new Uint8Array(0)],
  } as const;
  expect(parseFailCase(formatFailCase(failCase, "why"))).toEqual(failCase);
});
