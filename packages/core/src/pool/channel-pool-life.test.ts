/** What becomes of the channels of a pool: checked, evicted, retired, closed. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { PoolScene } from "../../fixtures/pool-scene.js";
import { turn } from "../../fixtures/recorder.js";
import type { Channel } from "../index.js";

const code = (code: string) => expect.objectContaining({ code });

afterEach(() => void vi.restoreAllMocks());

describe("checks", () => {
  it("ask a channel before it is used again; one that is not fit is cut and the next one asked", async () => {
    const asked: number[] = [];
    const { scene, pool } = await PoolScene.idle(3, {
      checkOnAcquire: (channel) => asked.push(scene.number(channel)) > 2,
    });
    expect(scene.number(await pool.acquire())).toBe(1);
    await turn();
    expect([asked, scene.log]).toEqual([
      [3, 2, 1],
      ["acquired 1", "closed 3 unhealthy", "closed 2 unhealthy"],
    ]);
    expect(scene.made[2]?.end.saw()).toEqual(["destroy"]);
  });

  it("make room for a new channel when none is fit", async () => {
    const { scene } = await PoolScene.idle(1, { maxConnections: 1, checkOnAcquire: () => false });
    const caller = scene.acquire();
    await turn();
    await scene.connects();
    expect([scene.number(caller.channel), scene.counts.size]).toEqual([2, 1]);
  });

  it("may take their time, but not too long", async () => {
    const signals: AbortSignal[] = [];
    const { scene, clock } = await PoolScene.idle(2, {
      checkTimeoutMs: 50,
      checkOnAcquire: (_channel, { signal }) => {
        signals.push(signal);
        return signals.length === 1 ? new Promise(() => {}) : Promise.resolve(true);
      },
    });
    const errors: unknown[] = [];
    scene.made[1]?.channel.on("error", (error) => errors.push(error));
    const caller = scene.acquire();
    await turn();
    expect([caller.channel, scene.counts.waiting]).toEqual([undefined, 1]);
    clock.advance(50);
    await turn();
    expect([scene.number(caller.channel), signals.map(({ aborted }) => aborted)]).toEqual([1, [true, false]]);
    expect([errors, scene.log]).toEqual([[code("POOL_CHECK_TIMEOUT")], ["acquired 1", "closed 2 unhealthy"]]);
    expect(scene.made[1]?.channel.closeCause).toEqual(code("POOL_CHECK_TIMEOUT"));
  });

  it("that throw count as no, and tell why", async () => {
    const failures = [() => Promise.reject(new Error("no answer")), () => Promise.reject("text")];
    const { scene, pool } = await PoolScene.idle(2, {
      checkOnAcquire: () => (failures.shift() as () => Promise<never>)(),
    });
    const caller = scene.acquire();
    await turn();
    await scene.connects();
    expect(scene.number(caller.channel)).toBe(3);
    expect(scene.made.slice(0, 2).map(({ channel }) => channel.closeCause)).toEqual([
      code("HANDLER_THREW"),
      new Error("no answer"),
    ]);
    expect(pool.totals.closed.unhealthy).toBe(2);
  });

  it("ask a channel that comes back, before anybody gets it", async () => {
    let answer: (fit: boolean) => void = () => {};
    const { scene, channels, pool } = await PoolScene.leased(1, {
      maxConnections: 1,
      checkOnRelease: () => new Promise((resolve) => (answer = resolve)),
    });
    const [first, second] = [scene.acquire(), scene.acquire()];
    pool.release(channels[0] as Channel);
    await turn();
    expect([first.channel, scene.counts]).toEqual([
      undefined,
      { size: 1, idle: 0, leased: 0, connecting: 0, waiting: 2 },
    ]);
    answer(true);
    await turn();
    expect(first.channel).toBe(channels[0]);
    pool.release(channels[0] as Channel);
    answer(false);
    await turn();
    expect([second.channel, scene.attempts.length, pool.totals.closed.unhealthy]).toEqual([undefined, 1, 1]);
  });

  it("are not needed to know that a channel is dead", async () => {
    let asked = 0;
    const { scene, channels, pool } = await PoolScene.idle(2, { checkOnAcquire: () => ++asked > 0 });
    // Closing, and not over yet.
    channels[1]?.close();
    const acquired = pool.acquire();
    expect(await acquired).toBe(channels[0]);
    await turn();
    expect([asked, scene.log]).toEqual([1, ["acquired 1", "closed 2 lost"]]);
  });
});

describe("an idle channel", () => {
  it("that dies is forgotten at once", async () => {
    const { scene, pool } = await PoolScene.idle(1);
    scene.made[0]?.end.signals.inputShutdown();
    await turn();
    expect([scene.counts.size, scene.log, pool.totals.closed.lost]).toEqual([0, ["closed 1 lost"], 1]);
  });

  it("is closed in order after idleTimeoutMs, except for minIdle of them", async () => {
    const { scene, channels, pool, clock } = await PoolScene.idle(3, { idleTimeoutMs: 100, minIdle: 1 });
    clock.advance(60);
    expect(await pool.acquire()).toBe(channels[2]);
    clock.advance(39);
    await turn();
    expect(pool.size).toBe(3);
    clock.advance(1);
    await turn();
    expect([scene.log.slice(1), scene.made[0]?.end.saw()]).toEqual([["closed 1 idle"], ["close"]]);
    pool.release(channels[2] as Channel);
    // The second has been idle for too long already: now there is another one that may stay.
    clock.advance(0);
    await turn();
    expect(scene.log.slice(2)).toEqual(["released 3", "closed 2 idle"]);
    clock.advance(1e6);
    await turn();
    expect([pool.size, pool.idle]).toEqual([1, 1]);
  });

  it("stays for ever with an idleTimeoutMs of 0", async () => {
    const { pool, clock } = await PoolScene.idle(2, { idleTimeoutMs: 0, maxLifetimeMs: 0 });
    expect(clock.pending).toBe(0);
    clock.advance(1e9);
    await turn();
    expect(pool.idle).toBe(2);
  });
});

describe("maxLifetimeMs", () => {
  it("ends idle channels, and those in use when they come back", async () => {
    const options = { maxLifetimeMs: 1000, lifetimeJitter: 0, idleTimeoutMs: 0 };
    const { scene, channels, pool, clock } = await PoolScene.idle(2, options);
    await pool.acquire();
    clock.advance(999);
    await turn();
    expect(pool.size).toBe(2);
    clock.advance(1);
    await turn();
    expect([scene.log.slice(1), channels[1]?.isActive]).toEqual([["closed 1 lifetime"], true]);
    pool.release(channels[1] as Channel);
    await turn();
    expect([scene.log.slice(2), pool.size, clock.pending]).toEqual([["released 2", "closed 2 lifetime"], 0, 0]);
  });

  it("is shortened by chance, lest all reconnect at once", async () => {
    const chance = vi.spyOn(Math, "random").mockReturnValueOnce(0).mockReturnValueOnce(0.5).mockReturnValueOnce(0.999);
    const { pool, clock } = await PoolScene.idle(3, { maxLifetimeMs: 1000, lifetimeJitter: 0.2, idleTimeoutMs: 0 });
    expect(chance).toHaveBeenCalledTimes(3);
    const ends: number[] = [];
    pool.on("closed", () => ends.push(clock.now()));
    for (let i = 0; i < 10; i++) {
      clock.advance(100.5);
      await turn();
    }
    expect(ends).toEqual([804, 904.5, 1005]);
  });
});

describe("closing", () => {
  it("closes the idle ones, waits for those in use, and tells who waits", async () => {
    const { scene, channels, pool, clock } = await PoolScene.leased(2, { maxConnections: 2 });
    pool.release(channels[1] as Channel);
    await pool.acquire();
    const waiting = scene.acquire();
    pool.release(channels[0] as Channel);
    await turn();
    expect(waiting.channel).toBe(channels[0]);
    pool.release(channels[0] as Channel);
    const late = [scene.acquire(), scene.acquire()];
    await turn();
    const closing = pool.close();
    expect([pool.isOpen, pool.close()]).toEqual([false, closing]);
    await turn();
    expect(late.map(({ error }) => error)).toEqual([undefined, code("POOL_CLOSED")]);
    await expect(pool.acquire()).rejects.toEqual(code("POOL_CLOSED"));
    pool.release(channels[0] as Channel);
    pool.release(channels[1] as Channel);
    expect(await closing).toEqual({ closed: 2, forced: 0 });
    expect([pool.totals.closed.shutdown, pool.size, clock.pending]).toEqual([2, 0, 0]);
    await pool[Symbol.asyncDispose]();
  });

  it("cuts what has not come back at the deadline, or when somebody cannot wait", async () => {
    const { channels, pool, clock } = await PoolScene.leased(2);
    const closing = pool.close({ timeoutMs: 100 });
    pool.release(channels[0] as Channel);
    clock.advance(99);
    await turn();
    expect(pool.size).toBe(1);
    clock.advance(1);
    expect(await closing).toEqual({ closed: 1, forced: 1 });
    expect([channels[1]?.closeCause, pool.totals.closed.shutdown]).toEqual([code("POOL_CLOSED"), 2]);
    pool.release(channels[1] as Channel);

    for (const when of ["before", "during"]) {
      const { pool } = await PoolScene.leased(1);
      const first = pool.close();
      const controller = new AbortController();
      if (when === "before") controller.abort();
      expect(pool.close({ signal: controller.signal })).toBe(first);
      controller.abort();
      expect(await first).toEqual({ closed: 0, forced: 1 });
    }
  });

  it("counts what it cuts once, however many want it cut", async () => {
    const { pool, clock } = await PoolScene.leased(2);
    pool.close({ timeoutMs: 0, signal: AbortSignal.abort() });
    const closing = pool.close({ signal: AbortSignal.abort() });
    clock.advance(1);
    expect(await closing).toEqual({ closed: 0, forced: 2 });
  });

  it("lets go of signals that outlive it", async () => {
    const { channels, pool } = await PoolScene.leased(1);
    const listeners = new Set<() => void>();
    const signal = {
      aborted: false,
      addEventListener: (_type: string, listener: () => void) => listeners.add(listener),
      removeEventListener: (_type: string, listener: () => void) => listeners.delete(listener),
    } as unknown as AbortSignal;
    const closing = pool.close({ signal });
    expect(listeners.size).toBe(1);
    pool.release(channels[0] as Channel);
    await closing;
    await pool.close({ signal });
    expect(listeners.size).toBe(0);
  });

  it("gives up connecting", async () => {
    const scene = new PoolScene();
    const caller = scene.acquire();
    const { signal } = scene.attempts[0] as { signal: AbortSignal };
    expect(await scene.pool.close()).toEqual({ closed: 0, forced: 0 });
    await turn();
    expect([caller.error, signal.aborted, scene.pool.totals.failed]).toEqual([code("POOL_CLOSED"), true, 0]);
    const late = await scene.connects();
    expect(late.isOpen).toBe(false);
  });

  it("is done at once when there is nothing", async () => {
    const scene = new PoolScene();
    expect(await scene.pool.close()).toEqual({ closed: 0, forced: 0 });
    expect(scene.clock.pending).toBe(0);
  });
});

describe("whoever is called back", () => {
  it("may use the pool", async () => {
    const { scene, pool } = await PoolScene.idle(2, { maxConnections: 2, checkOnAcquire: () => false });
    const more: unknown[] = [];
    pool.on("closed", () => more.push(scene.acquire()));
    const controller = new AbortController();
    pool.once("closed", () => controller.abort());
    const [first, second] = [scene.acquire(), scene.acquire({ signal: controller.signal })];
    await turn();
    await scene.connects();
    await scene.connects();
    expect([scene.number(first.channel), second.error, more.length]).toEqual([3, code("ABORTED"), 2]);
    expect(scene.counts).toEqual({ size: 2, idle: 0, leased: 2, connecting: 0, waiting: 1 });
  });

  it("may leave when a channel is on its way, and gets it", async () => {
    const { scene, channels, pool } = await PoolScene.leased(1, { maxConnections: 1 });
    const controller = new AbortController();
    const caller = scene.acquire({ signal: controller.signal });
    pool.on("acquired", () => controller.abort());
    pool.release(channels[0] as Channel);
    await turn();
    expect([caller.channel, caller.error]).toEqual([channels[0], undefined]);
  });

  it("fails the channel it was told of by throwing, and nothing else", async () => {
    const { scene, channels, pool } = await PoolScene.leased(1);
    const errors: unknown[] = [];
    channels[0]?.on("error", (error) => errors.push(error));
    pool.once("released", () => {
      throw new Error("listener");
    });
    pool.release(channels[0] as Channel);
    await turn();
    expect([errors, scene.log, pool.size]).toEqual([[new Error("listener")], ["released 1", "closed 1 lost"], 0]);
  });

  it("may refuse thousands of channels in a row", async () => {
    const count = 3000;
    const { pool, scene } = await PoolScene.idle(count, { maxConnections: count, checkOnAcquire: () => false });
    const caller = scene.acquire();
    await turn();
    await scene.connects();
    expect([scene.number(caller.channel), pool.totals.closed.unhealthy]).toEqual([count + 1, count]);
  });
});
