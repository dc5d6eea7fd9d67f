import { ByteBuf } from "@sluice/buffer";
import { describe, expect, it } from "vitest";
import { setup, wired } from "../../fixtures/heartbeat-channel.js";
import { emptyFrameHeartbeat, type HeartbeatProtocol, missCounter, oneByteHeartbeat, textHeartbeat } from "../index.js";

const times = { intervalMs: 30, timeoutMs: 10 };

const RECIPES: [string, HeartbeatProtocol<unknown, unknown>, ping: string, pong: string, data: unknown][] = [
  ["text", textHeartbeat(), "ping", "pong", "pinging"],
  ["text of one's own", textHeartbeat({ ping: "?", pong: "!" }), "?", "!", "ping"],
  ["one byte", oneByteHeartbeat(), "\t", "\n", ByteBuf.from("\t\t")],
  ["one byte for both", oneByteHeartbeat({ ping: 0x2e, pong: 0x2e }), ".", ".", ByteBuf.from("x")],
  ["empty frame", emptyFrameHeartbeat(), "", "", ByteBuf.from("x")],
];

describe.each(RECIPES)("heartbeats as %s", (_name, protocol, ping, pong, data) => {
  it.each(["client", "server"] as const)("work when the %s pings", (pings) => {
    const ends = wired({ side: "client", pings, protocol, ...times }, { side: "server", pings, protocol, ...times }, 2);
    const [pinging, listening] = pings === "client" ? [ends.client, ends.server] : [ends.server, ends.client];
    ends.clock.advance(95);
    expect([pinging.carried.map(String), listening.carried.map(String)]).toEqual([
      [ping, ping, ping],
      [pong, pong, pong],
    ]);
    expect(pinging.heartbeat.roundTripTime).toEqual({ lastMs: 4, smoothedMs: 4, minMs: 4 });
    expect([pinging.channel.inboundMessages, listening.channel.inboundMessages]).toEqual([[], []]);
  });

  it("let everything else pass", () => {
    const { channel } = setup({ side: "server", protocol, ...times });
    channel.writeInbound(data, 17);
    expect(channel.inboundMessages).toEqual([data, 17]);
    expect(channel.outboundMessages).toEqual([]);
  });

  it("work when both ping, each in its own time", () => {
    const ends = wired(
      { side: "client", pings: "both", protocol, ...times },
      { side: "server", pings: "both", protocol, ...times, intervalMs: 20 },
      2,
    );
    ends.clock.advance(1_000);
    expect([ends.client.channel.isOpen, ends.server.channel.isOpen]).toEqual([true, true]);
    const isAmbiguous = ping === pong;
    expect(ends.client.heartbeat.roundTripTime?.lastMs).toBe(isAmbiguous ? undefined : 4);
    // Its own pings and the answers to the other's; where the two cross and look the same, each answers the other.
    expect(ends.client.carried.length).toBe(isAmbiguous ? 33 + 49 - 16 : 33 + 49);
  });
});

describe("oneByteHeartbeat", () => {
  it.each([[{ ping: 256 }], [{ pong: -1 }], [{ ping: 0.5 }]])("refuses %j", (options) => {
    expect(() => oneByteHeartbeat(options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});

describe("missCounter", () => {
  it("counts a miss every three seconds, and five are out", () => {
    const { channel, clock, log } = setup(missCounter());
    clock.advance(14_999);
    expect(log).toEqual(["3000 missed 1", "6000 missed 2", "9000 missed 3", "12000 missed 4"]);
    channel.writeInbound("anything");
    clock.advance(3_000);
    expect(log.splice(0, 5)[4]).toBe("17999 missed 1");
    clock.advance(12_000);
    expect(log.slice(3)).toEqual(["29999 missed 5", "29999 dead 5", "29999 HEARTBEAT_TIMEOUT"]);
    expect(channel.isOpen).toBe(false);
  });

  it("takes other numbers, and a protocol to answer with", () => {
    const { channel, clock, log } = setup({
      ...missCounter({ everyMs: 10, maxMissed: 2 }),
      protocol: textHeartbeat(),
    });
    clock.advance(15);
    channel.writeInbound("ping");
    expect(channel.readOutbound()).toBe("pong");
    clock.advance(20);
    expect(log).toEqual([
      "10 missed 1",
      "15 received",
      "25 missed 1",
      "35 missed 2",
      "35 dead 2",
      "35 HEARTBEAT_TIMEOUT",
    ]);
  });
});
