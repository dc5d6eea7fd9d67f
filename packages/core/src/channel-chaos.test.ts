/**
 * Any operations, on any network, called from anywhere: a channel keeps its promises.
 *
 * One list of steps drives the channel from outside; a second one is used up by its callbacks, which so do anything
 * at all from inside handlers, listeners and completions.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { recorder, turn } from "../fixtures/recorder.js";
import { type Scripted, scripted } from "../fixtures/scripted-transport.js";
import { ChannelOption } from "./channel-option.js";
import type { ChannelHandler } from "./index.js";
import { WriteBufferWaterMark } from "./write-buffer-water-mark.js";

const operations = ["write", "writeAndFlush", "flush", "read", "toggle", "user", "edit", "throw"] as const;
const endings = ["close", "closeFailing", "closeForcibly", "shutdownOutput", "disconnect", "unhandled"] as const;
const network = ["active", "takes", "takesOne", "delivers", "time"] as const;
const breaks = ["connectFailed", "inputShutdown", "outputShutdown", "failed", "closed"] as const;

type Step = (typeof operations)[number] | (typeof endings)[number] | (typeof network)[number] | (typeof breaks)[number];

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(...operations) },
  { weight: 30, arbitrary: fc.constantFrom(...network) },
  { weight: 1, arbitrary: fc.constantFrom(...endings) },
  { weight: 1, arbitrary: fc.constantFrom(...breaks) },
);
// The network does not call back from inside the channel's calls.
const nested: fc.Arbitrary<Step | "nothing"> = fc.oneof(
  { weight: 30, arbitrary: fc.constant("nothing" as const) },
  { weight: 30, arbitrary: fc.constantFrom(...operations) },
  { weight: 1, arbitrary: fc.constantFrom(...endings) },
);

const script = fc.record({
  steps: fc.array(step, { maxLength: 60, size: "max" }),
  nested: fc.array(nested, { maxLength: 200, size: "max" }),
  /** Whether it begins connected, as is most interesting. */
  active: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
  /** Whether the handler deals with errors. */
  tolerant: fc.boolean(),
  halfClosure: fc.boolean(),
  /** Whether the network takes everything inside flush. */
  fast: fc.boolean(),
});
type Script = typeof script extends fc.Arbitrary<infer S> ? S : never;

class Chaos {
  readonly scene: Scripted;
  readonly trace: string[] = [];
  readonly nested: (Step | "nothing")[];
  readonly settled: string[] = [];
  written = 0;
  depth = 0;

