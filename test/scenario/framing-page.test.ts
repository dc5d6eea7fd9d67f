/** What docs/framing.md says is what happens. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { verifyDecoder } from "@sluice/testing";
import { ByteBuf, type ChannelHandler, LengthFieldBasedFrameDecoder, LineBasedFrameDecoder, SluiceError } from "sluice";
import { describe, expect, it } from "vitest";
import { Greeting } from "../../docs/examples/protocol-switch/greeting.js";
import { filesBelow, root } from "../../scripts/workspace.mjs";
import { ExampleProcess } from "./example-process.js";
import { FRAMING_RECIPES, recipeTable } from "./framing-recipes.js";
import { tolerantLines } from "./tolerant-lines.js";

const text = (path: string) => readFileSync(join(root, path), "utf8");
const page = text("docs/framing.md");

it("shows its files as they are", () => {
  const examples = ["docs/examples/protocol-switch", "docs/examples/frame-reader", "test/scenario"].flatMap(filesBelow);
  const sources = examples.filter((path) => path.endsWith(".ts")).map(text);
  const shown = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? "");
  expect(shown.length).toBeGreaterThan(4);
  expect(shown.filter((code) => !sources.some((source) => source.includes(code)))).toEqual([]);
});

it("names every frame decoder there is", async () => {
  const names = Object.keys(await import("@sluice/codec")).filter((name) => name.endsWith("FrameDecoder"));
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

describe("the recipes", () => {
  it("are on the page", () => {
    expect(page).toContain(recipeTable());
  });

  it.each(FRAMING_RECIPES)("$protocol", ({ options, wire, frame }) => {
    verifyDecoder({
      decoder: () => new LengthFieldBasedFrameDecoder(options),
      input: ByteBuf.fromHex(`${wire} ${wire}`),
      messages: [ByteBuf.fromHex(frame), ByteBuf.fromHex(frame)],
    });
  });
});

describe("errors", () => {
  const INPUT = "ok\nfar too long\nok\nhalf";

  it("carry what the page says", () => {
    const channel = new EmbeddedChannel(new LineBasedFrameDecoder({ maxLength: 8 }));
    let error: unknown;
    try {
      channel.writeInbound(ByteBuf.from(INPUT));
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(SluiceError);
    const { offset, limit, length, hex } = error as SluiceError;
    expect({ offset, limit, length, hex }).toEqual({
      offset: 3,
      limit: 8,
      length: undefined,
      hex: "66617220746f6f206c",
    });
    for (const [field, value] of Object.entries({ offset, limit }))
      expect(page).toContain(`| \`${field}\` | ${value} |`);
    expect(page).toContain(`\`${hex}\``);
  });

  it("do not end a pipeline that takes them", () => {
    const log: string[] = [];
    const channel = new EmbeddedChannel();
    tolerantLines(channel.pipeline, (line) => log.push(line));
    channel.writeInbound(ByteBuf.from(INPUT));
    channel.finish();
    expect(log).toEqual(["ok", "FRAME_TOO_LONG at 3", "ok", "FRAME_TRUNCATED at 19"]);
  });
});

describe("a switch of protocols", () => {
  const session = (name: string): ChannelHandler => ({
    channelRead: (ctx, frame) => ctx.fireChannelRead(`${name}: ${frame}`),
  });
  const decoder = () => [new LineBasedFrameDecoder({ maxLength: 80 }), new Greeting(session)];

  it("happens at the same byte however the stream is cut", () => {
    verifyDecoder({
      decoder,
      input: "HELLO alice\n\0\x03one\0\0\0\x06\nthree",
      messages: ["alice: one", "alice: ", "alice: \nthree"],
    });
  });

  it("does not happen without a greeting", () => {
    verifyDecoder({ decoder, input: "GOODBYE\n", errors: ["FRAME_CORRUPTED"], messages: [] });
  });

  it("runs as an example", async () => {
    const example = new ExampleProcess("protocol-switch/main");
    expect(await example.exit()).toBe(0);
    expect(example.stdout).toBe("alice says one\nalice says two\n");
    expect(example.stderr).toBe("");
  });
});

it("decoders without a channel run as an example", async () => {
  const example = new ExampleProcess("frame-reader/main");
  expect(await example.exit()).toBe(0);
  expect(example.stdout).toBe(
    "one\ntwo\na frame is longer than 10 bytes\nfour\none\ntwo\nthree, which is long\nfour\n",
  );
  expect(example.stderr).toBe("");
});
