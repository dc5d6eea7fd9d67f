import { ByteBuf, SluiceError } from "@sluice/buffer";
import { ChannelInputShutdownEvent, ChannelOption, DatagramPacket, PassThroughHandler } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { join, readPcapng, summary } from "../../fixtures/pcapng-reader.js";
import { PcapCapture, type PcapCaptureOptions } from "./pcap-capture.js";
import { PcapWriteHandler, type PcapWriteHandlerOptions } from "./pcap-write-handler.js";

const ADDRESSES = { localAddress: { host: "10.0.0.1", port: 5000 }, remoteAddress: { host: "10.0.0.2", port: 80 } };

/** A channel with its capture in memory. */
function captured(options: Partial<PcapWriteHandlerOptions> = {}, captureOptions: Partial<PcapCaptureOptions> = {}) {
  const pieces: Uint8Array[] = [];
  const errors: SluiceError[] = [];
  let closed = 0;
  const capture = new PcapCapture({
    sink: { write: (bytes) => pieces.push(bytes), close: () => closed++ },
    onError: (error) => errors.push(error),
    initialSequence: 0,
    now: () => 1_700_000_000_000.5,
    ...captureOptions,
  });
  const handler = new PcapWriteHandler({ capture, ...ADDRESSES, ...options });
  const channel = new EmbeddedChannel(handler);
  const packets = () => readPcapng(pieces);
  return {
    capture,
    channel,
    handler,
    pieces,
    errors,
    packets,
    lines: () => summary(packets()),
    closings: () => closed,
  };
}

const HANDSHAKE = ["> SYN 0 0", "< SYN,ACK 0 1", "> ACK 1 1"];

