import { SluiceError } from "@sluice/buffer";
import type { ChannelHandler, ChannelHandlerContext } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FlowControlHandler, type FlowControlHandlerOptions } from "./flow-control-handler.js";

const code = (code: string, length?: number) =>
  expect.objectContaining({ code, ...(length === undefined ? {} : { length }) });

/** A channel with AUTO_READ off; `log` has what passes behind the handler, and READ for what it asks of the transport. */
function scene(behind: ChannelHandler = {}, options?: FlowControlHandlerOptions) {
  const log: unknown[] = [];
  const flow = new FlowControlHandler(options);
  const channel = new EmbeddedChannel(
    {
      read(ctx) {
        log.push("READ");
        ctx.read();
      },
    },
    flow,
    {
      channelRead(ctx, message) {
        log.push(message);
        ctx.fireChannelRead(message);
      },
      channelReadComplete(ctx) {
        log.push("complete");
        ctx.fireChannelReadComplete();
      },
      exceptionCaught: (_ctx, error) => log.push(error),
    },
    behind,
  );
  channel.autoRead = false;
  log.length = 0;
  return { channel, flow, log, saw: () => log.splice(0) };
}

describe("with AUTO_READ on", () => {
  it("everything passes, in the bursts it comes in", () => {
    const { channel, saw } = scene();
    channel.autoRead = true;
    saw();
    channel.writeInbound(1, 2);
    channel.writeInbound(3);
    expect(saw()).toEqual([1, 2, "complete", "READ", 3, "complete", "READ"]);
  });

  it("a handler that turns it off gets no more of the burst, and its end", () => {
    const { channel, flow, saw } = scene({
      channelRead(ctx, message) {
        if (message === 2) ctx.channel.autoRead = false;
      },
    });
    channel.autoRead = true;
    saw();
    channel.writeInbound(1, 2, 3, 4);
    expect([saw(), flow.waiting]).toEqual([[1, 2, "complete"], 2]);
  });
});

describe("with AUTO_READ off", () => {
  it("each read brings one message, as a burst of its own", () => {
    const { channel, flow, saw } = scene();
    channel.read();
    channel.writeInbound(1, 2, 3);
    expect([saw(), flow.waiting]).toEqual([["READ", 1, "complete"], 2]);
    channel.read();
    expect(saw()).toEqual([2, "complete"]);
    channel.read();
    expect(saw()).toEqual([3, "complete"]);
    channel.read();
    expect(saw()).toEqual(["READ"]);
  });

  it("nothing comes that was not asked for", () => {
    const { channel, saw } = scene();
    channel.writeInbound(1);
    expect(saw()).toEqual([]);
    channel.read();
    expect(saw()).toEqual([1, "complete"]);
  });

  it("asked twice before a message came, it means one", () => {
    const { channel, flow, saw } = scene();
    channel.read();
    channel.read();
    channel.writeInbound(1, 2);
    expect([saw(), flow.waiting]).toEqual([["READ", "READ", 1, "complete"], 1]);
  });

  it("asks again when a burst has brought no message", () => {
    const { channel, saw } = scene();
    channel.read();
    channel.flushInbound();
    expect(saw()).toEqual(["READ", "READ"]);
    channel.writeInbound(1);
    expect(saw()).toEqual([1, "complete"]);
  });

  it("a demand from before it was turned off is no demand", () => {
    const { channel, saw } = scene();
    channel.autoRead = true;
    channel.autoRead = false;
    saw();
    channel.writeInbound(1);
    expect(saw()).toEqual([]);
  });

  it.each(["channelRead", "channelReadComplete"] as const)(
    "who asks again in %s gets all, one after the other",
    (event) => {
      const reading = {
        [event](ctx: ChannelHandlerContext, message: unknown) {
          ctx.read();
          if (event === "channelRead") ctx.fireChannelRead(message);
        },
      };
      const { channel, saw } = scene(reading);
      channel.read();
      channel.writeInbound(1, 2, 3);
      const messages = saw().filter((entry) => entry !== "READ");
      expect(messages).toEqual([1, "complete", 2, "complete", 3, "complete"]);
    },
  );

  it("does not fill the stack, however many wait", () => {
    const count = 50_000;
    const { channel, log } = scene({ channelRead: (ctx) => ctx.read() });
    for (let i = 0; i < count; i++) channel.pipeline.fireChannelRead(i);
    channel.read();
    expect(log.filter((entry) => typeof entry === "number")).toHaveLength(count);
  });

  it("what waits passes when it is turned on, until it is turned off", () => {
    const { channel, flow, saw } = scene({
      channelRead(ctx, message) {
        if (message === 2) ctx.channel.autoRead = false;
      },
    });
    channel.writeInbound(1, 2, 3);
    channel.autoRead = true;
    expect([saw(), flow.waiting]).toEqual([[1, 2, "complete"], 1]);
    channel.autoRead = true;
    expect(saw()).toEqual([3, "complete", "READ"]);
  });
});

