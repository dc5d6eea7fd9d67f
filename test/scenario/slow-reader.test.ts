/** One large write and a peer that takes it slowly, or not at all: what idle detection makes of it on a real socket. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { ManualClock } from "@sluice/core/embedded";
import {
  ByteBuf,
  type Channel,
  type Connection,
  IdleStateEvent,
  IdleStateHandler,
  type InetAddress,
  ServerBootstrap,
  type ServerChannel,
  tcp,
} from "sluice";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const WRITER_IDLE_MS = 1000;
const MESSAGE_BYTES = 64 * 1024 * 1024;
/** More than the two systems hold between them. */
const GULP_BYTES = 8 * 1024 * 1024;

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

describe.each([true, false])("a write of 64 MiB to a slow reader, observeOutput: %s", (observeOutput) => {
  let clock: ManualClock;
  let events: string[];
  let child: Channel;
  let reader: Socket;

  beforeEach(async () => {
    clock = new ManualClock();
    events = [];
    const server: ServerChannel = await new ServerBootstrap()
      .transport(tcp())
      .clock(clock)
      .childHandler((p) =>
        p.addLast(new IdleStateHandler({ writerIdleMs: WRITER_IDLE_MS, observeOutput })).addLast({
          userEventTriggered: (_ctx, event) => void (event instanceof IdleStateEvent && events.push(String(event))),
        }),
      )
      .bind({ host: "127.0.0.1", port: 0 });
    open.push(() => {
      const closing = server.shutdown({ timeoutMs: 0 });
      clock.advance(1);
      return closing;
    });
    reader = connect((server.localAddress as InetAddress).port, "127.0.0.1").pause();
    open.push(() => reader.destroy());
    await once(reader, "connect");
    await expect.poll(() => server.children.size).toBe(1);
    [child] = server.children as unknown as [Channel];
  });

  it("is told from silence by the bytes the system takes of it", { timeout: 60_000 }, async () => {
    const write = child.writeAndFlush(ByteBuf.from(new Uint8Array(MESSAGE_BYTES)));
    let received = 0;
    reader.on("data", (bytes) => {
      received += bytes.length;
    });
    reader.pause();
    await untilStill();
    clock.advance(WRITER_IDLE_MS);
    expect(events.splice(0)).toEqual(["IdleStateEvent(WRITER_IDLE, first)"]);

    for (let gulp = 1; gulp <= 4; gulp++) {
      const before = unsent();
      reader.resume();
      await expect.poll(() => received, { timeout: 20_000, interval: 2 }).toBeGreaterThan(gulp * GULP_BYTES);
      reader.pause();
      await expect.poll(unsent, { timeout: 20_000 }).not.toBe(before);
      await untilStill();
      expect(write.isDone).toBe(false);
      clock.advance(WRITER_IDLE_MS);
      expect(events.splice(0)).toEqual(observeOutput ? [] : ["IdleStateEvent(WRITER_IDLE)"]);
    }

    await untilStill();
    clock.advance(WRITER_IDLE_MS);
    expect(events.splice(0)).toEqual(["IdleStateEvent(WRITER_IDLE)"]);

    reader.resume();
    await write;
    clock.advance(WRITER_IDLE_MS);
    expect(events).toEqual(["IdleStateEvent(WRITER_IDLE, first)"]);
    await expect.poll(() => received, { timeout: 20_000 }).toBe(MESSAGE_BYTES);
  });

  function unsent(): number | undefined {
    return (child.engine.end as Connection).unsentBytes;
  }

  /** Until the systems have taken what they will take without the reader. */
  async function untilStill(): Promise<void> {
    let before: number | undefined;
    let looks = 0;
    await expect
      .poll(
        () => {
          const now = unsent();
          looks = now === before ? looks + 1 : 0;
          before = now;
          return looks;
        },
        { timeout: 20_000, interval: 20 },
      )
      .toBeGreaterThan(4);
    expect(before).toBeGreaterThan(0);
  }
});
