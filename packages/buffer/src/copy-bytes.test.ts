import fc from "fast-check";
import { expect, it } from "vitest";
import { copyBytes } from "./copy-bytes.js";

it("copies any range to any place and touches nothing else", () => {
  const large = new Uint8Array(200_000).map((_, i) => i * 7);
  const sources = [
    large,
    large.subarray(0, 4096),
    new Uint8Array(300).map((_, i) => 255 - i),
    Buffer.from("x".repeat(500)),
  ];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(3), fc.nat(150), fc.nat(150), fc.nat(150), fc.boolean()), {
        minLength: 1,
        maxLength: 20,
      }),
      (copies) => {
        const targets = [new Uint8Array(400).fill(1), new Uint8Array(1000).subarray(100, 500).fill(2)];
        for (const [which, start, at, length, second] of copies) {
          const from = sources[which] as Uint8Array;
          const to = targets[second ? 1 : 0] as Uint8Array;
          const expected = Uint8Array.from(to);
          expected.set(from.subarray(start, start + length), at);
          copyBytes(from, start, to, at, length);
          expect(Buffer.compare(to, expected)).toBe(0);
        }
      },
    ),
  );
});