describe("a capture", () => {
  it("is this, byte for byte", () => {
    const { channel, pieces, capture } = captured();
    channel.writeOutbound(ByteBuf.from("hi"));
    const id = `channel ${channel.id}: 10.0.0.1:5000 → 10.0.0.2:80`;
    const comment = Buffer.from(id);
    const padded = Buffer.alloc(Math.ceil(comment.length / 4) * 4);
    comment.copy(padded);
    const word = (n: number) => n.toString(16).padStart(8, "0");
    const syn = 32 + 44 + 8 + padded.length;
    expect(Buffer.from(join(pieces)).toString("hex")).toBe(
      [
        "0a0d0d0a 0000002c 1a2b3c4d 0001 0000 ffffffffffffffff 0004 0006 536c75696365 0000 00000000 0000002c",
        "00000001 0000002c 0065 0000 00010027 0002 0006 736c75696365 0000 0009 0001 06000000 00000000 0000002c",
        `00000006 ${word(syn)} 00000000 00060a24 181e41f4 0000002c 0000002c`,
        "4500002c 00004000 400626ca 0a000001 0a000002  1388 0050 00000000 00000000 6002 ffff 704c 0000 020405b4",
        `0001 ${word(comment.length).slice(4)} ${padded.toString("hex")} 00000000 ${word(syn)}`,
        "00000006 0000004c 00000000 00060a24 181e41f4 0000002c 0000002c",
        "4500002c 00004000 400626ca 0a000002 0a000001  0050 1388 00000000 00000001 6012 ffff 703b 0000 020405b4",
        "0000004c",
        "00000006 00000048 00000000 00060a24 181e41f4 00000028 00000028",
        "45000028 00004000 400626ce 0a000001 0a000002  1388 0050 00000001 00000001 5010 ffff 87f8 0000 00000048",
        "00000006 0000004c 00000000 00060a24 181e41f4 0000002a 0000002a",
        "4500002a 00004000 400626cc 0a000001 0a000002  1388 0050 00000001 00000001 5018 ffff 1f85 0000 6869 0000",
        "0000004c",
      ]
        .join("")
        .replaceAll(" ", ""),
    );
    expect([capture.packets, capture.bytes, capture.skippedMessages]).toEqual([4, join(pieces).length, 0]);
  });

  it("tells the time down to a microsecond, and the channel in its first packet", () => {
    const { channel, packets } = captured();
    channel.writeInbound(ByteBuf.from("a"));
    const read = packets();
    expect(read.map(({ timeUs }) => timeUs)).toEqual(read.map(() => 1_700_000_000_000_500));
    expect(read.map(({ comment }) => comment)).toEqual([
      `channel ${channel.id}: 10.0.0.1:5000 → 10.0.0.2:80`,
      ...[undefined, undefined, undefined],
    ]);
  });

  it("has what went in and out, in its order, with each end's acknowledgements", () => {
    const { channel, lines } = captured();
    channel.writeOutbound(ByteBuf.from("question"));
    channel.writeInbound(ByteBuf.from("an"), ByteBuf.from("swer"));
    channel.writeOutbound(Buffer.from("thanks"));
    expect(lines()).toEqual([
      ...HANDSHAKE,
      '> PSH,ACK 1 1 "question"',
      '< PSH,ACK 1 9 "an"',
      '< PSH,ACK 3 9 "swer"',
      '> PSH,ACK 9 7 "thanks"',
    ]);
  });

  it("begins with the peer where a server accepted the channel", () => {
    const { packets } = captured({ isServer: true });
    expect(packets().map(({ from, flags }) => `${from} ${flags}`)).toEqual([
      "10.0.0.2:80 SYN",
      "10.0.0.1:5000 SYN,ACK",
      "10.0.0.2:80 ACK",
    ]);
    const parent = new EmbeddedChannel();
    const pieces: Uint8Array[] = [];
    const capture = new PcapCapture({ sink: { write: (bytes) => pieces.push(bytes) }, onError: () => {} });
    new EmbeddedChannel({ parent, handlers: [new PcapWriteHandler({ capture })] });
    expect(readPcapng(pieces)[0]).toMatchObject({ to: "192.0.2.1:49152", flags: "SYN" });
  });

  it("has the part of a buffer that was readable when it was written", () => {
    const { channel, lines } = captured();
    const buf = ByteBuf.from("..head body");
    buf.skipBytes(7);
    channel.writeOneOutbound(buf.readSlice(4));
    const slice = ByteBuf.from("xxyes");
    slice.skipBytes(2);
    channel.pipeline.addFirst({ write: (ctx, m: ByteBuf, completion) => ctx.write(m.readSlice(1), completion) });
    channel.writeOneOutbound(slice);
    channel.flushOutbound();
    expect(lines().slice(3)).toEqual(['> PSH,ACK 1 1 "body"', '> PSH,ACK 5 1 "yes"']);
  });

  it("cuts segments for each family's headers", () => {
    const big = ByteBuf.from(new Uint8Array(3000));
    const v4 = captured();
    v4.channel.writeOutbound(big.duplicate());
    expect(v4.packets().map(({ payload }) => payload.length)).toEqual([0, 0, 0, 1460, 1460, 80]);
    const v6 = captured({ localAddress: { host: "::1", port: 1 }, remoteAddress: { host: "::1", port: 2 } });
    v6.channel.writeOutbound(big);
    expect(v6.packets().map(({ payload }) => payload.length)).toEqual([0, 0, 0, 1440, 1440, 120]);
    expect(v6.packets()[0]).toMatchObject({ from: "0:0:0:0:0:0:0:1:1", to: "0:0:0:0:0:0:0:1:2" });
  });

  it("hands a long message on in pieces, and each byte once", () => {
    const { channel, pieces, packets } = captured();
    const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 7) >> 3);
    channel.writeInbound(ByteBuf.from(bytes));
    const payload = join(packets().map((packet) => packet.payload));
    expect(Buffer.compare(payload, bytes)).toBe(0);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024);
  });

  it("begins with a handshake where the channel has long been active, and ends without one's end", () => {
    const { capture, pieces } = captured();
    const channel = new EmbeddedChannel();
    channel.pipeline.addFirst("pcap", new PcapWriteHandler({ capture, ...ADDRESSES }));
    channel.writeOutbound(ByteBuf.from("a"));
    channel.pipeline.remove("pcap");
    channel.writeOutbound(ByteBuf.from("b"));
    channel.finish();
    expect(summary(readPcapng(pieces)).slice(3)).toEqual([...HANDSHAKE, '> PSH,ACK 1 1 "a"']);
  });

  it("counts what cannot be captured", () => {
    const { channel, capture, lines } = captured();
    channel.writeOutbound({ not: "bytes" });
    channel.writeInbound("text");
    channel.writeInbound(ByteBuf.EMPTY);
    expect([lines(), capture.skippedMessages]).toEqual([HANDSHAKE, 2]);
  });
});

