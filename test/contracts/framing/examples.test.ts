/** Hand-picked inputs of every decoder, under the verifier that users have too. */

import { verifyDecoder } from "@sluice/testing";
import { describe, expect, it } from "vitest";
import * as counted from "./counted-examples.js";
import { decoders } from "./decoder-table.js";
import * as delimited from "./delimited-examples.js";
import type { FramingExample } from "./framing-example.js";
import * as messages from "./message-examples.js";
import * as stuffed from "./stuffed-examples.js";

/** `XExamples` are those of the class X. */
const examples: Readonly<Record<string, readonly FramingExample[]>> = {
  ...delimited,
  ...counted,
  ...stuffed,
  ...messages,
};

describe.each(Object.entries(examples))("%s", (_name, ofOne) => {
  it.each(ofOne)("… $shows", (example) => {
    const { cuts } = verifyDecoder(example);
    expect(cuts).toBeGreaterThan(0);
  });
});

it("has examples of every decoder", () => {
  const names = new Set(decoders.map(({ name }) => `${name.split(":")[0]}Examples`));
  expect(Object.keys(examples).sort()).toEqual([...names].sort());
});
