import { describe, expect, it, vi } from "vitest";
import { reconnecting } from "../../fixtures/reconnecting.js";
import { turn } from "../../fixtures/recorder.js";
import { type ScriptedConnection, scriptedTransport } from "../../fixtures/scripted-transport.js";
import { ManualClock } from "../embedded/manual-clock.js";
import { Bootstrap, type Channel, ChannelOption, SluiceError } from "../index.js";

const code = (code: string) => expect.objectContaining({ code });
const refused = () => new SluiceError("CONNECT_REFUSED");
const reset = () => new SluiceError("CONNECTION_RESET");

function reconnectingTransport() {
  const ends: ScriptedConnection[] = [];
  return { ends, clock: new ManualClock(), transport: scriptedTransport(ends) };
}

describe("a reconnecting client", () => {
  it("connects, and again when the channel is lost, after growing delays", async () => {
    const { client, clock, ends, end, saw, connects } = reconnecting();
    expect(client.state).toBe("new");
    expect(await saw()).toEqual(["connecting 1 to 1"]);
    expect([client.state, client.channel]).toEqual(["connecting", undefined]);
    await connects();
    expect(await saw()).toEqual(["ready"]);
    expect([client.state, client.channel?.isActive]).toEqual(["ready", true]);

    end().signals.failed(reset());
    expect(await saw()).toEqual(["disconnected CONNECTION_RESET", "waiting 100 for 2"]);
    expect([client.state, client.channel]).toEqual(["waiting", undefined]);
    clock.advance(99);
    expect(await saw()).toEqual([]);
    clock.advance(1);
    expect(await saw()).toEqual(["connecting 2 to 1"]);
    end().signals.connectFailed(refused());
    expect(await saw()).toEqual(["attemptFailed 2 CONNECT_REFUSED", "waiting 200 for 3"]);
    clock.advance(200);
    end().signals.connectFailed(refused());
    expect(await saw()).toEqual(["connecting 3 to 1", "attemptFailed 3 CONNECT_REFUSED", "waiting 400 for 4"]);
    clock.advance(400);
    await connects();
    expect(await saw()).toEqual(["connecting 4 to 1", "ready"]);
    expect(ends).toHaveLength(4);
    await client.close();
    expect(await saw()).toEqual(["disconnected", "stopped"]);
    expect([client.state, client.stopCause, clock.pending]).toEqual(["stopped", undefined, 0]);
  });

  it("counts from the beginning when a stable channel is lost, and goes on counting otherwise", async () => {
    const { client, clock, end, saw, connects } = reconnecting({ stableAfterMs: 50 });
    await connects();
    clock.advance(49);
    end().signals.inputShutdown();
    expect((await saw()).slice(2)).toEqual(["disconnected", "waiting 100 for 2"]);
    clock.advance(100);
    await connects();
    clock.advance(49);
    end().signals.inputShutdown();
    expect((await saw()).slice(2)).toEqual(["disconnected", "waiting 200 for 3"]);
    clock.advance(200);
    await connects();
    clock.advance(50);
    end().signals.inputShutdown();
    expect((await saw()).slice(2)).toEqual(["disconnected", "waiting 100 for 1"]);
    await client.close();
  });

  it("gives up after as many attempts as allowed", async () => {
    const { client, clock, ends, end, saw } = reconnecting({ maxAttempts: 2 });
    const stopped = expect(client.ready()).rejects.toMatchObject({
      code: "RECONNECT_STOPPED",
      cause: { code: "ATTEMPTS_EXHAUSTED" },
    });
    await turn();
    end().signals.connectFailed(refused());
    await turn();
    clock.advance(100);
    end().signals.connectFailed(refused());
    expect((await saw()).slice(2)).toEqual([
      "waiting 100 for 2",
      "connecting 2 to 1",
      "attemptFailed 2 CONNECT_REFUSED",
      "stopped ATTEMPTS_EXHAUSTED",
    ]);
    expect(client.stopCause).toMatchObject({ code: "ATTEMPTS_EXHAUSTED", limit: 2, cause: refused() });
    await stopped;
    await client.closed;
    clock.advance(100_000);
    expect([await saw(), ends.length, clock.pending]).toEqual([[], 2, 0]);
  });

  it("goes round the servers", async () => {
    const { client, clock, end, log, connects } = reconnecting({ servers: [{ port: 1 }, { port: 2 }, { port: 3 }] });
    for (const outcome of ["refused", "refused", "lost", "refused", "refused"]) {
      if (outcome === "lost") (await connects()).signals.failed(reset());
      else {
        await turn();
        end().signals.connectFailed(refused());
      }
      await turn();
      clock.advance(100_000);
    }
    await turn();
    expect(log.filter((entry) => entry.startsWith("connecting")).map((entry) => entry.at(-1))).toEqual([..."123123"]);
    await client.close();
  });

  it("gives every channel a pipeline of its own, with options and all", async () => {
    const handlers: object[] = [];
    const bootstrap = new Bootstrap().option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 5).handler((p) => {
      const handler = {};
      handlers.push(handler);
      p.addLast("mine", handler);
    });
    const { transport, clock, ends } = reconnectingTransport();
    const client = bootstrap
      .transport(transport)
      .clock(clock)
      .reconnect({ servers: [{}], initialDelayMs: 100, random: () => 1 });
    await turn();
    clock.advance(5);
    await turn();
    expect(client.state).toBe("waiting");
    clock.advance(100);
    ends.at(-1)?.signals.active();
    const channel = await client.ready();
    expect(channel.pipeline.get("mine")).toBe(handlers[1]);
    expect([handlers.length, ends.length]).toEqual([2, 2]);
    await client.close();
  });

  it("stops at errors that cannot be otherwise the next time", async () => {
    const unsupported = reconnecting();
    await turn();
    unsupported.end().signals.connectFailed(new SluiceError("INVALID_ARGUMENT"));
    expect(await unsupported.saw()).toEqual([
      "connecting 1 to 1",
      "attemptFailed 1 INVALID_ARGUMENT",
      "stopped INVALID_ARGUMENT",
    ]);
    const client = new Bootstrap().reconnect({ servers: [{}] });
    await client.closed;
    expect(client.stopCause).toEqual(code("INVALID_ARGUMENT"));
  });

  it("asks whether to go on", async () => {
    const asked: unknown[] = [];
    const { client, clock, end, saw, connects } = reconnecting({
      shouldRetry: (cause) => {
        asked.push(cause);
        return asked.length < 3;
      },
    });
    await turn();
    end().signals.connectFailed(refused());
    await turn();
    clock.advance(100);
    (await connects()).signals.inputShutdown();
    await turn();
    clock.advance(200);
    (await connects()).signals.failed(reset());
    expect((await saw()).slice(-2)).toEqual(["disconnected CONNECTION_RESET", "stopped CONNECTION_RESET"]);
    expect(asked).toEqual([refused(), undefined, reset()]);
    await client.closed;
  });

  it.each([
    ["random", "waiting"],
    ["shouldRetry", "attemptFailed"],
  ])("stops with what %s throws", async (option) => {
    const { client, end, saw } = reconnecting({
      [option]: () => {
        throw new Error("thrown");
      },
    });
    await turn();
    end().signals.connectFailed(refused());
    expect((await saw()).at(-1)).toBe("stopped thrown");
    await client.closed;
  });

  it("stops when there is no timer left for the delay", async () => {
    const { client, clock, end, saw } = reconnecting();
    await turn();
    vi.spyOn(clock, "schedule").mockImplementation(() => {
      throw new SluiceError("TIMER_STOPPED");
    });
    end().signals.connectFailed(refused());
    expect((await saw()).at(-1)).toBe("stopped TIMER_STOPPED");
    await client.closed;
  });

  it("does not run messages before the pipeline knows that the channel is active", async () => {
    const order: string[] = [];
    const { client, connects } = reconnecting(
      {},
      {
        channelActive: (ctx) => {
          order.push("active");
          ctx.fireChannelActive();
        },
        write: (ctx, message, completion) => {
          order.push(String(message));
          ctx.write(message, completion);
        },
      },
    );
    client.send("a");
    await connects();
    expect(order).toEqual(["active", "a"]);
    await client.close({ pendingWrites: "fail" });
  });

  it("does not count a channel as ready that a handler closes at once", async () => {
    const { client, saw, connects } = reconnecting({}, { channelActive: (ctx) => ctx.close() });
    await connects();
    expect(await saw()).toEqual(["connecting 1 to 1", "attemptFailed 1 CHANNEL_CLOSED", "waiting 100 for 2"]);
    await client.close();
  });

  it("ends an attempt that a handler refuses", async () => {
    const { client, ends, saw } = reconnecting(
      {},
      { connect: (_ctx, _options, completion) => completion.fail(new Error("held")) },
    );
    expect(await saw()).toEqual(["connecting 1 to 1", "attemptFailed 1 held", "waiting 100 for 2"]);
    expect(ends[0]?.saw()).toEqual(["destroy"]);
    await client.close();
  });
});