describe("errors between messages", () => {
  /** Stands for a decoder: numbers are messages, errors are raised. */
  const decoder = (): ChannelHandler => ({
    channelRead(ctx, item) {
      if (item instanceof Error) ctx.fireExceptionCaught(item);
      else ctx.fireChannelRead(item);
    },
  });
  const between = new SluiceError("FRAME_TOO_LONG");

  function decoding() {
    const made = scene();
    made.channel.pipeline.addFirst(decoder());
    return made;
  }

  it("keep their place when they are recoverable", () => {
    const { channel, saw } = decoding();
    channel.read();
    channel.writeInbound(1, 2, between, 3);
    expect(saw()).toEqual(["READ", 1, "complete"]);
    channel.read();
    expect(saw()).toEqual([2, "complete"]);
    channel.read();
    expect(saw()).toEqual([between, 3, "complete"]);
  });

  it("come at once when nothing waits, when they are fatal, and outside of a burst", () => {
    const { channel, saw } = decoding();
    const fatal = new SluiceError("FRAME_CORRUPTED");
    channel.writeInbound(between, 1, fatal);
    expect(saw()).toEqual([between, fatal]);
    channel.pipeline.fireExceptionCaught(between);
    expect(saw()).toEqual([between]);
  });
});

describe("at the end", () => {
  it("what waits is passed on when the handler is removed", () => {
    const { channel, flow, saw } = scene();
    channel.writeInbound(1, 2);
    channel.pipeline.remove(flow);
    expect(saw()).toEqual([1, 2, "complete"]);
    channel.writeInbound(3);
    expect(saw()).toEqual([3, "complete"]);
  });

  it("also when that happens while one is being delivered", () => {
    const made = scene({
      channelRead(ctx, message) {
        if (message === 1) ctx.pipeline.remove(made.flow);
      },
    });
    made.channel.writeInbound(1, 2, 3);
    made.channel.read();
    expect(made.saw().filter((entry) => typeof entry === "number")).toEqual([1, 2, 3]);
  });

  it("what waits when the channel ends is reported by number", () => {
    const { channel, flow, saw } = scene();
    channel.writeInbound(1, 2, 3);
    channel.close();
    channel.runPendingTasks();
    expect([saw(), flow.waiting]).toEqual([[code("MESSAGES_LOST", 3)], 0]);
  });

  it("nothing is reported when nothing waits", () => {
    const { channel, saw } = scene();
    channel.close();
    channel.runPendingTasks();
    expect(saw()).toEqual([]);
  });
});

describe("the bound", () => {
  it("closes the channel when more come, and counts what was lost", () => {
    const { channel, saw } = scene({}, { maxMessages: 2 });
    channel.writeInbound(1, 2, 3, 4);
    expect(saw()).toEqual([
      expect.objectContaining({ code: "INBOUND_QUEUE_FULL", limit: 2 }),
      code("MESSAGES_LOST", 4),
    ]);
    expect(channel.isOpen).toBe(false);
  });

  it.each([0, -1, 1.5, Number.NaN])("cannot be %d", (maxMessages) => {
    expect(() => new FlowControlHandler({ maxMessages })).toThrow(code("INVALID_ARGUMENT"));
  });
});

it("loses nothing, changes no order and gives one message for each read, whatever happens when", () => {
  const step = fc.oneof(
    fc.nat(5).map((count) => ({ burst: count })),
    fc.constant("read" as const),
    fc.boolean().map((autoRead) => ({ autoRead })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { channel, flow, log } = scene();
      let next = 0;
      let allowed = 0;
      for (const action of steps) {
        const before = log.filter((entry) => typeof entry === "number").length;
        if (action === "read") channel.read();
        else if ("autoRead" in action) channel.autoRead = action.autoRead;
        else channel.writeInbound(...Array.from({ length: action.burst }, () => next++));
        const numbers = log.filter((entry) => typeof entry === "number");
        if (action === "read") allowed = 1;
        if (!channel.autoRead) {
          expect(numbers.length - before).toBeLessThanOrEqual(allowed);
          if (numbers.length > before) allowed = 0;
        } else allowed = 0;
        expect(numbers).toEqual(numbers.map((_, i) => i));
        expect(numbers.length + flow.waiting).toBe(next);
      }
    }),
  );
});
