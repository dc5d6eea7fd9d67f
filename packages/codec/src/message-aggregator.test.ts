import { ByteBuf, SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelInputShutdownEvent } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describe as describeError } from "../test/decoder-trace.js";
import { MessageAggregator, type MessageAggregatorOptions } from "./message-aggregator.js";

interface Head {
  readonly kind: "head";
  readonly path: string;
  readonly length?: number;
}

interface Body {
  readonly kind: "body";
  readonly bytes: ByteBuf;
  readonly isLast: boolean;
}

/** A head with all of its content. */
interface Short extends Omit<Body, "kind"> {
  readonly kind: "short";
  readonly path: string;
}

type Part = Head | Body | Short;

interface Request {
  readonly path: string;
  readonly content: ByteBuf;
}

class Requests extends MessageAggregator<Part, Head | Short, Body | Short, Request> {
  protected isStartMessage(part: Part): part is Head | Short {
    return part.kind === "head" || part.kind === "short";
  }
  protected isContentMessage(part: Part): part is Body | Short {
    return part.kind === "body" || part.kind === "short";
  }
  protected isLastContentMessage(part: Body | Short): boolean {
    return part.isLast;
  }
  protected contentOf(part: Body | Short): ByteBuf {
    return part.bytes;
  }
  protected aggregate(head: Head | Short, content: ByteBuf): Request {
    return { path: head.path, content };
  }
  protected override isAggregated(message: unknown): boolean {
    return (message as { content?: unknown }).content !== undefined;
  }
  protected override announcedLength(head: Head | Short): number | undefined {
    return head.kind === "head" ? head.length : undefined;
  }
}

const head = (path: string, length?: number): Head => ({
  kind: "head",
  path,
  ...(length === undefined ? {} : { length }),
});
const body = (text: string, isLast = false): Body => ({ kind: "body", bytes: ByteBuf.from(text), isLast });
const short = (path: string, text: string): Short => ({ kind: "short", path, bytes: ByteBuf.from(text), isLast: true });

/** Messages and errors in order. */
function aggregate(options: MessageAggregatorOptions, parts: readonly unknown[], aggregator = new Requests(options)) {
  const log: string[] = [];
  const channel = new EmbeddedChannel(aggregator, {
    channelRead: (_ctx, message: Request | Part) =>
      log.push("content" in message ? `${message.path}: ${message.content}` : `other ${JSON.stringify(message)}`),
    exceptionCaught: (_ctx, error) => log.push(describeError(error)),
    channelInactive: () => log.push("inactive"),
  });
  channel.writeInbound(...parts);
  return { log, channel };
}

