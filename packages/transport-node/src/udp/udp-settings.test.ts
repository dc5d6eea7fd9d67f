import type { Socket } from "node:dgram";
import { ChannelOption } from "@sluice/core";
import { describe, expect, it } from "vitest";
import { UdpSettings } from "./udp-settings.js";

const code = (code: string) => expect.objectContaining({ code });

/** A socket that writes down what is set, grants as many bytes as it is asked for up to a thousand, and knows no 9.9.9.9. */
function scriptedSocket() {
  const calls: string[] = [];
  let granted = 0;
  const socket = new Proxy({} as Socket, {
    get: (_target, name: string) => (value: unknown) => {
      if (name.startsWith("get")) return granted;
      if (value === "9.9.9.9") throw Object.assign(new Error("no interface"), { code: "EADDRNOTAVAIL" });
      granted = Math.min(Number(value), 1000);
      calls.push(`${name} ${value}`);
    },
  });
  return { socket, calls };
}

const EACH: [ChannelOption<unknown>, unknown, string, unknown][] = [
  [ChannelOption.SO_BROADCAST, true, "setBroadcast true", 1],
  [ChannelOption.SO_RCVBUF, 1000, "setRecvBufferSize 1000", 0],
  [ChannelOption.SO_SNDBUF, 500, "setSendBufferSize 500", 1.5],
  [ChannelOption.IP_TTL, 1, "setTTL 1", 0],
  [ChannelOption.IP_MULTICAST_TTL, 0, "setMulticastTTL 0", 256],
  [ChannelOption.IP_MULTICAST_LOOP, false, "setMulticastLoopback false", "no"],
  [ChannelOption.IP_MULTICAST_IF, "127.0.0.1", "setMulticastInterface 127.0.0.1", ""],
];

describe("UdpSettings", () => {
  it.each(EACH)("keeps $name until there is a socket, then sets it at once", (option, value, call, wrong) => {
    const { socket, calls } = scriptedSocket();
    const settings = new UdpSettings();
    settings.set(option, value);
    expect(() => settings.set(option, wrong)).toThrow(code("INVALID_ARGUMENT"));
    expect(calls).toEqual([]);
    settings.applyTo(socket);
    settings.set(option, value);
    expect(calls).toEqual([call, call]);
  });

  it("knows whether the address may be shared, and not when it is too late", () => {
    const settings = new UdpSettings();
    settings.set(ChannelOption.SO_REUSEADDR, true);
    expect(settings.reuseAddress).toBe(true);
    settings.applyTo(scriptedSocket().socket);
    expect(() => settings.set(ChannelOption.SO_REUSEADDR, false)).toThrow(code("OPTION_UNSUPPORTED"));
  });

  it("refuses a buffer smaller than asked for, which the system would leave unsaid", () => {
    const settings = new UdpSettings();
    settings.set(ChannelOption.SO_RCVBUF, 4000);
    expect(() => settings.applyTo(scriptedSocket().socket)).toThrow(
      expect.objectContaining({ code: "OPTION_UNSUPPORTED", length: 4000, limit: 1000 }),
    );
  });

  it("says when the system refuses a value, and refuses what belongs to other sockets", () => {
    const settings = new UdpSettings();
    expect(() => settings.set(ChannelOption.TCP_NODELAY, true)).toThrow(code("OPTION_UNSUPPORTED"));
    settings.applyTo(scriptedSocket().socket);
    expect(() => settings.set(ChannelOption.IP_MULTICAST_IF, "9.9.9.9")).toThrow(code("ADDRESS_UNAVAILABLE"));
  });
});