describe("ready()", () => {
  it("waits for the next channel, or gives the present one", async () => {
    const { client, connects } = reconnecting();
    const waiting = [client.ready(), client.ready()];
    await connects();
    const channel = client.channel as Channel;
    expect(await Promise.all([...waiting, client.ready()])).toEqual([channel, channel, channel]);
    await client.close();
  });

  it("can be given up", async () => {
    const { client, connects } = reconnecting();
    const controller = new AbortController();
    const remove = vi.spyOn(controller.signal, "removeEventListener");
    const waiting = client.ready({ signal: controller.signal });
    controller.abort("no");
    await expect(waiting).rejects.toMatchObject({ code: "ABORTED", cause: "no" });
    await expect(client.ready({ signal: controller.signal })).rejects.toEqual(code("ABORTED"));
    expect(remove).toHaveBeenCalledOnce();
    await connects();
    await client.close();
  });

  it("fails when the client has stopped, or stops", async () => {
    const { client } = reconnecting();
    const waiting = client.ready();
    client.close();
    await expect(waiting).rejects.toEqual(code("RECONNECT_STOPPED"));
    await expect(client.ready()).rejects.toEqual(code("RECONNECT_STOPPED"));
  });
});

describe("the end", () => {
  it("comes by close, in every state, with nothing left behind", async () => {
    const paths: Record<string, (scene: ReturnType<typeof reconnecting>) => Promise<unknown> | undefined> = {
      new: () => undefined,
      connecting: () => turn(),
      preparing: (scene) => scene.connects(),
      waiting: async ({ end }) => {
        await turn();
        end().signals.connectFailed(refused());
        await turn();
      },
    };
    for (const [state, path] of Object.entries(paths)) {
      const scene = reconnecting({ prepare: () => new Promise(() => {}) });
      const underWay = path(scene);
      if (underWay !== undefined) await underWay;
      expect(scene.client.state).toBe(state);
      const closing = [scene.client.close(), scene.client.close(), scene.client[Symbol.asyncDispose]()];
      await Promise.all(closing);
      expect(scene.client.state).toBe("stopped");
      expect(scene.log.filter((entry) => entry === "stopped")).toHaveLength(1);
      const { clock, ends, saw } = scene;
      await saw();
      clock.advance(100_000);
      expect([await saw(), clock.pending]).toEqual([[], 0]);
      for (const end of ends) expect(end.calls).toContain("destroy");
    }
  });

  it("waits for what is in flight on a ready channel, or cuts it", async () => {
    for (const options of [undefined, { pendingWrites: "fail" } as const]) {
      const { client, connects, saw } = reconnecting();
      const end = await connects();
      const sending = client.send("a");
      let over = false;
      const closing = client.close(options).then(() => {
        over = true;
      });
      await turn();
      if (options === undefined) {
        expect([client.state, over]).toEqual(["stopping", false]);
        end.takes();
        await sending;
      } else await expect(sending).rejects.toEqual(code("DELIVERY_UNCERTAIN"));
      await closing;
      const expected = ["connecting 1 to 1", "ready", "disconnected", "uncertain a DELIVERY_UNCERTAIN", "stopped"];
      if (options === undefined) expected.splice(3, 1);
      expect(await saw()).toEqual(expected);
    }
  });

  it("cuts a close that hangs when asked a second time", async () => {
    const { client, connects } = reconnecting();
    await connects();
    client.send("a");
    client.close();
    await client.close({ pendingWrites: "fail" });
    expect(client.state).toBe("stopped");
  });

  it("comes by the signal, with its reason", async () => {
    const controller = new AbortController();
    const { client, connects, saw } = reconnecting({ signal: controller.signal });
    await connects();
    controller.abort("enough");
    expect(await saw()).toEqual(["connecting 1 to 1", "ready", "disconnected", "stopped ABORTED"]);
    expect(client.stopCause).toMatchObject({ code: "ABORTED", cause: "enough" });
    const aborted = reconnecting({ signal: AbortSignal.abort() });
    expect(await aborted.saw()).toEqual(["stopped ABORTED"]);
    expect(aborted.ends).toEqual([]);
  });

  it("leaves no listener on the signal", async () => {
    const controller = new AbortController();
    const remove = vi.spyOn(controller.signal, "removeEventListener");
    const { client } = reconnecting({ signal: controller.signal });
    await client.close();
    expect(remove).toHaveBeenCalledOnce();
  });
});

