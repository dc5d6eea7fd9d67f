/**
 * A reconnecting client on a network that does anything, used by somebody who does anything, from outside and from inside
 * the callbacks: it keeps its promises.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { logEvents } from "../../fixtures/reconnecting.js";
import { turn } from "../../fixtures/recorder.js";
import { ScriptedConnection } from "../../fixtures/scripted-transport.js";
import { ManualClock } from "../embedded/manual-clock.js";
import {
  Bootstrap,
  ChannelOption,
  type Completion,
  type ReconnectingClient,
  SluiceError,
  type Transport,
} from "../index.js";
import { WriteBufferWaterMark } from "../write-buffer-water-mark.js";

/** How often each is tried from outside, among the others. */
const WEIGHTS = {
  // the user
  send: 24,
  sendAborted: 1,
  abortSend: 2,
  ready: 1,
  read: 4,
  closeChannel: 1,
  cutChannel: 1,
  shutdownOutput: 1,
  // the hook
  hookDone: 12,
  hookFails: 1,
  // the network
  active: 20,
  connectFailed: 2,
  takes: 8,
  takesOne: 8,
  delivers: 4,
  inputShutdown: 1,
  failed: 3,
  time: 8,
  turn: 8,
  // the end
  close: 0.2,
  closeFailing: 0.2,
  abort: 0.2,
} as const;
type Step = keyof typeof WEIGHTS;

const steps = Object.entries(WEIGHTS).map(([step, weight]) => ({
  weight: weight * 5,
  arbitrary: fc.constant(step as Step),
}));
const uses = ["send", "abortSend", "ready", "read", "closeChannel", "cutChannel", "shutdownOutput"] as const;
const nested: fc.Arbitrary<Step | "nothing"> = fc.oneof(
  { weight: 60, arbitrary: fc.constant("nothing" as const) },
  { weight: 20, arbitrary: fc.constant("send" as const) },
  { weight: 6, arbitrary: fc.constantFrom(...uses) },
  { weight: 1, arbitrary: fc.constantFrom("close" as const, "closeFailing" as const, "abort" as const) },
);

const script = fc.record({
  steps: fc.array(fc.oneof(...steps), { maxLength: 120, size: "max" }),
  nested: fc.array(nested, { maxLength: 100, size: "max" }),
  whenFull: fc.constantFrom("fail" as const, "drop-oldest" as const, "wait" as const),
  hook: fc.constantFrom("none" as const, "async" as const),
  /** What the pipeline does to every fifth message. */
  handler: fc.constantFrom("passes" as const, "refuses" as const, "holds" as const, "failsLater" as const),
  maxAttempts: fc.constantFrom(2, Number.POSITIVE_INFINITY),
});
type Script = typeof script extends fc.Arbitrary<infer S> ? S : never;

class Chaos {
  readonly clock = new ManualClock();
  readonly ends: ScriptedConnection[] = [];
  readonly log: string[] = [];
  readonly client: ReconnectingClient<unknown, string>;
  readonly #nested: (Step | "nothing")[];
  readonly #controller = new AbortController();
  readonly #sends: AbortController[] = [];
  readonly #hooks: { resolve: () => void; reject: (error: Error) => void }[] = [];
  readonly #held: (Completion | undefined)[] = [];
  readonly #messages: AsyncIterator<unknown>;
  /** How each message's promise ended, and how it was told by event. */
  readonly outcomes = new Map<string, string[]>();
  readonly told = new Map<string, string[]>();
  open = 0;
  mostOpen = 0;
  #depth = 0;
  #sent = 0;

