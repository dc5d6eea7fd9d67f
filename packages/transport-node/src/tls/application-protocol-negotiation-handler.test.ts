import type { ChannelHandler, ChannelHandlerContext } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import {
  ApplicationProtocolNegotiationHandler,
  type ApplicationProtocolNegotiationHandlerOptions,
} from "./application-protocol-negotiation-handler.js";
import { PlaintextEvent } from "./plaintext-event.js";
import { TlsHandshakeEvent } from "./tls-handshake-event.js";

function handshake(applicationProtocol?: string): TlsHandshakeEvent {
  const session = {
    protocol: "TLSv1.3",
    cipher: "TLS_AES_128_GCM_SHA256",
    applicationProtocol,
    serverName: undefined,
    peerCertificate: undefined,
    resumed: false,
  };
  return new TlsHandshakeEvent({ session, durationMs: 1 });
}

function setup(more: Partial<ApplicationProtocolNegotiationHandlerOptions> = {}) {
  const log: string[] = [];
  const speaker = (name: string): ChannelHandler => ({
    channelActive: () => void log.push(`${name} active`),
    userEventTriggered: (_ctx: ChannelHandlerContext, event: unknown) =>
      void log.push(`${name} ${event === PlaintextEvent ? "plain" : (event as object).constructor.name}`),
    channelRead: (_ctx: ChannelHandlerContext, message: unknown) => void log.push(`${name} read ${message}`),
    channelReadComplete: () => void log.push(`${name} complete`),
  });
  const handler = new ApplicationProtocolNegotiationHandler({
    protocols: {
      one: (pipeline) => pipeline.addLast("one", speaker("one")),
      two: (pipeline) => pipeline.addLast("two", speaker("two")),
    },
    ...more,
  });
  const channel = new EmbeddedChannel(handler);
  return { channel, log, speaker };
}

describe("ApplicationProtocolNegotiationHandler", () => {
  it("makes way for the handlers of the protocol, who see it all", () => {
    const { channel, log } = setup();
    channel.writeInbound("early");
    expect(log).toEqual([]);
    channel.pipeline.fireUserEventTriggered(handshake("two"));
    expect(channel.pipeline.names()).toEqual(["two"]);
    expect(log).toEqual(["two active", "two TlsHandshakeEvent", "two read early", "two complete"]);
    channel.writeInbound("late");
    expect(log.slice(4)).toEqual(["two read late", "two complete"]);
  });

  it("assumes the fallback where nothing was negotiated, or nothing could be", () => {
    for (const event of [handshake(), PlaintextEvent]) {
      const { channel, log } = setup({ fallbackProtocol: "one" });
      channel.pipeline.fireUserEventTriggered(event);
      expect(log).toEqual(["one active", `one ${event === PlaintextEvent ? "plain" : "TlsHandshakeEvent"}`]);
    }
  });

  it.each([
    ["nothing was negotiated", undefined],
    ["the protocol is unknown", "three"],
    ["its name is one all objects have", "toString"],
  ])("fails when %s", (_case, protocol) => {
    const { channel } = setup();
    channel.pipeline.fireUserEventTriggered(handshake(protocol));
    expect(() => channel.checkException()).toThrow(expect.objectContaining({ code: "TLS_NO_APPLICATION_PROTOCOL" }));
    expect(channel.isOpen).toBe(false);
  });

  it("passes on other events, and failed handshakes", () => {
    const seen: unknown[] = [];
    const { channel } = setup();
    channel.pipeline.addLast({ userEventTriggered: (_ctx, event) => void seen.push(event) });
    const failed = new TlsHandshakeEvent({ durationMs: 1 });
    channel.pipeline.fireUserEventTriggered("other");
    channel.pipeline.fireUserEventTriggered(failed);
    expect(seen).toEqual(["other", failed]);
    expect(channel.pipeline.names()).toHaveLength(2);
  });

  it("asks for no input and keeps what comes while handlers are being fetched", async () => {
    let fetched = () => {};
    const loading = new Promise<void>((resolve) => {
      fetched = resolve;
    });
    const { channel, log, speaker } = setup({
      protocols: {
        slow: async (pipeline) => {
          await loading;
          pipeline.addLast("slow", speaker("slow"));
        },
      },
    });
    let asked = 0;
    channel.pipeline.addFirst({ read: () => void asked++ });
    channel.pipeline.fireUserEventTriggered(handshake("slow"));
    channel.read();
    channel.writeInbound("a", "b");
    expect([asked, log]).toEqual([0, []]);
    fetched();
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual(["slow active", "slow TlsHandshakeEvent", "slow read a", "slow read b", "slow complete"]);
    expect(asked).toBe(1);
  });

  it.each([
    ["throws", () => Promise.reject(new Error("not found"))],
    [
      "throws at once",
      () => {
        throw new Error("not found");
      },
    ],
  ])("fails when fetching handlers %s", async (_how, fetch) => {
    const { channel } = setup({ protocols: { slow: fetch } });
    channel.pipeline.fireUserEventTriggered(handshake("slow"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(() => channel.checkException()).toThrow("not found");
    expect(channel.isOpen).toBe(false);
  });

  it("bounds what waits, and tells what is lost", async () => {
    const full = setup({ maxQueuedMessages: 2 });
    full.channel.writeInbound("a", "b");
    // The embedded channel throws what nobody caught.
    expect(() => full.channel.writeInbound("c")).toThrow(expect.objectContaining({ code: "ACCUMULATION_EXCEEDED" }));
    expect(full.channel.isOpen).toBe(false);

    const lost = setup();
    lost.channel.writeInbound("a");
    await lost.channel.close().catch(() => {});
    expect(() => lost.channel.checkException()).toThrow(expect.objectContaining({ code: "MESSAGES_LOST", length: 1 }));
  });

  it("gives back what it holds when it is taken out", () => {
    const { channel, log, speaker } = setup();
    channel.pipeline.addLast(speaker("next"));
    channel.writeInbound("a");
    channel.pipeline.remove(ApplicationProtocolNegotiationHandler);
    expect(log).toEqual(["next active", "next read a", "next complete"]);
  });

  it("refuses a fallback that is no protocol", () => {
    expect(() => setup({ fallbackProtocol: "three" })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});
