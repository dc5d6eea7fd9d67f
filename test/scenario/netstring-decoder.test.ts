/** How docs/framing.md tests a decoder. */

import { verifyDecoder } from "@sluice/testing";
import { expect, it } from "vitest";
import { NetstringDecoder } from "./netstring-decoder.js";

it("makes the same of netstrings however they are cut", () => {
  verifyDecoder({
    decoder: () => new NetstringDecoder(),
    input: "5:hello,0:,12:hello, world,3:ab",
    messages: ["hello", "", "hello, world"],
    errors: ["FRAME_TRUNCATED"],
  });
});

it.each(["x:a,", "1:ab", "123456:", ":,", "-1:,"])("refuses %s", (input) => {
  const report = verifyDecoder({
    decoder: () => new NetstringDecoder(),
    input,
    messages: [],
    errors: [{ code: "FRAME_CORRUPTED", offset: 0 }],
  });
  expect(report.cuts).toBeGreaterThan(0);
});
