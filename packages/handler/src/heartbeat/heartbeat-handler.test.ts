import type { SluiceError } from "@sluice/buffer";
import { ChannelInputShutdownEvent } from "@sluice/core";
import { EmbeddedChannel, ManualClock } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { numbered, setup, wired } from "../../fixtures/heartbeat-channel.js";
import { HeartbeatHandler, type HeartbeatHandlerOptions, textHeartbeat } from "../index.js";

const { sequenceOf: _, ...unnumbered } = numbered;
const client = { side: "client", protocol: numbered, intervalMs: 30, timeoutMs: 10 } as const;
const server = { ...client, side: "server" } as const;

describe("HeartbeatHandler, pinging", () => {
  it("pings every interval while the peer answers, and measures the round trip", () => {
    const { channel, clock, heartbeat, log } = setup(client);
    clock.advance(30);
    expect(channel.readOutbound()).toBe("ping:1");
    expect(heartbeat.roundTripTime).toBeUndefined();
    clock.advance(8);
    expect(channel.writeInbound("pong:1")).toBe(false);
    expect(heartbeat.roundTripTime).toEqual({ lastMs: 8, smoothedMs: 8, minMs: 8 });
    clock.advance(22);
    expect(channel.readOutbound()).toBe("ping:2");
    channel.writeInbound("pong:2");
    expect(heartbeat.roundTripTime).toEqual({ lastMs: 0, smoothedMs: 7, minMs: 0 });
    expect(log).toEqual(["30 sent", "38 received", "60 sent", "60 received"]);
  });

  it("gives up after interval and timeout, fails what is queued and cuts the connection", async () => {
    const { channel, clock, log } = setup(client);
    clock.advance(39);
    const queued = channel.write("never flushed");
    queued.addListener(() => {});
    expect([channel.isOpen, log]).toEqual([true, ["30 sent"]]);
    clock.advance(1);
    expect([channel.isOpen, log]).toEqual([false, ["30 sent", "40 missed 1", "40 dead 1", "40 HEARTBEAT_TIMEOUT"]]);
    await expect(queued).rejects.toMatchObject({ code: "CHANNEL_CLOSED" });
    expect([channel.engine.ending.peerIsGone, clock.pending]).toEqual([true, 0]);
  });

  it("repeats a missed ping at once, as often as it may", () => {
    const { channel, clock, heartbeat, log } = setup({ ...client, maxMissed: 3 });
    clock.advance(50);
    expect(heartbeat.missed).toBe(2);
    channel.writeInbound("pong:3");
    expect([heartbeat.missed, heartbeat.roundTripTime?.lastMs]).toEqual([0, 0]);
    clock.advance(29);
    expect(log).toEqual(["30 sent", "40 missed 1", "40 sent", "50 missed 2", "50 sent", "50 received"]);
    clock.advance(31);
    expect(log.slice(6)).toEqual([
      "80 sent",
      "90 missed 1",
      "90 sent",
      "100 missed 2",
      "100 sent",
      "110 missed 3",
      "110 dead 3",
      "110 HEARTBEAT_TIMEOUT",
    ]);
    expect(channel.outboundMessages).toEqual(["ping:1", "ping:2", "ping:3", "ping:4", "ping:5", "ping:6"]);
  });

  it("takes any traffic for life, passes it on, and pings all the same", () => {
    const { channel, clock, log } = setup(client);
    for (let i = 0; i < 7; i++) {
      clock.advance(10);
      channel.writeInbound("data");
    }
    expect(channel.inboundMessages).toEqual(Array(7).fill("data"));
    expect(log).toEqual(["30 sent", "60 sent"]);
  });

  it("with onlyPongs believes pongs alone", () => {
    const { channel, clock, log } = setup({ ...client, onlyPongs: true });
    clock.advance(30);
    channel.writeInbound("pong:1", "data");
    clock.advance(35);
    channel.writeInbound("data", "ping:1");
    clock.advance(5);
    expect(log).toEqual([
      "30 sent",
      "30 received",
      "60 sent",
      "65 received",
      "70 missed 1",
      "70 dead 1",
      "70 HEARTBEAT_TIMEOUT",
    ]);
  });

  it("takes a read burst that has not ended for life", () => {
    const { channel, clock, log } = setup(client);
    clock.advance(30);
    channel.writeOneInbound("data");
    clock.advance(29);
    expect(log).toEqual(["30 sent"]);
  });

  it("schedules nothing for traffic", () => {
    const { channel, clock } = setup(client);
    clock.advance(35);
    let calls = 0;
    const { now } = clock;
    clock.now = () => now.call(clock) + 0 * calls++;
    channel.writeInbound(...Array(1_000).fill("data"));
    expect([calls, clock.pending, clock.nextDeadline]).toEqual([1, 1, 40]);
  });

  it("pings as soon as it knows, when an answer took longer than the interval", () => {
    const { channel, clock, log } = setup({ ...client, intervalMs: 5, timeoutMs: 20 });
    clock.advance(17);
    channel.writeInbound("pong:1");
    clock.advance(0);
    expect(log).toEqual(["5 sent", "17 received", "17 sent"]);
    clock.advance(1);
    channel.writeInbound("pong:2");
    clock.advance(4);
    expect(log.slice(3)).toEqual(["18 received", "22 sent"]);
  });

  it.each(["handlerRemoved", "channelInactive", "input shut down"])("stops on %s", (end) => {
    const { channel, clock, heartbeat, log } = setup(client);
    clock.advance(30);
    if (end === "handlerRemoved") channel.pipeline.remove(heartbeat);
    else if (end === "channelInactive") channel.finish();
    else channel.pipeline.fireUserEventTriggered(ChannelInputShutdownEvent);
    expect(clock.pending).toBe(0);
    clock.advance(1_000);
    expect(log).toEqual(["30 sent"]);
  });

  it("goes on listening, without a ping, when its output is shut down", () => {
    const { channel, clock, log } = setup(client);
    channel.shutdownOutput();
    clock.advance(30);
    channel.writeInbound("ping:1");
    clock.advance(30);
    expect(log).toEqual(["30 received"]);
    clock.advance(10);
    expect(log.slice(1)).toEqual(["70 missed 1", "70 dead 1", "70 HEARTBEAT_TIMEOUT"]);
    expect(channel.outboundMessages).toEqual([]);
  });

  it("reports what the protocol throws, and what a failed write fails with", () => {
    const broken = { ...numbered, makePing: () => failing("no ping today") };
    const { clock, log } = setup({ ...client, protocol: broken });
    clock.advance(30);
    expect(log).toEqual(["30 no ping today"]);
    const refused = setup({ ...client, protocol: { ...numbered, makePing: () => undefined } });
    refused.clock.advance(30);
    expect(refused.log).toEqual(["30 UNSUPPORTED_MESSAGE", "30 sent"]);
  });

  it("neither hangs nor fires early on a clock with fractions", () => {
    const { channel, clock, log } = setup({ ...client, intervalMs: 10.1, timeoutMs: 3.3 }, 1e9 + 0.3);
    for (let i = 0; i < 100; i++) {
      clock.advance(0.7 + i / 1_000);
      channel.writeInbound("data");
    }
    expect(log.length).toBe(7);
  });
});

