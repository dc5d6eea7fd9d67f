/**
 * Any calls, any network, any answers of the checks, in any order: what a pool promises about places and turns.
 *
 * The model knows who waits, since when, and who holds what. After every step it counts what there really is, channels
 * and attempts, and compares.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { PoolScene } from "../../fixtures/pool-scene.js";
import { turn } from "../../fixtures/recorder.js";
import type { Channel, ChannelPoolOptions } from "../index.js";

interface Caller {
  readonly controller: AbortController;
  channel: Channel | undefined;
  error: (Error & { code?: string }) | undefined;
}

interface Model {
  readonly maxConnections: number;
  readonly maxWaiting: number;
  /** In the order in which they came. */
  readonly pending: Caller[];
  readonly held: Channel[];
}

class World {
  readonly scene: PoolScene;
  /** Checks that wait for an answer. */
  readonly checks: { readonly leaving: boolean; readonly channel: Channel; readonly answer: (fit: boolean) => void }[] =
    [];

  constructor(options: Partial<ChannelPoolOptions>, slowChecks: boolean) {
    const ask = (leaving: boolean) => (channel: Channel) =>
      new Promise<boolean>((answer) => {
        this.checks.push({ leaving, channel, answer });
      });
    this.scene = new PoolScene({
      ...options,
      ...(slowChecks ? { checkOnAcquire: ask(true), checkOnRelease: ask(false) } : {}),
    });
  }

  get open(): Channel[] {
    return this.scene.made.map(({ channel }) => channel).filter(({ engine }) => engine.state !== "closed");
  }

  /** Attempts the pool still counts on. */
  get attempts(): number[] {
    return [...this.scene.attempts.keys()].filter((i) => !this.scene.attempts[i]?.signal.aborted);
  }

  get openChecks() {
    return this.checks.filter(({ channel }) => channel.isActive);
  }

  /** Sees what the last step has led to, and whether that was right. */
  async settle(model: Model): Promise<void> {
    await turn();
    const { pool } = this.scene;
    const before = [...model.pending];
    for (const [i, caller] of before.entries()) {
      if (caller.channel === undefined && caller.error === undefined) continue;
      model.pending.splice(model.pending.indexOf(caller), 1);
      if (caller.channel === undefined) continue;
      model.held.push(caller.channel);
      // First come, first served.
      expect(before.slice(0, i).filter((older) => model.pending.includes(older))).toEqual([]);
      // To one at a time.
      expect(model.held.filter((channel) => channel === caller.channel)).toHaveLength(1);
    }
    expect(pool.waiting).toBe(model.pending.length);
    expect(pool.leased).toBe(model.held.filter((channel) => this.open.includes(channel)).length);
    // No place is lost, none is used twice.
    expect(pool.size).toBe(this.attempts.length + this.open.length);
    expect(pool.size).toBeLessThanOrEqual(model.maxConnections);
    expect(pool.connecting).toBe(this.attempts.length);
    // Nobody waits for what could be had.
    const underWay = pool.connecting + this.openChecks.filter(({ leaving }) => leaving).length;
    if (model.pending.length > underWay) expect([pool.idle, pool.size]).toEqual([0, model.maxConnections]);
    expect(model.pending.length).toBeLessThanOrEqual(model.maxWaiting + model.maxConnections);
  }
}

type Command = fc.AsyncCommand<Model, World>;

class Acquire implements Command {
  readonly timeoutMs: number;
  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }
  check = () => true;
  async run(model: Model, world: World): Promise<void> {
    const { pool } = world.scene;
    const controller = new AbortController();
    const caller: Caller = { controller, channel: undefined, error: undefined };
    const crowded = model.pending.length >= model.maxWaiting;
    pool.acquire({ timeoutMs: this.timeoutMs, signal: controller.signal }).then(
      (channel) => (caller.channel = channel),
      (error) => (caller.error = error),
    );
    model.pending.push(caller);
    await world.settle(model);
    if (caller.error !== undefined) expect([caller.error.code, crowded]).toEqual(["POOL_EXHAUSTED", true]);
  }
  toString = () => `acquire(${this.timeoutMs})`;
}

class Connect implements Command {
  readonly which: number;
  readonly succeeds: boolean;
  constructor(which: number, succeeds: boolean) {
    this.which = which;
    this.succeeds = succeeds;
  }
  check = () => true;
  async run(model: Model, world: World): Promise<void> {
    const { attempts } = world;
    if (attempts.length === 0) return;
    const index = attempts[this.which % attempts.length] as number;
    if (this.succeeds) await world.scene.connects(index);
    else {
      const error = new Error("refused");
      const before = [...model.pending];
      const underWay = attempts.length + world.openChecks.filter(({ leaving }) => leaving).length;
      await world.scene.refuses(error, index);
      const told = before.filter((caller) => caller.error === error).length;
      // One if every attempt was somebody's; where some were nobody's, this may have been such a one.
      if (underWay <= before.length) expect(told).toBe(1);
      else expect(told).toBeLessThanOrEqual(1);
    }
    await world.settle(model);
  }
  toString = () => `${this.succeeds ? "connects" : "refuses"}(${this.which})`;
}