describe("MessageAggregator", () => {
  it("puts the parts of each message together", () => {
    const parts = [
      ...[head("a"), body("1"), body(""), body("23"), body("4", true)],
      ...[head("b"), body("", true)],
      ...[short("c", "5"), head("d"), body("6", true)],
    ];
    expect(aggregate({}, parts).log).toEqual(["a: 1234", "b: ", "c: 5", "d: 6"]);
  });

  it("passes what is whole, and content that belongs to nothing", () => {
    const whole: Request = { path: "whole", content: ByteBuf.from("w") };
    const stray = { kind: "body", isLast: true };
    expect(aggregate({}, [whole, stray, head("a"), whole, body("1", true)]).log).toEqual([
      "whole: w",
      'other {"kind":"body","isLast":true}',
      "whole: w",
      "a: 1",
    ]);
  });

  it("does not copy a single piece, and writes on in its own memory only", () => {
    const piece = body("only", true);
    const { channel } = aggregate({}, []);
    channel.pipeline.addLast({
      channelRead: (_ctx, message) => expect((message as Request).content).toBe(piece.bytes),
    });
    channel.writeInbound(head("a"), piece);
    const memory = ByteBuf.alloc(100).writeBytes(ByteBuf.from("first"));
    const kept = memory.duplicate();
    channel.writeInbound(head("b"), { kind: "body", bytes: memory, isLast: false }, body("second", true));
    expect(kept.getUint8(5)).toBe(0);
  });

  it("reports a message that is too long once, and skips to its end", () => {
    const parts = [head("a"), body("123"), body("45"), body("6"), body("7", true), head("b"), body("1234", true)];
    expect(aggregate({ maxContentLength: 4 }, parts).log).toEqual(["FRAME_TOO_LONG limit=4", "b: 1234"]);
    const last = [head("a"), body("12345", true), { kind: "body", isLast: true }];
    expect(aggregate({ maxContentLength: 4 }, last).log).toEqual([
      "FRAME_TOO_LONG limit=4",
      'other {"kind":"body","isLast":true}',
    ]);
  });

  it("skips to the next start if there is no end", () => {
    const parts = [head("a"), body("12345"), body("6"), head("b"), body("1", true)];
    expect(aggregate({ maxContentLength: 4 }, parts).log).toEqual(["FRAME_TOO_LONG limit=4", "b: 1"]);
  });

  it("refuses an announced length at once", () => {
    const { log, channel } = aggregate({ maxContentLength: 4 }, [head("a", 5)]);
    expect(log).toEqual(["FRAME_TOO_LONG length=5 limit=4"]);
    channel.writeInbound(body("12345", true), head("b", 4), body("12"), body("34", true));
    expect(log.slice(1)).toEqual(["b: 1234"]);
  });

  it("does not trust an announced length", () => {
    const parts = [head("a", 2), body("12"), body("34", true), head("b", 4), body("1"), body("2", true)];
    expect(aggregate({}, parts).log).toEqual(["a: 1234", "b: 12"]);
  });

  it("lets a subclass answer what is too long", () => {
    const refused: string[] = [];
    class Answering extends Requests {
      protected override handleOversizedMessage(
        ctx: ChannelHandlerContext<Request>,
        start: Head | Short,
        error: SluiceError,
      ): void {
        refused.push(`${start.path} ${error.code}`);
        ctx.writeAndFlush("413");
      }
    }
    const { log, channel } = aggregate(
      {},
      [head("a"), body("12345"), body("6")],
      new Answering({ maxContentLength: 4 }),
    );
    expect([refused, log, channel.outboundMessages]).toEqual([["a FRAME_TOO_LONG"], [], ["413"]]);
  });

  it("reports a message that begins inside another, and collects the new one", () => {
    expect(aggregate({}, [head("a"), body("123"), head("b"), body("4", true), head("c"), short("d", "5")]).log).toEqual(
      ["FRAME_MALFORMED length=3", "b: 4", "FRAME_MALFORMED length=0", "d: 5"],
    );
  });

  it("reports what is left at the end of the stream, once, before it is told of that", () => {
    const { log, channel } = aggregate({}, [head("a"), body("123")]);
    channel.pipeline.fireUserEventTriggered(ChannelInputShutdownEvent);
    channel.finish();
    expect(log).toEqual(["FRAME_TRUNCATED length=3", "inactive"]);
    const skipping = aggregate({ maxContentLength: 1 }, [head("a"), body("123")]);
    skipping.channel.finish();
    expect(skipping.log).toEqual(["FRAME_TOO_LONG limit=1", "inactive"]);
  });

  it("reports what it held when it is taken out", () => {
    const { log, channel } = aggregate({}, [head("a"), body("123")]);
    channel.pipeline.remove(Requests);
    expect(log).toEqual(["FRAME_TRUNCATED length=3"]);
  });

  it("asks for more when autoRead is off and a burst completed no message", () => {
    let reads = 0;
    const channel = new EmbeddedChannel({ read: () => reads++ }, new Requests());
    channel.autoRead = false;
    reads = 0;
    channel.writeInbound(head("a"), body("1"));
    expect(reads).toBe(1);
    channel.writeInbound(body("2", true));
    expect(reads).toBe(1);
  });

  it("puts a megabyte together from small pieces", () => {
    const { log, channel } = aggregate({}, [head("a")]);
    const piece = "x".repeat(64);
    for (let i = 0; i < 16_383; i++) channel.pipeline.fireChannelRead(body(piece));
    channel.writeInbound(body(piece, true));
    expect(log[0]?.length).toBe("a: ".length + 2 ** 20);
  });

  it("refuses a limit that can never work", () => {
    expect(() => new Requests({ maxContentLength: -1 })).toThrow(SluiceError);
    expect(new Requests().maxContentLength).toBe(2 ** 20);
  });

  it("agrees with a model for any sequence of parts", () => {
    const part = fc.oneof(
      fc.record({ kind: fc.constant("head" as const), path: fc.constantFrom("a", "b") }),
      fc.record({ kind: fc.constant("body" as const), text: fc.string({ maxLength: 4 }), isLast: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), fc.nat(8), (parts, limit) => {
        const expected: string[] = [];
        let open: { path: string; text: string } | undefined;
        for (const one of parts) {
          if (one.kind === "head") {
            if (open !== undefined) expected.push(`FRAME_MALFORMED length=${sizeOf(open.text)}`);
            open = { path: one.path, text: "" };
          } else if (open !== undefined) {
            open.text += one.text;
            if (sizeOf(open.text) > limit) {
              expected.push(`FRAME_TOO_LONG limit=${limit}`);
              open = undefined;
            } else if (one.isLast) {
              expected.push(`${open.path}: ${open.text}`);
              open = undefined;
            }
          }
        }
        const made = parts.map((one) => (one.kind === "head" ? head(one.path) : body(one.text, one.isLast)));
        const { log } = aggregate({ maxContentLength: limit }, made);
        expect(log.filter((line) => !line.startsWith("other"))).toEqual(expected);
      }),
    );
  });
});

function sizeOf(text: string): number {
  return ByteBuf.from(text).readableBytes;
}
