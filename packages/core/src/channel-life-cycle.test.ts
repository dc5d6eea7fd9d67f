/** From open to active: connecting, and everything that can come between. */
import { describe, expect, it } from "vitest";
import { recorder, turn } from "../fixtures/recorder.js";
import { connected, scripted } from "../fixtures/scripted-transport.js";
import { ChannelOption } from "./channel-option.js";
import { EmbeddedChannel } from "./embedded/index.js";
import type { ChannelSignals } from "./index.js";
import { Channel } from "./index.js";

const code = (code: string) => expect.objectContaining({ code });

describe("connecting", () => {
  it("goes from open through connecting to active, and asks for input", async () => {
    const trace: string[] = [];
    const { channel, end, log, clock } = scripted(recorder("A", trace));
    expect([channel.isOpen, channel.isActive, channel.isWritable]).toEqual([true, false, false]);
    const promise = channel.connect({}).addListener(() => log.push("promise"));
    expect([end.saw(), clock.pending, promise.isDone]).toEqual([["connect"], 1, false]);
    end.signals.active();
    await promise;
    expect([channel.isOpen, channel.isActive, channel.isWritable]).toEqual([true, true, true]);
    expect(log).toEqual(["promise", "on active"]);
    expect(trace).toEqual(["A.added", "A.CONNECT", "A.active", "A.READ"]);
    expect([end.saw(), clock.pending]).toEqual([["read"], 0]);
    end.signals.active();
    expect(trace).toHaveLength(4);
  });

  it("fails with what the transport says, and closes", async () => {
    const trace: string[] = [];
    const { channel, end, log, clock } = scripted(recorder("A", trace));
    const promise = channel.connect({});
    const refused = new Error("refused");
    end.signals.connectFailed(refused);
    await expect(promise).rejects.toBe(refused);
    await channel.closed;
    expect(log).toEqual(["on close refused"]);
    expect(trace).toEqual(["A.added", "A.CONNECT", "A.removed"]);
    expect([channel.closeCause, clock.pending, end.saw()]).toEqual([refused, 0, ["connect", "destroy"]]);
  });

  it("times out", async () => {
    const { channel, end, clock } = scripted();
    channel.setOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, 50);
    const promise = channel.connect({});
    clock.advance(49);
    expect(promise.isDone).toBe(false);
    clock.advance(1);
    await expect(promise).rejects.toMatchObject({ code: "CONNECT_TIMEOUT", limit: 50 });
    // Too late.
    end.signals.active();
    expect(channel.isOpen).toBe(false);
    await channel.closed;
    expect([channel.closeCause, clock.pending]).toEqual([code("CONNECT_TIMEOUT"), 0]);
  });

  it("waits without a limit of its own when told to, and 30 s by default", () => {
    const { channel, clock } = scripted();
    channel.setOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0).connect({});
    expect(clock.pending).toBe(0);
    const other = scripted();
    other.channel.connect({});
    expect(other.clock.nextDeadline).toBe(30_000);
  });

  it("can be given up before, during and after", async () => {
    const before = scripted();
    const given = AbortSignal.abort("changed my mind");
    await expect(before.channel.connect({ signal: given })).rejects.toMatchObject({
      code: "ABORTED",
      cause: "changed my mind",
    });
    await before.channel.closed;
    expect([before.end.saw(), before.channel.closeCause]).toEqual([["destroy"], code("ABORTED")]);

    const during = scripted();
    const controller = new AbortController();
    const attempt = during.channel.connect({ signal: controller.signal });
    controller.abort();
    await expect(attempt).rejects.toEqual(code("ABORTED"));
    await during.channel.closed;
    expect([during.end.saw(), during.clock.pending]).toEqual([["connect", "destroy"], 0]);

    const after = scripted();
    const late = new AbortController();
    after.channel.connect({ signal: late.signal });
    after.end.signals.active();
    late.abort();
    expect(after.channel.isActive).toBe(true);
  });

  it("is refused twice, while active and when closed", async () => {
    const { channel, end } = scripted();
    channel.connect({});
    await expect(channel.connect({})).rejects.toEqual(code("INVALID_ARGUMENT"));
    end.signals.active();
    await expect(channel.connect({})).rejects.toEqual(code("INVALID_ARGUMENT"));
    expect(channel.isActive).toBe(true);
    await channel.close();
    await expect(channel.connect({})).rejects.toEqual(code("CHANNEL_CLOSED"));
    await expect(channel.bind({})).rejects.toEqual(code("INVALID_ARGUMENT"));
  });

  it("can be ended by a close, and stays closed on purpose whatever comes late", async () => {
    for (const late of ["active", "connectFailed", "nothing"] as const) {
      const { channel, end, log } = scripted();
      end.closes = false;
      const attempt = channel.connect({});
      const closing = channel.close();
      await expect(attempt).rejects.toEqual(code("CHANNEL_CLOSED"));
      if (late !== "nothing") end.signals[late](new Error("late"));
      end.signals.closed();
      await closing;
      expect([log, channel.closeCause]).toEqual([["on close"], undefined]);
    }
  });

  it("that nobody awaits is told to the channel's listeners", async () => {
    const { channel, end, log } = scripted();
    channel.connect({});
    end.signals.connectFailed(new Error("refused"));
    await turn();
    expect(log).toEqual(["on close refused", "on error refused"]);
  });
});