describe("HeartbeatHandler, where nobody answers", () => {
  const { makePing, isPing } = numbered;
  const protocol = { makePing, isPing };

  it("beats, and expects nothing", () => {
    const { channel, clock, log } = setup({ ...client, protocol });
    clock.advance(95);
    expect([channel.isOpen, log]).toEqual([true, ["30 sent", "60 sent", "90 sent"]]);
  });

  it("needs a handler for each direction to watch both", () => {
    const clock = new ManualClock();
    const channel = new EmbeddedChannel({
      clock,
      handlers: [
        new HeartbeatHandler({ ...client, protocol }),
        new HeartbeatHandler({ ...client, pings: "server", protocol }),
      ],
    });
    clock.advance(35);
    channel.writeInbound("ping:1");
    clock.advance(39);
    expect([channel.isOpen, channel.inboundMessages, channel.outboundMessages]).toEqual([
      true,
      [],
      ["ping:1", "ping:2"],
    ]);
    clock.advance(1);
    expect(() => channel.checkException()).toThrow(expect.objectContaining({ code: "HEARTBEAT_TIMEOUT" }));
    expect(channel.isOpen).toBe(false);
  });
});

describe("HeartbeatHandler and round trips", () => {
  it("measures an answer to the last ping only", () => {
    const { channel, clock, heartbeat } = setup({ ...client, maxMissed: 9 });
    clock.advance(42);
    channel.writeInbound("pong:1");
    expect(heartbeat.roundTripTime).toBeUndefined();
    clock.advance(1);
    channel.writeInbound("pong:2");
    expect(heartbeat.roundTripTime?.lastMs).toBe(3);
    clock.advance(1);
    channel.writeInbound("pong:2");
    expect(heartbeat.roundTripTime?.lastMs).toBe(3);
  });

  it("without numbers counts answers", () => {
    const { channel, clock, heartbeat, log } = setup({ ...client, protocol: unnumbered, maxMissed: 9 });
    channel.writeInbound("pong:?");
    clock.advance(42);
    channel.writeInbound("pong:?");
    expect(heartbeat.roundTripTime).toBeUndefined();
    clock.advance(1);
    channel.writeInbound("pong:?");
    expect(heartbeat.roundTripTime).toEqual({ lastMs: 3, smoothedMs: 3, minMs: 3 });
    expect(log).toEqual(["0 received", "30 sent", "40 missed 1", "40 sent", "42 received", "43 received"]);
  });
});