class Release implements Command {
  readonly which: number;
  readonly discard: boolean;
  constructor(which: number, discard: boolean) {
    this.which = which;
    this.discard = discard;
  }
  check = (model: Readonly<Model>) => model.held.length > 0;
  async run(model: Model, world: World): Promise<void> {
    const [channel] = model.held.splice(this.which % model.held.length, 1) as [Channel];
    world.scene.pool.release(channel, { discard: this.discard });
    if (model.pending.length === 0) {
      expect(() => world.scene.pool.release(channel)).toThrow(expect.objectContaining({ code: "POOL_NOT_LEASED" }));
    }
    await world.settle(model);
  }
  toString = () => `release(${this.which}${this.discard ? ", discard" : ""})`;
}

class Die implements Command {
  readonly which: number;
  constructor(which: number) {
    this.which = which;
  }
  check = () => true;
  async run(model: Model, world: World): Promise<void> {
    const { open } = world;
    if (open.length === 0) return;
    const channel = open[this.which % open.length] as Channel;
    world.scene.made[world.scene.number(channel) - 1]?.end.signals.failed(new Error("reset"));
    await world.settle(model);
  }
  toString = () => `die(${this.which})`;
}

class GiveUp implements Command {
  readonly which: number;
  constructor(which: number) {
    this.which = which;
  }
  check = (model: Readonly<Model>) => model.pending.length > 0;
  async run(model: Model, world: World): Promise<void> {
    const caller = model.pending[this.which % model.pending.length] as Caller;
    caller.controller.abort();
    await world.settle(model);
    expect(caller.error?.code).toBe("ABORTED");
  }
  toString = () => `giveUp(${this.which})`;
}

class Answer implements Command {
  readonly which: number;
  readonly fit: boolean;
  constructor(which: number, fit: boolean) {
    this.which = which;
    this.fit = fit;
  }
  check = () => true;
  async run(model: Model, world: World): Promise<void> {
    if (world.checks.length === 0) return;
    const [check] = world.checks.splice(this.which % world.checks.length, 1);
    check?.answer(this.fit);
    await world.settle(model);
  }
  toString = () => `answer(${this.which}, ${this.fit})`;
}

class Pass implements Command {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  check = () => true;
  async run(model: Model, world: World): Promise<void> {
    world.scene.clock.advance(this.ms);
    await world.settle(model);
  }
  toString = () => `pass(${this.ms})`;
}

const commands = fc.commands(
  [
    fc.constantFrom(0, 0, 20, 200).map((timeoutMs) => new Acquire(timeoutMs)),
    fc.constantFrom(0, 0, 20, 200).map((timeoutMs) => new Acquire(timeoutMs)),
    fc.tuple(fc.nat(9), fc.boolean()).map(([which, succeeds]) => new Connect(which, succeeds)),
    fc.nat(9).map((which) => new Connect(which, true)),
    fc.tuple(fc.nat(9), fc.constantFrom(false, false, true)).map(([which, discard]) => new Release(which, discard)),
    fc.nat(9).map((which) => new Release(which, false)),
    fc.tuple(fc.nat(9), fc.constantFrom(true, true, false)).map(([which, fit]) => new Answer(which, fit)),
    fc.nat(9).map((which) => new Die(which)),
    fc.nat(9).map((which) => new GiveUp(which)),
    fc.constantFrom(1, 10, 60, 300).map((ms) => new Pass(ms)),
  ],
  { maxCommands: 60, size: "max" },
);

const settings = fc.record({
  maxConnections: fc.integer({ min: 1, max: 4 }),
  maxWaiting: fc.integer({ min: 0, max: 4 }),
  order: fc.constantFrom("lifo" as const, "fifo" as const),
  idleTimeoutMs: fc.constantFrom(0, 50),
  minIdle: fc.nat(2),
  maxLifetimeMs: fc.constantFrom(0, 100),
  connectTimeoutMs: fc.constantFrom(0, 80),
  checkTimeoutMs: fc.constantFrom(30, 1000),
});

it("loses no place, serves in order and keeps its bounds, whatever happens", async () => {
  await fc.assert(
    fc.asyncProperty(settings, fc.boolean(), commands, async (options, slowChecks, steps) => {
      const world = new World(options, slowChecks);
      const { maxConnections, maxWaiting } = options;
      const model: Model = { maxConnections, maxWaiting, pending: [], held: [] };
      await fc.asyncModelRun(() => ({ model, real: world }), steps);
      await wind(model, world);
    }),
    { numRuns: 200 },
  );
});

/** Everything is answered and given back: nobody waits any more, nothing is out, and closing leaves nothing behind. */
async function wind(model: Model, world: World): Promise<void> {
  const { scene } = world;
  for (
    let steps = 0;
    model.pending.length + model.held.length + world.attempts.length + world.checks.length > 0;
    steps++
  ) {
    expect(steps).toBeLessThan(1000);
    await new Answer(0, true).run(model, world);
    await new Connect(0, true).run(model, world);
    if (model.held.length > 0) await new Release(0, false).run(model, world);
  }
  const { size, idle } = scene.pool;
  expect(size).toBe(idle);
  expect(await scene.pool.close()).toEqual({ closed: size, forced: 0 });
  expect([scene.pool.size, world.open.length, scene.clock.pending]).toEqual([0, 0, 0]);
  const { created, closed } = scene.pool.totals;
  expect(Object.values(closed).reduce((sum, count) => sum + count)).toBe(created);
}
