import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IpAddress } from "./ip-address.js";

const parsed = (text: string) => {
  const address = IpAddress.parse(text);
  return address === undefined ? undefined : `${address.bits} ${address.value.toString(16)}`;
};

describe("IpAddress", () => {
  it.each([
    ["0.0.0.0", "32 0"],
    ["10.1.2.3", "32 a010203"],
    ["255.255.255.255", "32 ffffffff"],
    ["::ffff:10.1.2.3", "32 a010203"],
    ["::FFFF:0a01:203", "32 a010203"],
    ["0:0:0:0:0:ffff:10.1.2.3", "32 a010203"],
    ["::", "128 0"],
    ["::1", "128 1"],
    ["1::", "128 10000000000000000000000000000"],
    ["fe80::1%eth0", "128 fe800000000000000000000000000001"],
    ["2001:db8:0:1:2:3:4:5", "128 20010db8000000010002000300040005"],
    ["2001:db8::0.0.0.5", "128 20010db8000000000000000000000005"],
    ["1:2:3:4:5:6:7::", "128 10002000300040005000600070000"],
    ["::2:3:4:5:6:7:8", "128 2000300040005000600070008"],
    ["64:ff9b::10.0.0.1", "128 64ff9b00000000000000000a000001"],
  ])("reads %s", (text, value) => {
    expect(parsed(text)).toBe(value);
  });

  it.each([
    "",
    "localhost",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.-4",
    " 1.2.3.4",
    "0x1.2.3.4",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "12345::",
    "g::",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "1:2:3:4:5:6:7:1.2.3.4",
    ":1:2:3:4:5:6:7",
  ])("refuses %j", (text) => {
    expect(parsed(text)).toBeUndefined();
  });

  it("reads back what a number is written as", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), fc.nat(7), fc.nat(8), (value, from, count) => {
        const groups = Array.from({ length: 8 }, (_, i) => (value >> BigInt(112 - 16 * i)) & 0xffffn);
        const hex = groups.map((group) => group.toString(16));
        // Any run of zeros may be left out, one of a single group too.
        const to = Math.min(8, from + count);
        const zeros = to > from && groups.slice(from, to).every((group) => group === 0n);
        const text = zeros ? `${hex.slice(0, from).join(":")}::${hex.slice(to).join(":")}` : hex.join(":");
        const isMapped = value >> 32n === 0xffffn;
        expect(IpAddress.parse(text)).toEqual(
          new IpAddress(isMapped ? 32 : 128, isMapped ? value & 0xffffffffn : value),
        );
      }),
    );
  });
});