describe("when", () => {
  it("a write is captured when it has left, one that failed is not", () => {
    const { channel, lines } = captured();
    let held: (() => void) | undefined;
    channel.pipeline.addFirst({
      write(_ctx, message, completion) {
        if (message.toString() === "lost") completion?.fail(new Error("no"));
        else held = () => completion?.succeed();
      },
    });
    const failed = channel.write(ByteBuf.from("lost"));
    const done = channel.write(ByteBuf.from("late"));
    failed.addListener(() => {});
    expect([lines(), failed.isSuccess, done.isDone]).toEqual([HANDSHAKE, false, false]);
    channel.writeInbound(ByteBuf.from("early"));
    held?.();
    expect([lines().slice(3), done.isSuccess]).toEqual([['< PSH,ACK 1 1 "early"', '> PSH,ACK 1 6 "late"'], true]);
  });

  it("a failed write nobody awaits is still told", () => {
    const { channel } = captured();
    channel.pipeline.addFirst({ write: (_ctx, _message, completion) => completion?.fail(new Error("no")) });
    channel.pipeline.write(ByteBuf.from("a"));
    expect(() => channel.checkException()).toThrow("no");
  });

  it("what arrives is captured before anybody has answered it", () => {
    const { channel, lines } = captured();
    channel.pipeline.addLast({ channelRead: (ctx) => ctx.writeAndFlush(ByteBuf.from("pong")) });
    channel.writeInbound(ByteBuf.from("ping"));
    expect(lines().slice(3)).toEqual(['< PSH,ACK 1 1 "ping"', '> PSH,ACK 1 5 "pong"']);
  });
});

describe("the end", () => {
  it("is our FIN where we closed", () => {
    const { channel, lines } = captured();
    channel.close();
    channel.runPendingTasks();
    expect(lines().slice(3)).toEqual(["> FIN,ACK 1 1", "< ACK 1 2"]);
  });

  it("is the peer's FIN and then ours where the peer closed", () => {
    const { channel, lines } = captured();
    channel.engine.inputShutdown();
    channel.runPendingTasks();
    expect(lines().slice(3)).toEqual(["< FIN,ACK 1 1", "> ACK 1 2", "> FIN,ACK 1 2", "< ACK 2 2"]);
  });

  it("is half a FIN each where the directions end apart", () => {
    const { channel, lines } = captured();
    channel.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    channel.shutdownOutput();
    channel.runPendingTasks();
    channel.writeInbound(ByteBuf.from("last"));
    channel.engine.inputShutdown();
    channel.runPendingTasks();
    expect(lines().slice(3)).toEqual([
      ...["> FIN,ACK 1 1", "< ACK 1 2", '< PSH,ACK 1 2 "last"', "< FIN,ACK 5 2", "> ACK 2 6"],
    ]);
  });

  it("of the peer, ours going on", () => {
    const { channel, lines, capture } = captured();
    channel.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    channel.engine.inputShutdown();
    channel.writeOutbound(ByteBuf.from("more"));
    channel.pipeline.fireChannelRead(ByteBuf.from("impossible"));
    expect(lines().slice(3)).toEqual(["< FIN,ACK 1 1", "> ACK 1 2", '> PSH,ACK 1 2 "more"']);
    expect(capture.skippedMessages).toBe(1);
  });

  it.each([
    ["CONNECTION_RESET", "< RST,ACK 1 1"],
    ["CONNECTION_TIMED_OUT", "> RST,ACK 1 1"],
    ["TRANSPORT_FAILED", "> RST,ACK 1 1"],
  ] as const)("is a reset after %s", (code, line) => {
    const { channel, lines } = captured();
    channel.engine.failed(new SluiceError(code));
    channel.runPendingTasks();
    expect(lines().slice(3)).toEqual([line]);
    expect(() => channel.checkException()).toThrow(SluiceError);
  });

  it("is a reset where the channel had to be cut at its close deadline", () => {
    const { channel, lines } = captured();
    channel.engine.destroy(new SluiceError("CLOSE_TIMEOUT"));
    channel.runPendingTasks();
    expect(lines().slice(3)).toEqual(["> RST,ACK 1 1"]);
  });

  it("is a reset where the channel was closed forcibly", () => {
    const { channel, lines } = captured();
    channel.closeForcibly();
    channel.runPendingTasks();
    expect(lines().slice(3)).toEqual(["> RST,ACK 1 1"]);
  });

  it("is no reset after an error of the application", () => {
    const { channel, lines } = captured();
    channel.pipeline.fireExceptionCaught(new SluiceError("FRAME_CORRUPTED"));
    expect(() => channel.checkException()).toThrow(SluiceError);
    channel.writeOutbound(ByteBuf.from("bye"));
    channel.close();
    channel.runPendingTasks();
    expect(lines().slice(3)).toEqual(['> PSH,ACK 1 1 "bye"', "> FIN,ACK 4 1", "< ACK 1 5"]);
  });
});

