/** No decoder without a row, no row without a decoder. */

import * as sluice from "sluice";
import { expect, it } from "vitest";
import { decoders } from "./decoder-table.js";

const tested = new Set(decoders.map(({ name }) => name.split(":")[0]));

it("has a row for every decoder that sluice exports", () => {
  const exported = Object.keys(sluice).filter((name) => name.endsWith("Decoder"));
  expect(exported.length).toBeGreaterThan(10);
  expect(exported.filter((name) => !tested.has(name))).toEqual([]);
});

it("has no row for something that sluice does not export", () => {
  expect([...tested].filter((name) => !Object.hasOwn(sluice, name as string))).toEqual([]);
});