describe("HeartbeatHandler, listening", () => {
  it("answers pings and takes them no further", () => {
    const { channel, clock, log } = setup(server);
    clock.advance(30);
    expect(channel.writeInbound("ping:7")).toBe(false);
    expect(channel.readOutbound()).toBe("pong:7");
    clock.advance(39);
    expect([channel.isOpen, log]).toEqual([true, ["30 received"]]);
  });

  it("gives up when no ping and nothing else comes for interval and timeout", () => {
    const { channel, clock, log } = setup({ ...server, maxMissed: 2 });
    clock.advance(35);
    channel.writeInbound("data");
    clock.advance(49);
    expect(log).toEqual(["75 missed 1"]);
    clock.advance(1);
    expect([channel.isOpen, log.slice(1)]).toEqual([false, ["85 missed 2", "85 dead 2", "85 HEARTBEAT_TIMEOUT"]]);
  });

  it("with onlyPongs believes heartbeats alone", () => {
    const { channel, clock, log } = setup({ ...server, onlyPongs: true });
    clock.advance(20);
    channel.writeInbound("ping:1");
    clock.advance(10);
    channel.writeInbound("data");
    clock.advance(30);
    expect(log).toEqual(["20 received", "60 missed 1", "60 dead 1", "60 HEARTBEAT_TIMEOUT"]);
  });

  it("takes a pong nobody asked for as life, and no further", () => {
    const { channel, clock, log } = setup({ ...server, onlyPongs: true });
    clock.advance(20);
    expect(channel.writeInbound("pong:0")).toBe(false);
    clock.advance(39);
    expect(log).toEqual(["20 received"]);
  });

  it("answers with nothing when there is nothing to answer", () => {
    const { channel } = setup({ ...server, protocol: { ...numbered, makePong: () => undefined } });
    channel.writeInbound("ping:1");
    expect(channel.outboundMessages).toEqual([]);
  });

  it("needs no protocol", () => {
    const { channel, clock, log } = setup({ side: "server", intervalMs: 30, timeoutMs: 10 });
    channel.writeInbound("ping:1");
    clock.advance(40);
    expect(channel.inboundMessages).toEqual(["ping:1"]);
    expect(log).toEqual(["40 missed 1", "40 dead 1", "40 HEARTBEAT_TIMEOUT"]);
  });
});

describe("HeartbeatHandler.onDead", () => {
  it.each([client, server])("may decide to go on: $side", (options) => {
    const errors: SluiceError[] = [];
    const onDead = (_ctx: unknown, error: SluiceError) => {
      errors.push(error);
      return "continue" as const;
    };
    const { channel, clock, log } = setup({ ...options, onDead });
    clock.advance(80);
    expect(log.filter((line) => !line.includes("sent"))).toEqual([
      "40 missed 1",
      "40 dead 1",
      "80 missed 1",
      "80 dead 1",
    ]);
    expect(channel.isOpen).toBe(true);
    expect(errors.map(({ code, limit, severity }) => ({ code, limit, severity }))).toEqual(
      Array(2).fill({ code: "HEARTBEAT_TIMEOUT", limit: 40, severity: "fatal" }),
    );
  });

  it("may decide to close", () => {
    const { channel, clock, log } = setup({ ...client, onDead: () => "close" });
    clock.advance(40);
    expect([channel.isOpen, log.at(-1)]).toEqual([false, "40 HEARTBEAT_TIMEOUT"]);
  });

  it("closes when the decision throws", () => {
    const { channel, clock, log } = setup({ ...client, onDead: () => failing("undecided") });
    clock.advance(40);
    expect([channel.isOpen, log.slice(-2)]).toEqual([false, ["40 undecided", "40 HEARTBEAT_TIMEOUT"]]);
  });

  it("is not asked when a handler of the event has closed the channel", () => {
    const asked: unknown[] = [];
    const onDead = () => {
      asked.push("asked");
      return "close" as const;
    };
    const channel = new EmbeddedChannel(new HeartbeatHandler({ ...client, onDead }), {
      userEventTriggered: (ctx, event) => {
        if (String(event) === "HeartbeatEvent(dead 1)") ctx.close();
      },
    });
    channel.clock.advance(40);
    expect([channel.isOpen, asked]).toEqual([false, []]);
    channel.checkException();
  });
});