describe("datagrams", () => {
  const packet = (text: string, sender?: string, recipient = "10.0.0.9") =>
    new DatagramPacket({
      content: ByteBuf.from(text),
      sender: sender === undefined ? undefined : { host: sender, port: 53 },
      recipient: { host: recipient, port: 5353 },
    });

  it("have the addresses of their packets, no handshake and no end", () => {
    const { channel, packets } = captured({ protocol: "udp", localAddress: { host: "0.0.0.0", port: 5353 } });
    channel.writeInbound(packet("odd", "10.0.0.2"));
    channel.writeOutbound(packet("even", undefined, "10.0.0.3"));
    channel.writeOutbound(packet("", "2001:db8::1", "2001:db8::2"));
    channel.finish();
    const shown = packets().map(({ protocol, from, to, payload }) => [
      protocol,
      from,
      to,
      Buffer.from(payload).toString(),
    ]);
    expect(shown).toEqual([
      ["udp", "10.0.0.2:53", "10.0.0.9:5353", "odd"],
      ["udp", "0.0.0.0:5353", "10.0.0.3:5353", "even"],
      ["udp", "2001:db8:0:0:0:0:0:1:53", "2001:db8:0:0:0:0:0:2:5353", ""],
    ]);
  });

  it("without addresses have those of the channel", () => {
    const { channel, packets } = captured({ protocol: "udp" });
    channel.writeInbound(ByteBuf.from("in"));
    channel.writeOutbound(ByteBuf.from("out"));
    expect(packets().map(({ from }) => from)).toEqual(["10.0.0.2:80", "10.0.0.1:5000"]);
  });

  it("that are longer than any packet are counted", () => {
    const { channel, packets, capture } = captured({ protocol: "udp" });
    channel.writeOutbound(ByteBuf.alloc(65_507).writeBytes(new Uint8Array(65_507)));
    channel.writeOutbound(ByteBuf.from(new Uint8Array(65_508)));
    expect([packets().length, capture.skippedMessages]).toEqual([1, 1]);
  });

  it("are what transports of datagrams carry", () => {
    const pieces: Uint8Array[] = [];
    const capture = new PcapCapture({ sink: { write: (bytes) => pieces.push(bytes) }, onError: () => {} });
    const channel = new EmbeddedChannel();
    Object.defineProperty(channel.engine.end, "carriesDatagrams", { value: true });
    channel.pipeline.addFirst(new PcapWriteHandler({ capture }));
    channel.writeInbound(ByteBuf.from("a"));
    channel.finish();
    expect(readPcapng(pieces).map(({ protocol }) => protocol)).toEqual(["udp"]);
  });
});

describe("the handler", () => {
  it("changes nothing of what passes", () => {
    const seen: unknown[] = [];
    const { channel } = captured();
    channel.pipeline.addLast(
      new (class extends PassThroughHandler {
        override userEventTriggered(_ctx: unknown, event: unknown) {
          seen.push(event);
        }
        override exceptionCaught(_ctx: unknown, error: Error) {
          seen.push(error.message);
        }
      })(),
    );
    const bytes = ByteBuf.from("x");
    channel.writeInbound(bytes);
    channel.writeOutbound(bytes);
    expect([channel.readInbound(), channel.readOutbound(), bytes.readableBytes]).toEqual([bytes, bytes, 1]);
    channel.pipeline.fireUserEventTriggered(ChannelInputShutdownEvent);
    channel.pipeline.fireExceptionCaught(new Error("e"));
    expect(seen).toEqual([ChannelInputShutdownEvent, "e"]);
  });
});
