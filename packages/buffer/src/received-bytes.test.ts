import { describe, expect, it } from "vitest";
import { ByteBuf } from "./byte-buf.js";

describe("received bytes", () => {
  const wire = Uint8Array.from({ length: 200 }, (_, i) => i);

  it("are seen together with those before them, also by slices, duplicates and after a search", () => {
    const chunk = ByteBuf.received(wire, 10, 150);
    chunk.indexOf(159);
    chunk.skipBytes(4);
    const frame = chunk.readSlice(3);
    expect(frame.withBytesBefore(4)?.hexDump()).toBe("0a0b0c0d0e0f10");
    expect(frame.duplicate().slice().withBytesBefore(1)?.hexDump()).toBe("0d0e0f10");
    frame.skipBytes(1);
    expect(frame.withBytesBefore(2)?.hexDump()).toBe("0d0e0f10");
  });

  it("are only those that a transport has declared", () => {
    const start = ByteBuf.received(wire, 0, 3);
    expect(start.withBytesBefore(1)).toBeUndefined();
    expect(start.withBytesBefore(-1)).toBeUndefined();
    for (const other of [
      ByteBuf.wrap(wire, 10, 3),
      ByteBuf.from(wire).readSlice(3),
      ByteBuf.alloc(8, { headRoom: 4 }),
    ]) {
      other.writerIndex = other.capacity;
      if (other.readableBytes > 2) other.skipBytes(2);
      expect(other.withBytesBefore(1)).toBeUndefined();
    }
  });
});