describe("two HeartbeatHandlers back to back", () => {
  const ends = (pings: "client" | "server" | "both") => wired({ ...client, pings }, { ...server, pings }, 3);

  it.each([
    ["client", ["ping:1", "ping:2"], ["pong:1", "pong:2"], 6, undefined],
    ["server", ["pong:1", "pong:2"], ["ping:1", "ping:2"], undefined, 6],
    ["both", ["ping:1", "pong:1", "ping:2", "pong:2"], ["ping:1", "pong:1", "ping:2", "pong:2"], 6, 6],
  ] as const)("keep each other alive: %s", (pings, byClient, byServer, clientRtt, serverRtt) => {
    const both = ends(pings);
    both.clock.advance(70);
    expect([both.client.carried, both.server.carried]).toEqual([byClient, byServer]);
    expect(both.client.heartbeat.roundTripTime?.minMs).toBe(clientRtt);
    expect(both.server.heartbeat.roundTripTime?.minMs).toBe(serverRtt);
    both.clock.advance(100_000);
    expect([both.client.channel.isOpen, both.server.channel.isOpen]).toEqual([true, true]);
  });

  it.each([
    ["client", true, true],
    ["server", true, true],
    ["both", true, true],
    ["client", true, false],
    ["server", false, true],
    ["both", true, false],
    ["both", false, true],
  ] as const)("each notice a cut in time: %s pings, from client cut %s, from server cut %s", (pings, up, down) => {
    for (let at = 60; at <= 100; at++) {
      const both = ends(pings);
      both.clock.advance(at);
      both.cut.fromClient = up;
      both.cut.fromServer = down;
      both.clock.advance(30 + 10 + 3);
      const last = [both.client.log.at(-1), both.server.log.at(-1)];
      // The end that still hears a peer notices when that one has closed.
      if (up) expect(last[1]).toContain("HEARTBEAT_TIMEOUT");
      if (down) expect(last[0]).toContain("HEARTBEAT_TIMEOUT");
      if (up && down) expect(both.clock.pending).toBe(0);
    }
  });

  it("survive losses with enough misses allowed", () => {
    const both = wired({ ...client, maxMissed: 5 }, { ...server, maxMissed: 5 }, 3);
    for (let round = 0; round < 10; round++) {
      both.cut.fromClient = true;
      both.clock.advance(45);
      both.cut.fromClient = false;
      both.clock.advance(45);
    }
    expect([both.client.channel.isOpen, both.server.channel.isOpen]).toEqual([true, true]);
    expect(both.client.log.some((line) => line.endsWith("missed 1"))).toBe(true);
    expect(both.client.heartbeat.roundTripTime).toEqual({ lastMs: 6, smoothedMs: 6, minMs: 6 });
  });
});

describe("HeartbeatHandler", () => {
  it("starts once, also when it is added to an active channel", () => {
    const clock = new ManualClock();
    const channel = new EmbeddedChannel({ clock });
    channel.pipeline.addLast(new HeartbeatHandler(client));
    channel.pipeline.fireChannelActive();
    expect(clock.pending).toBe(1);
  });

  it.each<[string, Partial<HeartbeatHandlerOptions>]>([
    ["an end that pings without makePing", { protocol: {} }],
    ["pings of both without isPong", { pings: "both", protocol: { makePing: () => "" } }],
    ["onlyPongs without isPong", { protocol: { makePing: () => "" }, onlyPongs: true }],
    ["onlyPongs without isPing", { side: "server", protocol: {}, onlyPongs: true }],
    ["an interval of 0 at an end that pings", { intervalMs: 0 }],
    ["an interval that is no number", { intervalMs: Number.NaN }],
    ["an endless interval", { intervalMs: Number.POSITIVE_INFINITY }],
    ["a timeout of 0", { timeoutMs: 0 }],
    ["no misses", { maxMissed: 0 }],
    ["half a miss", { maxMissed: 1.5 }],
    ["a side that is none", { side: "Client" as "client" }],
    ["pings of nobody", { pings: "none" as "both" }],
  ])("refuses %s", (_what, options) => {
    expect(() => new HeartbeatHandler({ side: "client", protocol: textHeartbeat(), ...options })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });
});

function failing(message: string): never {
  throw new Error(message);
}
