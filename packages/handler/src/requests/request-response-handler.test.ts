import {
  type ChannelHandlerContext,
  ChannelInputShutdownEvent,
  ChannelOption,
  type ChannelPipeline,
} from "@sluice/core";
import { EmbeddedChannel, ManualClock } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { HeldWrites } from "../../fixtures/idle-channel.js";
import { Outcomes } from "../../fixtures/outcome.js";
import { RequestResponseHandler, type RequestResponseHandlerOptions } from "../index.js";

function setup(options?: RequestResponseHandlerOptions<string>) {
  const handler = new RequestResponseHandler<string, string>(options);
  const channel = new EmbeddedChannel(handler);
  const outcomes = new Outcomes();
  const request = (name: string, how?: Parameters<typeof handler.request>[1]) =>
    outcomes.of(name, handler.request(name, how));
  return { handler, channel, clock: channel.clock, outcomes, request };
}

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("RequestResponseHandler", () => {
  it("writes and flushes each request at once, and gives the responses out in that order", async () => {
    const { channel, handler, outcomes, request } = setup();
    for (const name of ["A", "B", "C"]) request(name);
    expect(channel.outboundMessages).toEqual(["A", "B", "C"]);
    expect(handler.inFlight).toBe(3);
    channel.writeInbound("a", "b");
    expect(await outcomes.take()).toEqual(["A: a", "B: b"]);
    channel.writeInbound("c");
    expect(await outcomes.take()).toEqual(["C: c"]);
    expect([handler.inFlight, channel.inboundMessages]).toEqual([0, []]);
  });

  it("gives undefined, null and Errors as responses: only the end of the wait is its business", async () => {
    const handler = new RequestResponseHandler<string, unknown>();
    const channel = new EmbeddedChannel(handler);
    const responses = [undefined, null, new Error("said the peer")];
    const all = Promise.all(responses.map(() => handler.request("A")));
    channel.writeInbound(...responses);
    expect(await all).toEqual(responses);
  });

  it("drops the late response to a request that has timed out, and keeps the order", async () => {
    const { channel, clock, handler, outcomes, request } = setup({ timeoutMs: 10 });
    request("A");
    clock.advance(5);
    request("B");
    clock.advance(4);
    expect(await outcomes.take()).toEqual([]);
    clock.advance(1);
    expect(await outcomes.take()).toEqual(["A: REQUEST_TIMEOUT"]);
    expect(outcomes.errors).toEqual([expect.objectContaining({ severity: "recoverable", limit: 10 })]);
    expect([handler.inFlight, handler.lateResponses]).toEqual([2, 0]);
    channel.writeInbound("a", "b");
    expect(await outcomes.take()).toEqual(["B: b"]);
    expect([handler.inFlight, handler.lateResponses, handler.unexpectedResponses]).toEqual([0, 1, 0]);
  });

  it("has a default timeout of 30 s, and none with 0", async () => {
    const { clock, outcomes, request } = setup();
    request("default");
    request("for ever", { timeoutMs: 0 });
    clock.advance(29_999);
    expect(await outcomes.take()).toEqual([]);
    clock.advance(1);
    expect(await outcomes.take()).toEqual(["default: REQUEST_TIMEOUT"]);
    expect(clock.pending).toBe(0);
  });

  it("lets each request have its own timeout, with one timeout of the clock for all", async () => {
    const { clock, outcomes, request } = setup({ timeoutMs: 20 });
    request("20");
    request("5", { timeoutMs: 5 });
    request("30", { timeoutMs: 30 });
    request("also 20");
    request("0.2 is 1", { timeoutMs: 0.2 });
    expect(clock.pending).toBe(1);
    const at: string[] = [];
    while (clock.pending > 0) {
      clock.advanceTo(clock.nextDeadline as number);
      for (const settled of await outcomes.take()) at.push(`${clock.now()} ${settled.split(":")[0]}`);
      expect(clock.pending).toBeLessThanOrEqual(1);
    }
    expect(at).toEqual(["1 0.2 is 1", "5 5", "20 20", "20 also 20", "30 30"]);
  });

  it("sets no timer per request, and none once idle for a timeout", async () => {
    const clock = new ManualClock();
    let armed = 0;
    const counting = {
      now: () => clock.now(),
      schedule(delayMs: number, task: () => void) {
        armed++;
        const timeout = clock.schedule(delayMs, task);
        return {
          get isPending() {
            return timeout.isPending;
          },
          cancel: () => timeout.cancel(),
          reschedule(ms: number) {
            armed++;
            timeout.reschedule(ms);
          },
        };
      },
    };
    const handler = new RequestResponseHandler<string, string>({ timeoutMs: 100 });
    const channel = new EmbeddedChannel({ clock: counting as unknown as ManualClock, handlers: [handler] });
    for (let i = 0; i < 1000; i++) {
      const response = handler.request("A");
      channel.writeInbound("a");
      await response;
      clock.advance(1);
    }
    expect(armed).toBeLessThanOrEqual(12);
    clock.advance(100);
    expect(clock.pending).toBe(0);
  });

  it("can be aborted before, during and not after", async () => {
    const { channel, handler, outcomes, request } = setup();
    request("before", { signal: AbortSignal.abort("no") });
    expect(await outcomes.take()).toEqual(["before: ABORTED"]);
    expect(outcomes.errors).toEqual([expect.objectContaining({ cause: "no" })]);
    expect([channel.outboundMessages, handler.inFlight]).toEqual([[], 0]);
    const abort = new AbortController();
    request("A", { signal: abort.signal });
    request("B");
    request("C");
    const late = new AbortController();
    request("D", { signal: late.signal });
    abort.abort();
    expect(await outcomes.take()).toEqual(["A: ABORTED"]);
    channel.writeInbound("a", "b", "c", "d");
    late.abort();
    expect(await outcomes.take()).toEqual(["B: b", "C: c", "D: d"]);
    expect(handler.lateResponses).toBe(1);
  });

  it("leaves no listener on a signal, however the request ends", async () => {
    const listeners = new Set<() => void>();
    const signal = {
      aborted: false,
      reason: undefined,
      addEventListener: (_type: string, listener: () => void) => void listeners.add(listener),
      removeEventListener: (_type: string, listener: () => void) => void listeners.delete(listener),
    } as unknown as AbortSignal;
    const { channel, clock, outcomes, request } = setup({ timeoutMs: 10 });
    const refusing = { write: () => expect.fail("refused") };
    for (const name of ["answered", "timed out", "aborted", "closed"]) request(name, { signal });
    expect(listeners.size).toBe(4);
    channel.writeInbound("a");
    expect(listeners.size).toBe(3);
    [...listeners][1]?.();
    expect(listeners.size).toBe(2);
    channel.pipeline.addFirst("refusing", refusing);
    request("refused", { signal });
    channel.pipeline.remove("refusing");
    expect(listeners.size).toBe(2);
    clock.advance(10);
    expect(listeners.size).toBe(0);
    request("closed", { signal });
    channel.close();
    channel.runPendingTasks();
    expect(listeners.size).toBe(0);
    expect((await outcomes.take()).sort()).toEqual(
      [
        "aborted: ABORTED",
        "answered: a",
        "closed: CHANNEL_CLOSED",
        "closed: REQUEST_TIMEOUT",
        "refused: refused",
        "timed out: REQUEST_TIMEOUT",
      ].sort(),
    );
  });

  it("refuses more than maxPending, which is 1024, counting those whose late response may come", async () => {
    const { channel, clock, handler, outcomes, request } = setup({ maxPending: 2, timeoutMs: 10 });
    expect(new RequestResponseHandler().maxPending).toBe(1024);
    for (const name of ["A", "B", "C"]) request(name);
    expect(await outcomes.take()).toEqual(["C: REQUESTS_FULL"]);
    expect(outcomes.errors).toEqual([expect.objectContaining({ limit: 2, severity: "recoverable" })]);
    clock.advance(10);
    request("D");
    expect(await outcomes.take()).toEqual(["A: REQUEST_TIMEOUT", "B: REQUEST_TIMEOUT", "D: REQUESTS_FULL"]);
    channel.writeInbound("a");
    request("E");
    channel.writeInbound("b", "e");
    expect(await outcomes.take()).toEqual(["E: e"]);
    expect([handler.inFlight, channel.outboundMessages]).toEqual([0, ["A", "B", "E"]]);
  });

  describe("a response nobody asked for", () => {
    it("is an UNEXPECTED_RESPONSE by default", () => {
      const { channel, handler } = setup();
      expect(() => channel.writeInbound("a")).toThrow(code("UNEXPECTED_RESPONSE"));
      expect([handler.unexpectedResponses, channel.inboundMessages]).toEqual([1, []]);
    });

    it("is passed on if that is wanted", () => {
      const { channel, handler } = setup({ unsolicited: "pass" });
      channel.writeInbound("a");
      expect([handler.unexpectedResponses, channel.inboundMessages]).toEqual([1, ["a"]]);
    });

    it("is no response at all if isResponse says so", async () => {
      const { channel, handler, outcomes, request } = setup({ isResponse: (message) => !message.startsWith("push") });
      request("A");
      channel.writeInbound("push 1", "a", "push 2");
      expect(await outcomes.take()).toEqual(["A: a"]);
      expect([handler.unexpectedResponses, channel.inboundMessages]).toEqual([0, ["push 1", "push 2"]]);
    });
  });

  it("rejects the request whose write failed, and matches the others as if it had not been", async () => {
    const handler = new RequestResponseHandler<string, string>({ timeoutMs: 10 });
    const outcomes = new Outcomes();
    const writes = new HeldWrites();
    const channel = new EmbeddedChannel(writes, handler);
    for (const name of ["A", "B", "C", "D"])
      outcomes.of(name, handler.request(name, { timeoutMs: name === "C" ? 1 : 10 }));
    channel.clock.advance(1);
    writes.succeed();
    writes.fail(new Error("too large"));
    writes.fail(new Error("told already"));
    expect(await outcomes.take()).toEqual(["C: REQUEST_TIMEOUT", "B: too large"]);
    channel.writeInbound("a", "d");
    expect(await outcomes.take()).toEqual(["A: a", "D: d"]);
    channel.checkException();
  });

  it("rejects when an encoder throws, with nothing left behind", async () => {
    const { channel, handler, outcomes, request } = setup();
    channel.pipeline.addFirst({
      write() {
        throw new Error("cannot encode");
      },
    });
    request("A");
    expect(handler.inFlight).toBe(0);
    expect(await outcomes.take()).toEqual(["A: cannot encode"]);
    channel.checkException();
  });

  it("fails everything that is out with one CHANNEL_CLOSED and its cause when the channel dies", async () => {
    const handler = new RequestResponseHandler<string, string>();
    const outcomes = new Outcomes();
    const channel = new EmbeddedChannel(handler);
    const reset = new Error("reset");
    for (const name of ["A", "B", "C"]) outcomes.of(name, handler.request(name));
    channel.engine.failed(reset);
    channel.runPendingTasks();
    expect(await outcomes.take()).toEqual(["A: CHANNEL_CLOSED", "B: CHANNEL_CLOSED", "C: CHANNEL_CLOSED"]);
    expect(new Set(outcomes.errors).size).toBe(1);
    expect(outcomes.errors[0]).toMatchObject({ cause: reset });
    expect([handler.inFlight, channel.clock.pending]).toEqual([0, 0]);
    outcomes.of("D", handler.request("D"));
    expect(await outcomes.take()).toEqual(["D: CHANNEL_CLOSED"]);
    expect(outcomes.errors[3]).toMatchObject({ cause: reset });
  });

  it("says CHANNEL_CLOSED also for requests that were not sent yet", async () => {
    const handler = new RequestResponseHandler<string, string>();
    const outcomes = new Outcomes();
    const held = new HeldWrites();
    const channel = new EmbeddedChannel(held, handler);
    outcomes.of("A", handler.request("A"));
    channel.engine.note.cause = new Error("reset");
    channel.close();
    held.fail(new Error("EPIPE"));
    expect(await outcomes.take()).toEqual(["A: CHANNEL_CLOSED"]);
    expect(outcomes.errors[0]).toMatchObject({ cause: new Error("reset") });
  });

  it("fails what is out when the peer has ended its side, and what comes then", async () => {
    const { channel, outcomes, request } = setup();
    channel.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    const events: unknown[] = [];
    channel.pipeline.addLast({ userEventTriggered: (_ctx, event) => void events.push(event) });
    request("A");
    channel.engine.inputShutdown();
    request("B");
    expect(await outcomes.take()).toEqual(["A: CHANNEL_CLOSED", "B: CHANNEL_CLOSED"]);
    expect([channel.outboundMessages, channel.isOpen]).toEqual([["A"], true]);
    expect(events[0]).toBe(ChannelInputShutdownEvent);
  });

  it("belongs in the pipeline of a connected channel", async () => {
    const handler = new RequestResponseHandler<string, string>();
    const outcomes = new Outcomes();
    outcomes.of("too early", handler.request("A"));
    const channel = new EmbeddedChannel(handler);
    outcomes.of("A", handler.request("A"));
    channel.pipeline.remove(handler);
    outcomes.of("too late", handler.request("B"));
    expect(await outcomes.take()).toEqual([
      "too early: HANDLER_NOT_FOUND",
      "A: HANDLER_NOT_FOUND",
      "too late: HANDLER_NOT_FOUND",
    ]);
    expect([channel.outboundMessages, channel.clock.pending]).toEqual([["A"], 0]);
  });

  it("needs a connection", async () => {
    const outcomes = new Outcomes();
    const early = new RequestResponseHandler<string, string>();
    const initialise = {
      handlerAdded(ctx: ChannelHandlerContext) {
        (ctx.pipeline as ChannelPipeline).addLast(early);
        outcomes.of("A", early.request("A"));
      },
    };
    new EmbeddedChannel(initialise);
    expect(await outcomes.take()).toEqual(["A: CHANNEL_NOT_ACTIVE"]);
  });

  it.each([
    [{ timeoutMs: Number.NaN }],
    [{ timeoutMs: Number.POSITIVE_INFINITY }],
    [{ maxPending: 0 }],
    [{ maxPending: 1.5 }],
    [{ maxPending: Number.NaN }],
    [{ maxPending: Number.POSITIVE_INFINITY }],
  ])("does not take %o", (options) => {
    expect(() => new RequestResponseHandler(options)).toThrow(code("INVALID_ARGUMENT"));
  });

  it("rejects, and sends nothing, when a timeout is no number or the clock refuses it", async () => {
    const { channel, clock, handler, outcomes, request } = setup();
    request("NaN", { timeoutMs: Number.NaN });
    clock.schedule = () => {
      throw new Error("stopped");
    };
    request("clock");
    expect(await outcomes.take()).toEqual(["NaN: INVALID_ARGUMENT", "clock: stopped"]);
    expect([channel.outboundMessages, handler.inFlight]).toEqual([[], 0]);
  });

  describe("used from inside handlers", () => {
    it("takes a response that comes from inside the write", async () => {
      const { channel, handler, outcomes, request } = setup();
      channel.pipeline.addFirst({
        write(ctx, message, completion) {
          completion?.succeed();
          ctx.fireChannelRead(String(message).toLowerCase());
        },
      });
      request("A");
      request("B");
      expect(handler.inFlight).toBe(0);
      expect(await outcomes.take()).toEqual(["A: a", "B: b"]);
    });

    it("requests from channelActive, from a push and when another request has ended", async () => {
      const handler = new RequestResponseHandler<string, string>({ isResponse: (message) => message !== "push" });
      const outcomes = new Outcomes();
      const channel = new EmbeddedChannel(handler, {
        channelActive: () =>
          outcomes.of(
            "login",
            handler.request("LOGIN").then((welcome) => handler.request(`${welcome}!`)),
          ),
        channelRead: (ctx: ChannelHandlerContext) =>
          outcomes.of("push", (ctx.pipeline.get(RequestResponseHandler) as typeof handler).request("GET")),
      });
      channel.writeInbound("push", "hello", "got");
      await outcomes.take();
      channel.writeInbound("welcome");
      expect(channel.outboundMessages).toEqual(["LOGIN", "GET", "hello!"]);
      expect(await outcomes.take()).toEqual(["login: welcome"]);
    });

    it("rejects what is asked while the channel ends", async () => {
      const { channel, outcomes, handler } = setup();
      channel.pipeline.addLast({ channelInactive: () => outcomes.of("inactive", handler.request("A")) });
      channel.pipeline.addLast({ handlerRemoved: () => outcomes.of("removed", handler.request("A")) });
      channel.finish();
      expect(await outcomes.take()).toEqual(["inactive: CHANNEL_CLOSED", "removed: CHANNEL_CLOSED"]);
    });
  });
});