  constructor({ nested, whenFull, hook, handler, maxAttempts }: Script) {
    this.#nested = [...nested];
    this.client = new Bootstrap()
      .transport(this.#transport())
      .clock(this.clock)
      .option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(150, 400))
      .handler((p) =>
        p.addLast({ write: (ctx, message, completion) => this.#write(handler, ctx, message, completion) }),
      )
      .reconnect({
        servers: [{}],
        initialDelayMs: 10,
        maxDelayMs: 40,
        stableAfterMs: 20,
        prepareTimeoutMs: 15,
        maxQueuedMessages: 6,
        maxWaiting: 3,
        whenFull,
        maxAttempts,
        signal: this.#controller.signal,
        ...(hook === "none"
          ? {}
          : { prepare: () => new Promise<void>((resolve, reject) => this.#hooks.push({ resolve, reject })) }),
      }) as ReconnectingClient<unknown, string>;
    logEvents(this.client, this.log);
    this.#messages = this.client.messages();
    const note = (kind: string) => (messages: readonly string[], error: Error) => {
      for (const message of messages) this.#noteIn(this.told, message, `${kind} ${(error as SluiceError).code}`);
    };
    this.client.on("unsent", note("unsent"));
    this.client.on("uncertain", note("uncertain"));
    for (const event of [
      "connecting",
      "attemptFailed",
      "ready",
      "disconnected",
      "waiting",
      "unsent",
      "uncertain",
      "stopped",
    ] as const) {
      this.client.on(event, () => this.#callBack());
    }
  }

  /** Counts the ends that are in use: from their making to the signal that they are over. */
  #transport(): Transport {
    return {
      name: "chaos",
      createConnection: (signals) => {
        this.mostOpen = Math.max(this.mostOpen, ++this.open);
        const over = signals.closed.bind(signals);
        let isOver = false;
        const counted = Object.create(signals, {
          closed: {
            value: () => {
              if (!isOver) this.open--;
              isOver = true;
              over();
            },
          },
        });
        for (const name of [
          "active",
          "connectFailed",
          "read",
          "readComplete",
          "inputShutdown",
          "outputShutdown",
          "failed",
        ] as const) {
          Object.defineProperty(counted, name, {
            value: (signals[name] as (...args: unknown[]) => void).bind(signals),
          });
        }
        const end = new ScriptedConnection(counted);
        this.ends.push(end);
        return end;
      },
      createListener: () => {
        throw new Error("not scripted");
      },
    };
  }

  #write(
    handler: Script["handler"],
    ctx: { write(message: unknown, completion?: Completion): void },
    message: unknown,
    completion: Completion | undefined,
  ) {
    this.#callBack();
    if (handler === "passes" || Number(message) % 5 > 0) return ctx.write(message, completion);
    if (handler === "refuses") throw new Error("refused");
    this.#held.push(completion);
    if (handler === "failsLater") queueMicrotask(() => this.#held.pop()?.fail(new Error("later")));
  }

  #callBack(): void {
    if (this.#depth > 4) return;
    this.#depth++;
    this.do(this.#nested.shift() ?? "nothing");
    this.#depth--;
  }

  #send(signal: AbortSignal): void {
    const message = String(this.#sent++);
    this.outcomes.set(message, []);
    this.client.send(message, { signal }).then(
      () => this.#noteIn(this.outcomes, message, "sent"),
      (error) => this.#noteIn(this.outcomes, message, error.code ?? error.message),
    );
  }

  #noteIn(notes: Map<string, string[]>, message: string, note: string): void {
    notes.set(message, [...(notes.get(message) ?? []), note]);
  }

  do(what: Step | "nothing"): void {
    const { client, clock } = this;
    const end = this.ends.at(-1);
    const ended = end === undefined || end.calls.includes("close") || end.calls.includes("destroy");
    switch (what) {
      case "nothing":
      case "turn":
        return;
      case "send": {
        const controller = new AbortController();
        this.#sends.push(controller);
        return this.#send(controller.signal);
      }
      case "sendAborted":
        return this.#send(AbortSignal.abort());
      case "abortSend":
        return this.#sends.pop()?.abort();
      case "closeChannel":
        return void client.channel?.close();
      case "cutChannel":
        return client.channel?.closeForcibly();
      case "shutdownOutput":
        return void client.channel?.shutdownOutput().addListener(() => {});
      case "ready":
        return void client.ready().catch(() => {});
      case "read":
        return void this.#messages.next().catch(() => {});
      case "hookDone":
        return this.#hooks.shift()?.resolve();
      case "hookFails":
        return this.#hooks.shift()?.reject(new Error("hook"));
      case "close":
        return void client.close();
      case "closeFailing":
        return void client.close({ pendingWrites: "fail" });
      case "abort":
        return this.#controller.abort();
      case "time":
        return clock.advance(13);
      case "takes":
        return ended || end.queue === undefined ? undefined : end.takes();
      case "takesOne":
        return ended || (end.queue?.flushedLength ?? 0) === 0 ? undefined : end.takes(1);
      case "delivers":
        return end?.delivers("m");
      case "active":
      case "inputShutdown":
        return end?.signals[what]();
      case "connectFailed":
      case "failed":
        return end?.signals[what](new SluiceError("CONNECTION_RESET"));
    }
  }

  check(): void {
    const { client, log, ends, clock } = this;
    expect(this.mostOpen).toBeLessThanOrEqual(1);
    for (const end of ends) expect(end.calls.filter((verb) => verb === "connect")).toEqual(["connect"]);
    // One attempt after the other, each with one end; and nothing after stop.
    const life = log.map((entry) => entry.split(" ")[0]).filter((event) => event !== "unsent" && event !== "uncertain");
    expect(life.join(" ")).toMatch(
      /^(connecting (ready disconnected|attemptFailed) (waiting ?)?)*(connecting )?(ready disconnected )?stopped$/,
    );
    expect(log.filter((entry) => entry.startsWith("stopped"))).toHaveLength(1);
    expect(log.at(-1)).toMatch(/^stopped/);
    // Every message ends in exactly one way, and what failed was told so, once, unless it came after the end.
    const taken = ends.flatMap((end) => end.sent);
    expect(new Set(taken).size).toBe(taken.length);
    for (const [message, outcomes] of this.outcomes) {
      expect(outcomes, `message ${message}`).toHaveLength(1);
      const [outcome] = outcomes as [string];
      const told = this.told.get(message) ?? [];
      if (outcome === "sent") {
        expect([told, taken.includes(message)]).toEqual([[], true]);
      } else if (outcome === "DELIVERY_UNCERTAIN") expect(told).toEqual([`uncertain ${outcome}`]);
      else {
        expect(taken).not.toContain(message);
        if (told.length > 0 || outcome !== "RECONNECT_STOPPED") {
          expect(told).toEqual([`unsent ${outcome === "refused" ? undefined : outcome}`]);
        }
      }
    }
    // In order, over all channels.
    expect(taken.map(Number)).toEqual(taken.map(Number).sort((a, b) => a - b));
    expect([client.queuedMessages, client.queuedBytes, client.inFlight, clock.pending]).toEqual([0, 0, 0, 0]);
  }
}

it("keeps its promises through any mixture of uses, hooks and failures", async () => {
  await fc.assert(
    fc.asyncProperty(script, async (given) => {
      const chaos = new Chaos(given);
      for (const each of given.steps) {
        chaos.do(each);
        if (each === "time" || each === "turn" || each === "active") await turn();
      }
      await chaos.client.close({ pendingWrites: "fail" });
      await turn();
      chaos.check();
    }),
    { numRuns: 300 },
  );
});
