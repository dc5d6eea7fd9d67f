import { describe, expect, it } from "vitest";
import { DatagramPacket } from "./datagram-packet.js";

const here = { host: "10.0.0.1", port: 5000 };
const there = { host: "::1", port: 53 };

describe("DatagramPacket", () => {
  it("keeps its addresses when its content changes", () => {
    const packet = new DatagramPacket({ content: "1", recipient: here, sender: there }).withContent(1);
    expect(packet).toBeInstanceOf(DatagramPacket);
    expect(packet).toEqual({ content: 1, recipient: here, sender: there });
  });

  it("has no sender before it is sent", () => {
    expect(new DatagramPacket({ content: "1", recipient: here }).withContent("2").sender).toBeUndefined();
  });

  it("reads as people write it", () => {
    expect(`${new DatagramPacket({ content: "hi", recipient: here, sender: there })}`).toBe(
      "[::1]:53 → 10.0.0.1:5000: hi",
    );
    expect(`${new DatagramPacket({ content: "hi", recipient: here })}`).toBe("→ 10.0.0.1:5000: hi");
  });

  it("makes a packet to its sender", () => {
    const query = new DatagramPacket({
      content: "ping",
      sender: { host: "10.0.0.1", port: 5 },
      recipient: { host: "10.0.0.2", port: 6 },
    });
    expect(query.reply("pong")).toEqual(
      new DatagramPacket({ content: "pong", recipient: { host: "10.0.0.1", port: 5 } }),
    );
    expect(() => query.reply("x").reply("y")).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});
