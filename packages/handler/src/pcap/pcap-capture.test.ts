import { ByteBuf, type SluiceError } from "@sluice/buffer";
import { ServerBootstrap } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { local } from "@sluice/core/local";
import { describe, expect, it } from "vitest";
import { readPcapng, summary } from "../../fixtures/pcapng-reader.js";
import { PcapCapture, type PcapCaptureOptions } from "./pcap-capture.js";
import type { PcapSink } from "./pcap-sink.js";
import { PcapWriteHandler } from "./pcap-write-handler.js";

const KIB_128 = 128 * 1024;

class MemorySink implements PcapSink {
  readonly pieces: Uint8Array[] = [];
  isClosed = false;
  /** What `write` and `close` throw. */
  failure: Error | undefined;

  write(bytes: Uint8Array): void {
    if (this.failure !== undefined) throw this.failure;
    this.pieces.push(bytes);
  }

  close(): void {
    this.isClosed = true;
    if (this.failure !== undefined) throw this.failure;
  }

  get length(): number {
    return this.pieces.reduce((sum, { length }) => sum + length, 0);
  }
}

function capturing(options: Partial<PcapCaptureOptions> = {}) {
  const sink = new MemorySink();
  const errors: SluiceError[] = [];
  const capture = new PcapCapture({ sink, onError: (error) => errors.push(error), initialSequence: 0, ...options });
  const channel = () => new EmbeddedChannel(new PcapWriteHandler({ capture }));
  return { sink, errors, capture, channel };
}

describe("one capture", () => {
  it("is readable before there is a packet", () => {
    const { sink, capture } = capturing();
    expect(readPcapng(sink.pieces)).toEqual([]);
    expect([capture.packets, capture.bytes, capture.isOpen]).toEqual([0, sink.length, true]);
  });

  it("may serve many channels, each of which it names once", () => {
    const { sink, channel } = capturing();
    const channels = [channel(), channel(), channel()];
    for (const one of channels) one.writeOutbound(ByteBuf.from("hello"));
    const packets = readPcapng(sink.pieces);
    expect(new Set(packets.map(({ from, to }) => [from, to].sort().join())).size).toBe(3);
    expect(packets.map(({ comment }) => comment).filter((comment) => comment !== undefined)).toEqual(
      channels.map(({ id }) => `channel ${id}: local:embedded → local:embedded`),
    );
  });

  it("gives connections sequence numbers of their own, so that one of the same addresses is another", () => {
    const sink = new MemorySink();
    const capture = new PcapCapture({ sink, onError: () => {} });
    for (let i = 0; i < 2; i++) new EmbeddedChannel(new PcapWriteHandler({ capture }));
    const [first, second] = readPcapng(sink.pieces).filter(({ flags }) => flags === "SYN");
    expect(first?.sequence).not.toBe(second?.sequence);
  });

  it("pauses: what passes meanwhile is missing, and its bytes are counted", () => {
    const { sink, capture, channel } = capturing();
    const one = channel();
    capture.pause();
    one.writeOutbound(ByteBuf.from("12345"));
    const silent = channel();
    expect(capture.isPaused).toBe(true);
    capture.resume();
    one.writeOutbound(ByteBuf.from("67"));
    silent.writeOutbound(ByteBuf.from("89"));
    const lines = summary(readPcapng(sink.pieces));
    expect(lines.slice(3, 4)).toEqual(['> PSH,ACK 6 1 "67"']);
    expect(lines.slice(4)).toEqual(['< PSH,ACK 1 1 "89"']);
    expect(readPcapng(sink.pieces).at(-1)?.comment).toContain(`channel ${silent.id}`);
  });

  it("closes its file, and its handlers let everything pass", async () => {
    const { sink, capture, channel } = capturing();
    const one = channel();
    const { length } = sink;
    await capture[Symbol.asyncDispose]();
    capture.close();
    capture.resume();
    expect(one.writeOutbound(ByteBuf.from("a"))).toBe(true);
    expect(one.writeInbound(ByteBuf.from("b"))).toBe(true);
    one.finish();
    expect([sink.isClosed, sink.length, capture.isOpen, capture.failure]).toEqual([true, length, false, undefined]);
  });
});

