/** What docs/liveness.md says is what happens. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EmbeddedChannel } from "@sluice/core/embedded";
import * as handlers from "@sluice/handler";
import { ByteBuf, type ChannelPipeline, SluiceError } from "sluice";
import { describe, expect, it } from "vitest";
import * as recipes from "../../docs/examples/heartbeat/recipes.js";
import { filesBelow, root } from "../../scripts/workspace.mjs";
import { ExampleProcess } from "./example-process.js";

const page = readFileSync(join(root, "docs/liveness.md"), "utf8");

type Pipeline = ChannelPipeline<ByteBuf, ByteBuf>;

/** An embedded channel with a recipe, and the codes of the errors it ends with. */
function withRecipe(recipe: (pipeline: Pipeline) => unknown) {
  const errors: string[] = [];
  const channel = new EmbeddedChannel();
  recipe(channel.pipeline as Pipeline);
  channel.pipeline.addLast({
    exceptionCaught: (_ctx, error) => void errors.push(error instanceof SluiceError ? error.code : String(error)),
  });
  const sent = () => channel.outboundMessages.splice(0).map((bytes) => (bytes as ByteBuf).hexDump());
  return { channel, clock: channel.clock, errors, sent };
}

it("shows its files as they are", () => {
  const sources = filesBelow("docs/examples/heartbeat").map((path) => readFileSync(join(root, path), "utf8"));
  const shown = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? "");
  expect(shown.length).toBeGreaterThan(5);
  expect(shown.filter((code) => !sources.some((source) => source.includes(code.trimEnd())))).toEqual([]);
});

it("names every handler that has to do with it, and every error they raise", () => {
  const names = Object.keys(handlers).filter((name) =>
    /Timeout|Heartbeat(Handler|Event)$|Idle|Sweep|Counter/.test(name),
  );
  expect(names.length).toBeGreaterThan(7);
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  for (const code of ["READ", "WRITE", "HEARTBEAT", "HANDSHAKE", "REQUEST"]) expect(page).toContain(`${code}_TIMEOUT`);
});

describe("heartbeats of the recipes", () => {
  const HEX = { "ping\n": "70696e670a", "pong\n": "706f6e670a" };

  it.each([
    ["text", recipes.withText, HEX["ping\n"], HEX["pong\n"], 45_000],
    ["one byte", recipes.withOneByte, "0000000109", "000000010a", 35_000],
    ["an empty frame", recipes.withEmptyFrame, "00000000", "00000000", 35_000],
  ] as const)("%s", (_name, recipe, ping, pong, foundOutMs) => {
    const client = withRecipe((p) => recipe(p, "client"));
    client.clock.advance(25_000);
    expect(client.sent().join("")).toBe(ping);
    client.channel.writeInbound(ByteBuf.fromHex(pong));
    client.clock.advance(foundOutMs - 1);
    expect(client.errors).toEqual([]);
    client.clock.advance(1);
    expect(client.errors).toEqual(["HEARTBEAT_TIMEOUT"]);
    expect(client.channel.isOpen).toBe(false);

    const server = withRecipe((p) => recipe(p, "server"));
    server.channel.writeInbound(ByteBuf.fromHex(ping));
    expect(server.sent().join("")).toBe(pong);
    expect(server.channel.inboundMessages).toEqual([]);
  });

  it("the counter: five times three seconds", () => {
    const { channel, clock, errors, sent } = withRecipe(recipes.withCounter);
    channel.writeInbound(ByteBuf.from("ping\n"));
    expect(sent().join("")).toBe(HEX["pong\n"]);
    clock.advance(14_999);
    expect(errors).toEqual([]);
    clock.advance(1);
    expect(errors).toEqual(["HEARTBEAT_TIMEOUT"]);
  });

  it("the sweep: a minute, and up to half a minute late", () => {
    const { channel, clock, errors } = withRecipe(recipes.withSweep);
    clock.advance(5_000);
    channel.writeInbound(ByteBuf.from("hello\n"));
    clock.advance(60_000);
    expect(errors).toEqual([]);
    clock.advance(25_000);
    expect(errors).toEqual(["HEARTBEAT_TIMEOUT"]);
  });
});

it("downloads: the first silence is pardoned, a second one is not", () => {
  const { channel, clock } = withRecipe(recipes.forDownloads);
  clock.advance(66_000);
  expect(channel.isOpen).toBe(true);
  channel.writeOutbound(ByteBuf.from("more"));
  clock.advance(66_000);
  expect(channel.isOpen).toBe(true);
  clock.advance(66_000);
  expect(channel.isOpen).toBe(false);
});

it("the example runs", async () => {
  const example = new ExampleProcess("heartbeat/main");
  expect(await example.exit()).toBe(0);
  expect(example.stdout).toBe(
    "server: bob is gone, HEARTBEAT_TIMEOUT\nclient: hello alice\nclient: still there, asked and answered\n",
  );
  expect(example.stderr).toBe("");
});