describe("from inside a callback of connecting", () => {
  it("the promise: a close still gives the handlers active and inactive, in order", async () => {
    const trace: string[] = [];
    const { channel, end, log } = scripted(recorder("A", trace));
    channel.connect({}).addListener(() => channel.close());
    end.signals.active();
    await channel.closed;
    expect(trace).toEqual(["A.added", "A.CONNECT", "A.CLOSE", "A.active", "A.inactive", "A.removed"]);
    expect(log).toEqual(["on active", "on inactive", "on close"]);
    expect(end.saw()).toEqual(["connect", "close"]);
  });

  it("channelActive: what is written and flushed is sent", () => {
    const { channel, end } = scripted({ channelActive: (ctx) => ctx.writeAndFlush("hello") });
    channel.connect({});
    end.signals.active();
    expect(end.saw()).toEqual(["connect", "flush 1", "read"]);
  });

  it("channelActive: a close reads nothing", async () => {
    const { channel, end } = scripted({ channelActive: (ctx) => ctx.close() });
    channel.connect({});
    end.signals.active();
    await channel.closed;
    expect(end.saw()).toEqual(["connect", "close"]);
  });

  it("the promise's failure: closing again changes nothing", async () => {
    const { channel, end, log } = scripted();
    channel.connect({}).addListener(() => {
      channel.close();
      channel.closeForcibly();
    });
    end.signals.connectFailed(new Error("refused"));
    await channel.closed;
    expect([log, end.saw()]).toEqual([["on close refused"], ["connect", "destroy"]]);
  });
});

describe("writing before the channel is connected", () => {
  it("keeps what is not flushed", () => {
    const { channel, end } = scripted();
    channel.write("early");
    channel.connect({});
    channel.write("later");
    end.signals.active();
    expect(end.saw()).toEqual(["connect", "read"]);
    channel.flush();
    expect(end.saw()).toEqual(["flush 2"]);
  });

  it("fails what is flushed, and leaves the channel writable afterwards", async () => {
    const { channel, end, log } = scripted();
    const results = Array.from({ length: 1000 }, () => channel.write("x"));
    channel.flush();
    const failed = { status: "rejected", reason: code("CHANNEL_NOT_ACTIVE") };
    expect(await Promise.allSettled(results)).toEqual(results.map(() => failed));
    expect(channel.engine.queue.isWritable).toBe(true);
    channel.connect({});
    end.signals.active();
    expect([channel.isWritable, log]).toEqual([true, ["on active"]]);
  });

  it("fails a half-close and ignores a read", async () => {
    const { channel, end } = scripted();
    await expect(channel.shutdownOutput()).rejects.toEqual(code("CHANNEL_NOT_ACTIVE"));
    channel.read();
    expect(end.saw()).toEqual([]);
  });
});

describe("reading", () => {
  it("asks for input after each burst while autoRead is on", () => {
    const { channel, end } = connected();
    end.delivers("a", "b");
    expect(end.saw()).toEqual(["read"]);
    channel.autoRead = false;
    end.delivers("c");
    expect(end.saw()).toEqual([]);
    channel.read();
    channel.autoRead = false;
    expect(end.saw()).toEqual(["read"]);
    channel.autoRead = true;
    channel.autoRead = true;
    expect(end.saw()).toEqual(["read"]);
  });

  it("honours a read from inside channelRead and channelReadComplete", () => {
    const { channel, end } = connected({
      channelRead: (ctx) => ctx.read(),
      channelReadComplete: (ctx) => ctx.read(),
    });
    channel.autoRead = false;
    end.delivers("a");
    expect(end.saw()).toEqual(["read", "read"]);
  });

  it("may be turned off by option before it begins", () => {
    const { channel, end } = scripted();
    channel.setOption(ChannelOption.AUTO_READ, false).connect({});
    end.signals.active();
    expect([end.saw(), channel.autoRead, channel.getOption(ChannelOption.AUTO_READ)]).toEqual([
      ["connect"],
      false,
      false,
    ]);
  });

  it("stops at the read operation of a handler that holds it back", () => {
    const { end } = connected({ read: () => {} });
    end.delivers("a");
    expect(end.saw()).toEqual([]);
  });
});