describe("files", () => {
  function ring(maxFiles: number) {
    const slots: { slot: number; sink: MemorySink }[] = [];
    const parts = capturing({
      maxFileBytes: KIB_128,
      maxFiles,
      sink: (slot) => {
        const sink = new MemorySink();
        slots.push({ slot, sink });
        return sink;
      },
    });
    return { ...parts, slots };
  }

  it("follow each other, complete, closed and never longer than allowed", () => {
    const { slots, channel, capture, errors } = ring(3);
    const [one, two] = [channel(), channel()];
    for (let i = 0; i < 100; i++) {
      one.writeOutbound(ByteBuf.from(new Uint8Array(5000).fill(i)));
      two.writeInbound(ByteBuf.from(new Uint8Array(3000).fill(i)));
    }
    capture.close();
    expect(slots.map(({ slot }) => slot)).toEqual([0, 1, 2, 0, 1, 2, 0].slice(0, slots.length));
    expect(slots.length).toBeGreaterThan(5);
    const files = slots.map(({ sink }) => readPcapng(sink.pieces));
    expect(files.flat()).toHaveLength(capture.packets);
    expect(files.flat().reduce((sum, { payload }) => sum + payload.length, 0)).toBe(800_000);
    for (const [index, { sink }] of slots.entries()) {
      expect([sink.isClosed, sink.length <= KIB_128]).toEqual([true, true]);
      const comments = files[index]?.map(({ comment }) => comment).filter((comment) => comment !== undefined);
      expect(comments).toHaveLength(index === slots.length - 1 ? (comments?.length ?? 0) : 2);
      if (index < slots.length - 1) expect(sink.length).toBeGreaterThan(KIB_128 - 2000);
    }
    expect([errors, capture.bytes]).toEqual([[], slots.reduce((sum, { sink }) => sum + sink.length, 0)]);
  });

  it("also change in the middle of a message", () => {
    const { slots, channel, capture } = ring(2);
    channel().writeInbound(ByteBuf.from(new Uint8Array(400_000)));
    expect(slots.map(({ slot }) => slot)).toEqual([0, 1, 0, 1]);
    const payload = slots.flatMap(({ sink }) => readPcapng(sink.pieces)).map((packet) => packet.payload.length);
    expect([payload.reduce((sum, length) => sum + length), payload.length]).toEqual([400_000, capture.packets]);
  });

  it("end where there is only one: the capture stops, and says so once", () => {
    const { sink, channel, capture, errors } = capturing({ maxFileBytes: KIB_128 });
    const one = channel();
    for (let i = 0; i < 3; i++) one.writeInbound(ByteBuf.from(new Uint8Array(100_000)));
    expect(one.inboundMessages).toHaveLength(3);
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ["CAPTURE_STOPPED", "a capture has stopped, its file is full"],
    ]);
    expect([sink.isClosed, sink.length <= KIB_128, capture.failure]).toEqual([true, true, errors[0]]);
    expect(readPcapng(sink.pieces)).toHaveLength(capture.packets);
  });
});

