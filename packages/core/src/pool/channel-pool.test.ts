import { afterEach, describe, expect, it, vi } from "vitest";
import { PoolScene } from "../../fixtures/pool-scene.js";
import { turn } from "../../fixtures/recorder.js";
import {
  Bootstrap,
  type Channel,
  ChannelPool,
  type ChannelPoolOptions,
  ServerBootstrap,
  SluiceError,
} from "../index.js";
import { local } from "../local/index.js";

const code = (code: string) => expect.objectContaining({ code });

afterEach(() => void vi.restoreAllMocks());

describe("acquiring", () => {
  it("connects when nothing is idle, and uses again what has come back", async () => {
    const scene = new PoolScene();
    const first = scene.acquire();
    expect(scene.counts).toEqual({ size: 1, idle: 0, leased: 0, connecting: 1, waiting: 1 });
    const channel = await scene.connects();
    expect([first.channel, scene.counts]).toEqual([
      channel,
      { size: 1, idle: 0, leased: 1, connecting: 0, waiting: 0 },
    ]);
    scene.pool.release(channel);
    expect(scene.counts).toEqual({ size: 1, idle: 1, leased: 0, connecting: 0, waiting: 0 });
    expect(await scene.pool.acquire()).toBe(channel);
    expect(scene.log).toEqual(["created 1", "acquired 1", "released 1", "acquired 1"]);
    expect(scene.pool.totals).toMatchObject({ created: 1, failed: 0, acquired: 2 });
  });

  it("takes the channel used last, or the one that has rested longest", async () => {
    const lifo = await PoolScene.idle(3);
    expect([lifo.scene.number(await lifo.pool.acquire()), lifo.scene.number(await lifo.pool.acquire())]).toEqual([
      3, 2,
    ]);
    const fifo = await PoolScene.idle(3, { order: "fifo" });
    expect([fifo.scene.number(await fifo.pool.acquire()), fifo.scene.number(await fifo.pool.acquire())]).toEqual([
      1, 2,
    ]);
  });

  it("opens no more than maxConnections and makes the others wait, in order", async () => {
    const { scene, channels, pool } = await PoolScene.leased(2, { maxConnections: 2 });
    const [third, fourth] = [scene.acquire(), scene.acquire()];
    expect([scene.attempts.length, scene.counts.waiting]).toEqual([0, 2]);
    pool.release(channels[1] as Channel);
    await turn();
    expect([third.channel, fourth.channel]).toEqual([channels[1], undefined]);
    pool.release(channels[0] as Channel);
    await turn();
    expect(fourth.channel).toBe(channels[0]);
  });

  it("opens ten at most unless told otherwise, and any number if that is wanted", async () => {
    const scene = new PoolScene();
    for (let i = 0; i < 12; i++) scene.acquire();
    expect([scene.attempts.length, scene.counts.waiting]).toEqual([10, 12]);
    const simple = new PoolScene({ maxConnections: Number.POSITIVE_INFINITY });
    for (let i = 0; i < 100; i++) simple.acquire();
    expect(simple.attempts).toHaveLength(100);
  });

  it("refuses callers beyond maxWaiting", async () => {
    const { scene } = await PoolScene.leased(1, { maxConnections: 1, maxWaiting: 1 });
    scene.acquire();
    await expect(scene.pool.acquire()).rejects.toEqual(code("POOL_EXHAUSTED"));
    expect(scene.counts.waiting).toBe(1);
  });

  it("ends after acquireTimeoutMs, or the caller's own time", async () => {
    const { scene, clock } = await PoolScene.leased(1, { maxConnections: 1, acquireTimeoutMs: 500 });
    const [usual, hasty, patient] = [
      scene.acquire(),
      scene.acquire({ timeoutMs: 10 }),
      scene.acquire({ timeoutMs: 0 }),
    ];
    clock.advance(10);
    await turn();
    expect([usual.error, hasty.error]).toEqual([undefined, code("POOL_ACQUIRE_TIMEOUT")]);
    clock.advance(489);
    await turn();
    expect(usual.error).toBeUndefined();
    clock.advance(1);
    await turn();
    expect(usual.error).toEqual(code("POOL_ACQUIRE_TIMEOUT"));
    clock.advance(1e9);
    await turn();
    expect([patient.error, scene.counts.waiting]).toEqual([undefined, 1]);
    expect(() => scene.pool.close({ timeoutMs: Number.POSITIVE_INFINITY })).toThrow(code("INVALID_ARGUMENT"));
    await expect(scene.pool.acquire({ timeoutMs: Number.NaN })).rejects.toEqual(code("INVALID_ARGUMENT"));
    expect(scene.counts.waiting).toBe(1);
  });

  it("can be given up, before and meanwhile", async () => {
    const { scene, channels, pool, clock } = await PoolScene.leased(1, { maxConnections: 1, acquireTimeoutMs: 100 });
    const pending = clock.pending;
    const reason = new Error("not needed");
    await expect(pool.acquire({ signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
      code: "ABORTED",
      cause: reason,
    });
    const controller = new AbortController();
    const [leaving, staying] = [scene.acquire({ signal: controller.signal }), scene.acquire()];
    controller.abort(reason);
    await turn();
    expect(leaving.error).toMatchObject({ code: "ABORTED", cause: reason });
    pool.release(channels[0] as Channel);
    await turn();
    expect(staying.channel).toBe(channels[0]);
    expect(clock.pending).toBe(pending);
  });

  it("keeps a connection whose caller has left for the next one", async () => {
    const scene = new PoolScene();
    const leaving = scene.acquire({ timeoutMs: 10 });
    scene.clock.advance(10);
    await turn();
    expect([leaving.error, scene.counts.connecting]).toEqual([code("POOL_ACQUIRE_TIMEOUT"), 1]);
    const next = scene.acquire();
    expect(scene.attempts).toHaveLength(1);
    const channel = await scene.connects();
    expect(next.channel).toBe(channel);
  });
});

describe("a connection that fails", () => {
  it("fails the caller it was made for, with its own error, and nobody else", async () => {
    const scene = new PoolScene({ maxConnections: 2 });
    const callers = [scene.acquire(), scene.acquire(), scene.acquire()];
    const refused = new Error("refused");
    await scene.refuses(refused, 1);
    expect(callers.map(({ error }) => error)).toEqual([undefined, refused, undefined]);
    // The third one's turn.
    expect(scene.attempts).toHaveLength(2);
    await scene.connects(1);
    expect(callers.map(({ channel }) => scene.number(channel))).toEqual([1, 0, 0]);
    await scene.connects();
    expect(callers.map(({ channel }) => scene.number(channel))).toEqual([1, 0, 2]);
    expect([scene.pool.totals.failed, scene.pool.lastFailure]).toEqual([1, refused]);
  });

  it("fails nobody when its caller has been served otherwise; the counters know", async () => {
    const { scene, channels, pool } = await PoolScene.leased(1);
    const caller = scene.acquire();
    pool.release(channels[0] as Channel);
    await turn();
    expect(caller.channel).toBe(channels[0]);
    await scene.refuses();
    expect([caller.error, pool.totals.failed, pool.size]).toEqual([undefined, 1, 1]);
  });

  it("tells each of many callers in turn when the server is away", async () => {
    let attempts = 0;
    const pool = new ChannelPool({
      connect: () => Promise.reject(new Error(`refused ${++attempts}`)),
      maxConnections: 2,
    });
    const errors = await Promise.all(Array.from({ length: 50 }, () => pool.acquire().catch((error) => error.message)));
    expect(errors).toEqual(Array.from({ length: 50 }, (_, i) => `refused ${i + 1}`));
    expect(pool.size).toBe(0);
  });

  it("is any that throws, takes too long, or brings something useless", async () => {
    const thrown = new PoolScene({
      connect: () => {
        throw "text";
      },
    });
    await expect(thrown.pool.acquire()).rejects.toEqual(code("HANDLER_THREW"));

    const slow = new PoolScene({ connectTimeoutMs: 100, acquireTimeoutMs: 0 });
    const caller = slow.acquire();
    const attempt = slow.attempts[0];
    slow.clock.advance(100);
    await turn();
    expect([caller.error, attempt?.signal.aborted, slow.pool.size]).toEqual([code("CONNECT_TIMEOUT"), true, 0]);
    const late = await slow.connects();
    expect([late.isOpen, slow.counts.size]).toEqual([false, 0]);

    const closed = new PoolScene();
    const unlucky = closed.acquire();
    const channel = closed.newChannel();
    channel.closeForcibly();
    closed.attempts[0]?.succeed(channel);
    await turn();
    expect([unlucky.error, closed.pool.size]).toEqual([code("CONNECT_FAILED"), 0]);

    const { pool, channels } = await PoolScene.leased(1);
    const same = new ChannelPool({ connect: async () => channels[0] as Channel });
    expect(await same.acquire()).toBe(channels[0]);
    await expect(same.acquire()).rejects.toEqual(code("INVALID_ARGUMENT"));
    expect([channels[0]?.isActive, same.size, pool.size]).toEqual([true, 1, 1]);
  });
});

describe("releasing", () => {
  it("refuses a channel that has been given back already", async () => {
    const { channels, pool, scene } = await PoolScene.idle(1);
    expect(() => pool.release(channels[0] as Channel)).toThrow(code("POOL_NOT_LEASED"));
    expect([channels[0]?.isActive, scene.counts.idle]).toEqual([true, 1]);
  });

  it("closes a channel that is not the pool's", async () => {
    const { pool, scene } = await PoolScene.leased(1);
    const foreign = scene.newChannel();
    expect(() => pool.release(foreign)).toThrow(code("POOL_FOREIGN_CHANNEL"));
    expect([foreign.isOpen, scene.counts.leased]).toEqual([false, 1]);
  });

  it("takes a channel that has died, once", async () => {
    const { channels, pool, scene } = await PoolScene.leased(1, { maxConnections: 1 });
    const waiting = scene.acquire();
    scene.made[0]?.end.signals.failed(new Error("reset"));
    await turn();
    expect([scene.counts.size, scene.attempts.length]).toEqual([1, 1]);
    pool.release(channels[0] as Channel);
    expect(() => pool.release(channels[0] as Channel)).toThrow(code("POOL_NOT_LEASED"));
    await scene.connects();
    expect([scene.number(waiting.channel), scene.log]).toEqual([2, ["closed 1 lost", "created 2", "acquired 2"]]);
  });

  it("keeps the place of a channel that is closing until it is over", async () => {
    const { channels, pool, scene } = await PoolScene.leased(1, { maxConnections: 1 });
    const end = scene.made[0]?.end;
    if (end !== undefined) end.closes = false;
    scene.acquire();
    channels[0]?.close();
    pool.release(channels[0] as Channel);
    await turn();
    expect([scene.counts.size, scene.attempts.length]).toEqual([1, 0]);
    end?.signals.closed();
    await turn();
    expect([scene.log, scene.attempts.length]).toEqual([["released 1", "closed 1 lost"], 1]);
  });

  it("discards a channel on demand: it is cut", async () => {
    const { channels, pool, scene } = await PoolScene.leased(1);
    pool.release(channels[0] as Channel, { discard: true });
    await turn();
    expect([scene.made[0]?.end.saw(), scene.log, pool.size]).toEqual([
      ["destroy"],
      ["released 1", "closed 1 discarded"],
      0,
    ]);
  });
});

describe("a lease", () => {
  it("gives back once, although its channel is somebody else's by then", async () => {
    const { pool } = await PoolScene.idle(1, { maxConnections: 1 });
    const lease = await pool.lease();
    lease.release();
    const other = await pool.lease();
    expect([lease.channel === other.channel, lease.isOver, other.isOver]).toEqual([true, true, false]);
    lease.release();
    expect([pool.leased, other.isOver]).toEqual([1, false]);
    pool.release(other.channel);
    expect([pool.leased, other.isOver]).toEqual([0, true]);
  });

  it("ends with its block", async () => {
    const { pool } = await PoolScene.idle(1);
    {
      using lease = await pool.lease();
      expect([lease.channel.isActive, pool.leased]).toEqual([true, 1]);
    }
    expect([pool.leased, pool.idle]).toEqual([0, 1]);
  });
});

describe("use", () => {
  it("gives the channel back when the work is done", async () => {
    const { pool, channels } = await PoolScene.idle(1);
    expect(await pool.use((channel) => [channel, pool.leased])).toEqual([channels[0], 1]);
    expect(await pool.use(async () => "later")).toBe("later");
    expect([pool.idle, pool.leased]).toEqual([1, 0]);
  });

  it("discards it when the work fails", async () => {
    const { pool, scene } = await PoolScene.idle(2);
    const broken = new Error("in the middle");
    await expect(pool.use(() => Promise.reject(broken))).rejects.toBe(broken);
    const thrown = pool.use(() => {
      throw broken;
    });
    await expect(thrown).rejects.toBe(broken);
    await turn();
    expect([pool.size, pool.totals.closed.discarded, scene.log.at(-1)]).toEqual([0, 2, "closed 1 discarded"]);
  });

  it("waits no longer than it may", async () => {
    const { pool, clock } = await PoolScene.leased(1, { maxConnections: 1 });
    const waiting = expect(pool.use(() => {}, { timeoutMs: 5 })).rejects.toEqual(code("POOL_ACQUIRE_TIMEOUT"));
    clock.advance(5);
    await waiting;
  });
});

describe("options", () => {
  it.each([
    { maxConnections: 0 },
    { maxConnections: 1.5 },
    { maxConnections: Number.NaN },
    { maxWaiting: -1 },
    { minIdle: -1 },
    { idleTimeoutMs: Number.POSITIVE_INFINITY },
    { idleTimeoutMs: -1 },
    { maxLifetimeMs: Number.NaN },
    { lifetimeJitter: 1.1 },
    { acquireTimeoutMs: Number.NaN },
    { connectTimeoutMs: -1 },
    { checkTimeoutMs: Number.POSITIVE_INFINITY },
  ])("refuse what cannot be: %o", (options) => {
    expect(() => new PoolScene(options)).toThrow(code("INVALID_ARGUMENT"));
  });

  it("refuse an order that is none", () => {
    expect(() => new PoolScene({ order: "random" as "lifo" })).toThrow(code("INVALID_ARGUMENT"));
  });

  it("have their defaults where they are undefined", async () => {
    const left = { order: undefined, minIdle: undefined, idleTimeoutMs: undefined, lifetimeJitter: undefined };
    const { scene } = await PoolScene.idle(2, left as ChannelPoolOptions & object);
    const caller = scene.acquire();
    await turn();
    expect(scene.number(caller.channel)).toBe(2);
  });
});

it("pools the channels of a bootstrap", async () => {
  const accepted: Channel[] = [];
  await using _server = await new ServerBootstrap()
    .transport(local())
    .childHandler((p) => {
      accepted.push(p.channel);
      return p.addLast({ channelRead: (ctx, message) => ctx.writeAndFlush(message) });
    })
    .bind({ local: "pooled" });
  const bootstrap = new Bootstrap().transport(local()).handler((p) => p.addLast({}));
  await using pool = new ChannelPool({
    connect: ({ signal }) => bootstrap.connect({ local: "pooled", signal }),
    maxConnections: 2,
  });
  const echo = (message: any) =>
    pool.use(async (channel) => {
      await channel.send(message);
      for await (const answer of channel.messages()) return answer;
    });
  expect(await Promise.all(["a", "b", "c", "d", "e"].map(echo))).toEqual(["a", "b", "c", "d", "e"]);
  expect([accepted.length, pool.idle]).toEqual([2, 2]);
  for (const child of accepted) child.close();
  await expect.poll(() => pool.size).toBe(0);
  expect(await echo("f")).toBe("f");
  expect(accepted).toHaveLength(3);

  const nowhere = new ChannelPool({ connect: ({ signal }) => bootstrap.connect({ local: "nowhere", signal }) });
  const error = await nowhere.acquire().catch((thrown: SluiceError) => thrown.code);
  expect(error).toBe("CONNECT_REFUSED");
});

it("tells its caller when connect has made no channel", async () => {
  const made = [undefined, null, {}] as unknown as Channel[];
  const scene = new PoolScene({ connect: async () => made.shift() as Channel, connectTimeoutMs: 0 });
  for (const _ of [...made]) await expect(scene.pool.acquire()).rejects.toEqual(code("INVALID_ARGUMENT"));
  expect(scene.counts).toMatchObject({ size: 0, waiting: 0 });
});

it("makes nothing of what connect gives too late, be it a channel or not", async () => {
  const scene = new PoolScene({ connectTimeoutMs: 10 });
  const caller = scene.acquire();
  scene.clock.advance(10);
  await turn();
  expect(caller.error).toEqual(code("CONNECT_TIMEOUT"));
  scene.attempts[0]?.succeed(undefined as unknown as Channel);
  await turn();
});

describe("a clock that takes no more", () => {
  it("costs a caller its place in the line, and nothing else", async () => {
    const { scene, channels, pool, clock } = await PoolScene.leased(1, { maxConnections: 1 });
    vi.spyOn(clock, "schedule").mockImplementationOnce(() => {
      throw new SluiceError("CAPACITY_EXCEEDED");
    });
    await expect(pool.acquire()).rejects.toEqual(code("CAPACITY_EXCEEDED"));
    expect(scene.counts.waiting).toBe(0);
    pool.release(channels[0] as Channel);
    await turn();
    expect(scene.counts).toMatchObject({ idle: 1, leased: 0 });
  });

  it("fails the attempt to connect", async () => {
    const scene = new PoolScene({ acquireTimeoutMs: 0 });
    vi.spyOn(scene.clock, "schedule").mockImplementationOnce(() => {
      throw new SluiceError("CAPACITY_EXCEEDED");
    });
    await expect(scene.pool.acquire()).rejects.toEqual(code("CAPACITY_EXCEEDED"));
    const next = scene.acquire();
    expect([scene.attempts[0]?.signal.aborted, scene.counts.connecting]).toEqual([true, 1]);
    await scene.connects(1);
    expect(next.channel?.isActive).toBe(true);
  });

  it("fails the caller when a channel cannot be given its lifetime", async () => {
    const scene = new PoolScene({ acquireTimeoutMs: 0, connectTimeoutMs: 0 });
    const caller = scene.acquire();
    vi.spyOn(scene.clock, "schedule").mockImplementationOnce(() => {
      throw new SluiceError("CAPACITY_EXCEEDED");
    });
    const channel = await scene.connects();
    expect([caller.error, channel.isOpen, scene.counts.size]).toEqual([code("CAPACITY_EXCEEDED"), false, 0]);
  });
});
