import { ByteBuf, type ChannelSignals, DatagramPacket } from "@sluice/core";
import { expect, it } from "vitest";
import { UdpConnection } from "./udp-connection.js";

const options = { family: undefined, ipv6Only: false, maxDatagramBytes: 1, maxWaitingBytes: 1, packets: true };

it.each([
  { host: "", port: 9 },
  { host: undefined, port: 9 },
  { host: 127, port: 9 },
  { host: "127.0.0.1", port: 0 },
  { host: "127.0.0.1", port: 65_536 },
  { host: "127.0.0.1", port: "9" },
])("a packet to $host, port $port, is refused before it is queued", (recipient) => {
  const connection = new UdpConnection({} as ChannelSignals, options);
  const packet = new DatagramPacket({ content: ByteBuf.EMPTY, recipient: recipient as { host: string; port: number } });
  expect(() => connection.accepts(packet)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  const good = new DatagramPacket({ content: ByteBuf.EMPTY, recipient: { host: "127.0.0.1", port: 9 } });
  expect(connection.accepts(good)).toBe(true);
});