describe("a sink that fails", () => {
  it("ends the capture once, and no channel notices", () => {
    const { sink, channel, capture, errors } = capturing();
    const one = channel();
    sink.failure = new Error("no space left on device");
    const write = one.write(ByteBuf.from("a"));
    one.flush();
    one.writeInbound(ByteBuf.from("b"));
    one.writeOutbound(ByteBuf.from("c"));
    expect([write.isSuccess, one.outboundMessages.length, one.inboundMessages.length]).toEqual([true, 2, 1]);
    one.finish();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code: "CAPTURE_STOPPED", cause: sink.failure });
    expect(errors[0]?.message).toBe("a capture has stopped, its sink failed: no space left on device");
    expect([capture.isOpen, capture.failure, sink.isClosed]).toEqual([false, errors[0], true]);
  });

  it("may be the next one, or the first", () => {
    let opened = 0;
    const failing = capturing({
      maxFileBytes: KIB_128,
      sink: () => {
        if (opened++ > 0) throw new Error("cannot open");
        return new MemorySink();
      },
    });
    failing.channel().writeInbound(ByteBuf.from(new Uint8Array(200_000)));
    expect(failing.errors.map(({ code }) => code)).toEqual(["CAPTURE_STOPPED"]);
    const first = capturing({
      sink: () => {
        throw new Error("cannot open");
      },
    });
    expect(first.errors).toHaveLength(1);
    expect(first.channel().writeInbound(ByteBuf.from("a"))).toBe(true);
  });

  it("may fail when it is closed", () => {
    const { sink, capture, errors } = capturing();
    sink.failure = new Error("close");
    capture.close();
    expect([errors.length, capture.isOpen]).toEqual([1, false]);
  });

  it("is no worse if whoever is told fails too", () => {
    const { sink, channel, capture } = capturing({
      onError: () => {
        throw new Error("told");
      },
    });
    const one = channel();
    sink.failure = new Error("full");
    expect(one.writeInbound(ByteBuf.from("a"))).toBe(true);
    expect(capture.failure?.cause).toBe(sink.failure);
  });

  it("may write to a channel that it captures: that is not captured, and counted", () => {
    const pieces: Uint8Array[] = [];
    let channel: EmbeddedChannel | undefined;
    const { capture } = capturing({
      sink: {
        write(bytes) {
          pieces.push(bytes);
          channel?.writeOutbound(ByteBuf.from("a copy"));
        },
      },
    });
    channel = new EmbeddedChannel(new PcapWriteHandler({ capture }));
    channel.writeInbound(ByteBuf.from(new Uint8Array(100_000).fill(7)));
    const payload = readPcapng(pieces).map((packet) => packet.payload.length);
    expect(payload.reduce((sum, length) => sum + length)).toBe(100_000);
    expect(channel.outboundMessages.length).toBe(capture.skippedMessages);
    expect(capture.skippedMessages).toBeGreaterThan(1);
  });

  it("is not alone: a port that is none ends the capture, and no channel notices", () => {
    const { sink, capture, errors } = capturing();
    const remoteAddress = { host: "10.0.0.1", port: 70_000 };
    const channel = new EmbeddedChannel(new PcapWriteHandler({ capture, remoteAddress }));
    expect(channel.writeInbound(ByteBuf.from("a"))).toBe(true);
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining("a capture has stopped, a packet could not be made"),
    ]);
    expect([readPcapng(sink.pieces), sink.isClosed]).toEqual([[], true]);
  });

  it("has company: a clock that is none, or throws", () => {
    for (const now of [() => Number.NaN, () => -1, () => JSON.parse("{")]) {
      const { channel, errors } = capturing({ now });
      expect(channel().writeInbound(ByteBuf.from("a"))).toBe(true);
      expect(errors.map(({ code }) => code)).toEqual(["CAPTURE_STOPPED"]);
    }
  });
});

describe("impossible", () => {
  it.each([
    { maxFileBytes: KIB_128 - 1 },
    { maxFileBytes: Number.POSITIVE_INFINITY },
    { maxFiles: 0 },
    { maxFiles: 1.5 },
    { mtu: 67 },
    { mtu: 65_536 },
    { initialSequence: -1 },
    { initialSequence: 2 ** 32 },
  ])("options are refused: %o", (options) => {
    expect(() => capturing(options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("places are refused: a server's own pipeline", async () => {
    const { capture } = capturing();
    const errors: Error[] = [];
    const binding = new ServerBootstrap()
      .transport(local())
      .handler((p) => {
        p.channel.on("error", (error) => errors.push(error));
        p.addLast(new PcapWriteHandler({ capture }));
      })
      .childHandler((p) => p)
      .bind({ local: "pcap" });
    await expect(binding).rejects.toMatchObject({ code: "CHANNEL_CLOSED" });
    expect(errors).toMatchObject([{ code: "HANDLER_LIFECYCLE_FAILED", cause: { code: "INVALID_ARGUMENT" } }]);
  });
});
