/** Every departure that docs/framing.md lists, with its bytes: what Sluice makes of them always, Netty where it is there. */

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { caseOf, DEPARTURE_ROWS, departureTable, shown } from "./departure-rows.js";
import { question } from "./frame-case.js";
import { FrameOracle } from "./frame-oracle.js";
import { nettyStream, ourStream } from "./frame-outcome.js";
import { type Netty, prepareNetty } from "./netty.js";

let netty: Netty | string;
let oracle: FrameOracle | undefined;

beforeAll(async () => {
  netty = await prepareNetty();
  if (typeof netty !== "string") oracle = new FrameOracle(netty);
}, 300_000);

afterAll(() => oracle?.[Symbol.asyncDispose]());

it("docs/framing.md shows them", () => {
  expect(readFileSync(new URL("../../docs/framing.md", import.meta.url), "utf8")).toContain(departureTable());
});

describe.each(DEPARTURE_ROWS)("$kind $options: $because", (row) => {
  const given = caseOf(row);

  it("Sluice", () => {
    expect(shown(ourStream(given), given.chunks.length)).toBe(row.sluice);
  });

  it("Netty", async (context) => {
    if (typeof netty === "string" || oracle === undefined) return context.skip(String(netty));
    const [answer = ""] = await oracle.ask([question(given, "stream")]);
    const expected = netty.version.startsWith("4.1.") ? (row.netty41 ?? row.netty) : row.netty;
    expect(shown(nettyStream(given, answer), given.chunks.length)).toBe(expected);
  });
});
