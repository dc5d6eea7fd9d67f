import { expectTypeOf, test } from "vitest";
import type { ByteBuf, Channel, ChannelLease, ChannelPipeline, PoolCloseReason } from "../index.js";
import { Bootstrap, ChannelPool } from "../index.js";

const typed = (p: ChannelPipeline<ByteBuf, ByteBuf>) => p as unknown as ChannelPipeline<Date, string>;

test("a pool is typed by what connects its channels", () => {
  const bootstrap = new Bootstrap().handler(typed);
  const pool = new ChannelPool({ connect: ({ signal }) => bootstrap.connect({ port: 1, signal }) });
  expectTypeOf(pool).toEqualTypeOf<ChannelPool<Date, string>>();
  expectTypeOf(pool.acquire()).resolves.toEqualTypeOf<Channel<Date, string>>();
  expectTypeOf(pool.lease()).resolves.toEqualTypeOf<ChannelLease<Date, string>>();
  expectTypeOf(pool.use((channel) => channel.messages().next())).resolves.toEqualTypeOf<IteratorResult<Date>>();
  pool.on("closed", (channel, reason) => {
    expectTypeOf(channel).toEqualTypeOf<Channel<Date, string>>();
    expectTypeOf(reason).toEqualTypeOf<PoolCloseReason>();
  });
  // @ts-expect-error numbers cannot be written there
  pool.use((channel) => channel.send(1));
});

test("checks see the channels of their pool", () => {
  const bootstrap = new Bootstrap().handler(typed);
  new ChannelPool({
    connect: ({ signal }) => bootstrap.connect({ port: 1, signal }),
    checkOnAcquire: async (channel) => {
      expectTypeOf(channel).toEqualTypeOf<Channel<Date, string>>();
      return channel.isWritable;
    },
  });
  new ChannelPool({
    connect: ({ signal }) => bootstrap.connect({ port: 1, signal }),
    // @ts-expect-error neither yes nor no
    checkOnRelease: () => "yes",
  });
});

test("a pool needs a way to connect", () => {
  // @ts-expect-error there is none
  new ChannelPool({ maxConnections: 1 });
});
