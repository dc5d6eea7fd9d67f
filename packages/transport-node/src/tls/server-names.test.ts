import { describe, expect, it } from "vitest";
import { ServerNames } from "./server-names.js";

function names(...list: string[]): ServerNames<string> {
  const byName = new ServerNames<string>();
  for (const name of list) byName.set(name, name);
  return byName;
}

describe("server names", () => {
  it.each([
    ["a.example.org", "a.example.org"],
    ["A.EXAMPLE.ORG", "a.example.org"],
    ["b.example.org", "*.example.org"],
    ["example.org", undefined],
    ["x.b.example.org", undefined],
    ["b.example.com", undefined],
    [".example.org", undefined],
    ["org", undefined],
    ["", undefined],
    ["localhost", "localhost"],
  ])("%s finds %s", (asked, found) => {
    expect(names("*.example.org", "a.example.org", "LocalHost").get(asked)?.toLowerCase()).toBe(found);
  });

  it.each(["", "*", "*.", "a.*.org", "*a.example.org", "a..org", "a b", "https://example.org", "-a.org"])(
    "%j is no name",
    (name) => {
      expect(() => names(name)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    },
  );
});