describe("the transport breaking", () => {
  it("tells the handlers once, fails what waits, and closes", async () => {
    const trace: string[] = [];
    const { channel, end, log } = connected(recorder("A", trace));
    const results: string[] = [];
    const note = (name: string) => (error: any) => results.push(`${name} ${error?.code ?? error?.message}`);
    channel.write("a").addListener(note("flushed"));
    channel.pipeline.write("unawaited");
    channel.flush();
    channel.write("b").addListener(note("unflushed"));
    trace.length = 0;
    const reset = new Error("reset");
    end.signals.failed(reset);
    end.signals.failed(new Error("again"));
    expect(results).toEqual(["flushed reset", "unflushed CHANNEL_CLOSED"]);
    await channel.closed;
    expect(trace).toEqual(["A.caught reset", "A.inactive", "A.removed"]);
    expect(log).toEqual(["on error reset", "on inactive", "on close reset"]);
    expect([end.saw(), channel.closeCause]).toEqual([["flush 2", "destroy"], reset]);
  });

  it("is dealt with by a handler that closes, without another attempt to send", async () => {
    const { channel, end, log } = connected({ exceptionCaught: (ctx) => ctx.close() });
    channel.writeAndFlush("a").addListener(() => {});
    end.saw();
    end.signals.failed(new Error("reset"));
    await channel.closed;
    expect(end.saw()).toEqual(["destroy"]);
    expect(log).toEqual(["on inactive", "on close reset"]);
  });

  it("closes the channel although a handler swallows the error", async () => {
    const { channel, end } = connected({ exceptionCaught: () => {} });
    end.signals.failed(new Error("reset"));
    await channel.closed;
    expect(channel.closeCause).toEqual(new Error("reset"));
  });

  it("before it is active fails the attempt to connect", async () => {
    const { channel, end } = scripted();
    const promise = channel.connect({});
    end.signals.failed(new Error("reset"));
    await expect(promise).rejects.toThrow("reset");
    await channel.closed;
  });
});

describe("a connection that has to open first", () => {
  /** As an acceptor makes it. */
  function accepted(...handlers: Parameters<typeof scripted>) {
    const scene = scripted(...handlers);
    const opened: string[] = [];
    Object.assign(scene.end, { open: () => opened.push("open") });
    scene.channel.engine.begin();
    return { ...scene, opened };
  }

  it("is not active before it says so", async () => {
    const trace: string[] = [];
    const { channel, end, log, opened } = accepted(recorder("A", trace));
    expect([opened, channel.isActive, channel.isOpen, log]).toEqual([["open"], false, true, []]);
    channel.engine.begin();
    expect(opened).toHaveLength(1);
    end.signals.active();
    end.signals.event("how it went");
    expect(trace).toEqual(["A.added", "A.active", "A.READ", "A.event how it went"]);
    expect(log).toEqual(["on active"]);
  });

  it("tells the pipeline when it fails, for nobody else is waiting", async () => {
    const trace: string[] = [];
    const { channel, end, log } = accepted(recorder("A", trace));
    const failure = new Error("no handshake");
    end.signals.connectFailed(failure);
    await channel.closed;
    expect(trace).toEqual(["A.added", "A.caught no handshake", "A.removed"]);
    expect(log).toEqual(["on error no handshake", "on close no handshake"]);
    expect([channel.closeCause, end.saw().at(-1)]).toEqual([failure, "destroy"]);
  });

  it("may be closed meanwhile, and then has not failed", async () => {
    const trace: string[] = [];
    const { channel, end, log } = accepted(recorder("A", trace));
    const closing = channel.close();
    end.signals.connectFailed(new Error("no handshake"));
    await closing;
    expect([log, channel.closeCause]).toEqual([["on close"], undefined]);
    expect(trace).toEqual(["A.added", "A.CLOSE", "A.removed"]);
  });

  it("begins at once when it need not", () => {
    const { channel, log } = scripted();
    channel.engine.begin();
    expect([channel.isActive, log]).toEqual([true, ["on active"]]);
  });
});

describe("what a channel tells of itself", () => {
  it("its addresses, parent, id and clock", () => {
    const { channel, clock } = scripted();
    const child = new Channel({ createEnd: () => channel.engine.end, parent: channel });
    expect([channel.localAddress, channel.remoteAddress]).toEqual([{ local: "here" }, { local: "there" }]);
    expect([child.parent, child.clock, child.id > channel.id, channel.parent]).toEqual([
      channel,
      clock,
      true,
      undefined,
    ]);
    expect(channel.pipeline.tail.clock).toBe(clock);
  });

  it("ignores signals after the last", async () => {
    const trace: string[] = [];
    const { channel, end, log } = connected(recorder("A", trace));
    await channel.close();
    trace.length = log.length = 0;
    const signals: ChannelSignals = end.signals;
    signals.active();
    signals.read("m");
    signals.readComplete();
    signals.inputShutdown();
    signals.outputShutdown();
    signals.connectFailed(new Error("x"));
    signals.failed(new Error("x"));
    signals.closed();
    await turn();
    expect([trace, log, channel.closeCause]).toEqual([[], [], undefined]);
  });

  it("an embedded channel can be connected again by hand", async () => {
    const channel = new EmbeddedChannel();
    await expect(channel.connect({})).rejects.toEqual(code("INVALID_ARGUMENT"));
  });
});
