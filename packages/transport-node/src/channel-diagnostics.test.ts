import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Bootstrap, type Channel, ServerBootstrap } from "@sluice/core";
import { afterEach, describe, expect, it } from "vitest";
import type { ChannelDiagnostics } from "./channel-diagnostics.js";
import { tcp } from "./index.js";

const EVENTS = ["active", "inactive", "writability", "close", "exception"];
const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

/** What is published, as `event id` and the error if there is one. */
function subscribed() {
  const published: string[] = [];
  for (const event of EVENTS) {
    const listener = (message: unknown) => {
      const { channel, error } = message as ChannelDiagnostics;
      published.push(`${event} ${channel.id}${error === undefined ? "" : ` ${error.message}`}`);
    };
    subscribe(`sluice.channel.${event}`, listener);
    ended.push(() => unsubscribe(`sluice.channel.${event}`, listener));
  }
  return published;
}

async function connected() {
  const server = await new ServerBootstrap()
    .transport(tcp())
    .childHandler((p) => p)
    .bind({ host: "127.0.0.1", port: 0 });
  const client = await new Bootstrap()
    .transport(tcp())
    .handler((p) => p)
    .connect(server.localAddress);
  await expect.poll(() => server.children.size).toBe(1);
  return { server, client, child: [...server.children][0] as Channel };
}

describe("diagnostics channels", () => {
  it("tell the lives of servers, clients and accepted connections", async () => {
    const published = subscribed();
    const { server, client, child } = await connected();
    client.on("error", () => {});
    client.pipeline.fireExceptionCaught(new Error("nobody's"));
    await client.closed;
    await child.closed;
    await server.shutdown();
    const of = ({ id }: Channel) => published.filter((line) => line.split(" ")[1] === String(id));
    expect(of(server).map((line) => line.split(" ")[0])).toEqual(["active", "inactive", "close"]);
    expect(of(child).map((line) => line.split(" ")[0])).toEqual(["active", "inactive", "close"]);
    expect(of(client)).toEqual(
      ["active #", "exception # nobody's", "inactive #", "close #"].map((line) => line.replace("#", String(client.id))),
    );
  });

  it("tell nobody where nobody listens", async () => {
    const published = subscribed();
    for (const end of ended.splice(0)) end();
    const { server, client } = await connected();
    await client.close();
    await server.shutdown();
    expect(published).toEqual([]);
  });
});