  constructor({ nested, active, tolerant, halfClosure, fast }: Script) {
    this.nested = [...nested];
    const methods = recorder("A", this.trace, tolerant ? { exceptionCaught: () => {} } : {});
    const calls = Object.entries(methods).map(([name, method]) => [
      name,
      (...args: unknown[]) => {
        (method as (...args: unknown[]) => void)(...args);
        if (name !== "handlerAdded" && name !== "handlerRemoved") this.callBack();
      },
    ]);
    this.scene = scripted(Object.fromEntries(calls) as ChannelHandler);
    const { channel, end } = this.scene;
    end.sendsAtOnce = fast;
    channel.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(150, 400));
    channel.setOption(ChannelOption.MAX_OUTBOUND_BYTES, 900);
    channel.setOption(ChannelOption.ALLOW_HALF_CLOSURE, halfClosure);
    for (const event of ["active", "inactive", "writability", "error", "close"] as const) {
      channel.on(event, () => this.callBack());
    }
    channel.connect({}).addListener(() => this.callBack());
    if (active) this.do("active");
  }

  callBack(): void {
    if (this.depth > 5) return;
    this.depth++;
    try {
      this.do(this.nested.shift() ?? "nothing");
    } finally {
      this.depth--;
    }
  }

  write(flush: boolean): void {
    const id = this.written++;
    const { tail } = this.scene.channel.pipeline;
    const promise = tail.newPromise().addListener((error) => {
      this.settled.push(`${id} ${error === undefined ? "sent" : "failed"}`);
      this.callBack();
    });
    if (flush) tail.writeAndFlush(id, promise);
    else tail.write(id, promise);
  }

  do(what: Step | "nothing"): void {
    const { channel, end, clock } = this.scene;
    const { signals } = end;
    const ended = end.calls.includes("close") || end.calls.includes("destroy");
    switch (what) {
      case "nothing":
        return;
      case "write":
        return this.write(false);
      case "writeAndFlush":
        return this.write(true);
      case "flush":
        return void channel.flush();
      case "read":
        return void channel.read();
      case "toggle":
        channel.autoRead = !channel.autoRead;
        return;
      case "user":
        return channel.pipeline.fireUserEventTriggered("e");
      case "edit":
        return void channel.pipeline.addFirst({
          channelRead: (ctx, message) => {
            ctx.pipeline.remove(ctx.handler);
            ctx.fireChannelRead(message);
          },
        });
      case "throw":
        if (this.depth > 0) throw new Error("from a callback");
        return;
      case "close":
        return void channel.close().addListener(() => this.callBack());
      case "closeFailing":
        return void channel.close({ pendingWrites: "fail" });
      case "closeForcibly":
        return channel.closeForcibly();
      case "shutdownOutput":
        return void channel.shutdownOutput().addListener(() => this.callBack());
      case "disconnect":
        return void channel.disconnect();
      case "unhandled":
        return channel.pipeline.fireExceptionCaught(new Error("nobody's"));
      case "time":
        return clock.advance(4000);
      case "takes":
        return end.queue === undefined || ended ? undefined : end.takes();
      case "takesOne":
        return (end.queue?.flushedLength ?? 0) === 0 || ended ? undefined : end.takes(1);
      case "delivers":
        return end.delivers("m");
      case "failed":
      case "connectFailed":
        return signals[what](new Error("network"));
      case "closed":
        return ended ? signals.closed() : undefined;
      case "outputShutdown":
        return end.calls.includes("shutdownOutput") ? signals.outputShutdown() : undefined;
      case "active":
      case "inputShutdown":
        return signals[what]();
    }
  }

  check(): void {
    const { channel, end, log, clock } = this.scene;
    const count = (entries: string[], pattern: RegExp) => entries.filter((entry) => pattern.test(entry)).length;
    // Every verb that begins or ends something reached the transport once at most, and one that ends did.
    for (const verb of ["connect", "close", "destroy", "shutdownOutput"]) {
      expect(count(end.calls, new RegExp(`^${verb}$`)), verb).toBeLessThanOrEqual(1);
    }
    expect(count(end.calls, /^(close|destroy)$/)).toBeGreaterThan(0);
    expect(end.nestedFlushes).toBe(0);
    // Each life-cycle event once, in pairs and in order.
    const life = log.filter((entry) => /^on (active|inactive|close)/.test(entry)).map((entry) => entry.split(" ")[1]);
    expect([["close"], ["active", "inactive", "close"]]).toContainEqual(life);
    const handler = this.trace.filter((entry) => /^A\.(added|active|inactive|removed)$/.test(entry));
    const expected = life.length === 1 ? ["added", "removed"] : ["added", "active", "inactive", "removed"];
    expect(handler).toEqual(expected.map((event) => `A.${event}`));
    // Writability goes to and fro.
    const writability = log.filter((entry) => entry.startsWith("on writability"));
    writability.forEach((entry, i) => {
      expect(entry).not.toBe(writability[i + 1]);
    });
    // Every write is settled once; those that were sent are the ones the network took, in order.
    expect(this.settled).toHaveLength(this.written);
    expect(new Set(this.settled.map((entry) => entry.split(" ")[0])).size).toBe(this.written);
    const sent = this.settled.filter((entry) => entry.endsWith("sent")).map((entry) => Number(entry.split(" ")[0]));
    expect(sent).toEqual(end.sent.filter((id) => sent.includes(id as number)));
    // Nothing is held.
    expect([channel.engine.queue.length, channel.engine.queue.pendingBytes, clock.pending]).toEqual([0, 0, 0]);
    expect(channel.pipeline.names()).toEqual([]);
  }
}

it("keeps its promises through any sequence of operations, signals and callbacks", async () => {
  await fc.assert(
    fc.asyncProperty(script, async (given) => {
      const chaos = new Chaos(given);
      for (const each of given.steps) {
        chaos.do(each);
        if (each === "time") await turn();
      }
      chaos.scene.channel.closeForcibly();
      await chaos.scene.channel.closed;
      await turn();
      chaos.check();
    }),
  );
});
