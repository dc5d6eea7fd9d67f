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
});