describe("listeners", () => {
  it("are told in order, whatever they do", async () => {
    const { client, end, log, connects } = reconnecting();
    client.on("disconnected", () => void client.close());
    await connects();
    client.send("a");
    end().signals.failed(reset());
    await client.closed;
    expect(log.slice(2)).toEqual([
      "disconnected CONNECTION_RESET",
      "uncertain a DELIVERY_UNCERTAIN",
      "waiting 100 for 2",
      "stopped",
    ]);
  });

  it("that throw are told to the listener for errors", async () => {
    const { client, saw, connects } = reconnecting();
    const errors: Error[] = [];
    client.on("error", (error) => errors.push(error));
    client.on("connecting", () => {
      throw new Error("thrown");
    });
    await connects();
    expect([await saw(), errors]).toEqual([["connecting 1 to 1", "ready"], [new Error("thrown")]]);
    await client.close();
  });

  it("that throw stop the client when nobody hears of it", async () => {
    for (const hearing of [false, true]) {
      const { client, saw } = reconnecting();
      if (hearing) {
        client.on("error", () => {
          throw new Error("thrown again");
        });
      }
      client.on("connecting", () => {
        throw new Error("thrown");
      });
      expect(await saw()).toEqual(["connecting 1 to 1", `stopped thrown${hearing ? " again" : ""}`]);
    }
  });

  it("that throw at the very end leave it as the cause", async () => {
    const { client } = reconnecting();
    const errors = vi.fn();
    client.on("error", errors);
    client.on("stopped", () => {
      throw new Error("thrown");
    });
    await client.close();
    expect([client.stopCause, errors.mock.calls]).toEqual([new Error("thrown"), []]);
  });
});

