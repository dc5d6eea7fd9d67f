import { describe, expect, it } from "vitest";
import { AttributeKey } from "./attribute-key.js";
import { EmbeddedChannel } from "./embedded/index.js";

describe("attributes", () => {
  const NAME = new AttributeKey<string>("name");

  it("hold one value per key and channel", () => {
    const [a, b] = [new EmbeddedChannel(), new EmbeddedChannel()];
    expect(a.attr(NAME).get()).toBeUndefined();
    a.attr(NAME).set("ada");
    expect([a.attr(NAME).get(), b.attr(NAME).get(), a.attr(NAME).key]).toEqual(["ada", undefined, NAME]);
    expect(a.attr(NAME)).toBe(a.attr(NAME));
    expect(a.attr(new AttributeKey<string>("name")).get()).toBeUndefined();
  });

  it("can be exchanged, set once and removed", () => {
    const attribute = new EmbeddedChannel().attr(NAME);
    expect([attribute.getAndSet("a"), attribute.getAndSet("b")]).toEqual([undefined, "a"]);
    expect([attribute.setIfAbsent("c"), attribute.remove(), attribute.setIfAbsent("c"), attribute.get()]).toEqual([
      "b",
      "b",
      "c",
      "c",
    ]);
    expect([attribute.remove(), attribute.remove(), attribute.get()]).toEqual(["c", undefined, undefined]);
  });

  it("outlive the channel's close", async () => {
    const channel = new EmbeddedChannel();
    channel.attr(NAME).set("ada");
    await channel.close();
    expect(channel.attr(NAME).get()).toBe("ada");
  });
});