describe("options", () => {
  it.each([
    { servers: [] },
    { initialDelayMs: 0 },
    { initialDelayMs: Number.NaN },
    { initialDelayMs: Number.POSITIVE_INFINITY },
    { maxDelayMs: 99 },
    { factor: 0.5 },
    { stableAfterMs: -1 },
    { maxAttempts: 0 },
    { prepareTimeoutMs: 0 },
    { maxQueuedMessages: 0 },
    { maxQueuedBytes: Number.NaN },
    { maxWaiting: 0 },
    { whenFull: "drop-newest" },
  ] as object[])("refuse %o", (options) => {
    expect(() => reconnecting(options)).toThrow(code("INVALID_ARGUMENT"));
  });

  it("have defaults that work together", async () => {
    const { transport, ends, clock } = reconnectingTransport();
    const make = (options: object) =>
      new Bootstrap()
        .transport(transport)
        .clock(clock)
        .reconnect({ servers: [{}], random: () => 0.5, ...options });
    const delays: number[] = [];
    for (const options of [{}, { initialDelayMs: 60_000 }]) {
      const client = make(options);
      client.on("waiting", (delayMs) => delays.push(delayMs));
      for (let i = 0; i < 7; i++) {
        await turn();
        ends.at(-1)?.signals.connectFailed(refused());
        await turn();
        clock.advance(60_000);
      }
      await client.close();
    }
    expect(delays).toEqual([
      500, 1000, 2000, 4000, 8000, 15_000, 15_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000,
    ]);
  });
});
