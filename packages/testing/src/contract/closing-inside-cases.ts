/**
 * A channel may be closed from anywhere: each case does so from inside one callback, in order or by force.
 *
 * Whatever the callback, the channel ends, its handlers are removed once, and `channelInactive` comes once if and only if
 * `channelActive` did.
 */
import { ByteBuf, type Channel, type ChannelHandler, type ChannelHandlerContext } from "@sluice/core";
import type { OpenedChannel, OpeningScene } from "./channel-contract.js";
import { same } from "./claims.js";
import type { Cases } from "./scene.js";

type Close = (channel: Channel) => unknown;

/** How each callback is brought about; those without a way come by themselves. */
const CALLBACKS: Record<string, ((opened: OpenedChannel) => unknown) | undefined> = {
  handlerAdded: undefined,
  channelActive: undefined,
  read: undefined,
  channelRead: ({ receive }) => receive(ByteBuf.from("x")),
  channelReadComplete: ({ receive }) => receive(ByteBuf.from("x")),
  channelWritabilityChanged: ({ channel }) => channel.write(ByteBuf.from(new Uint8Array(100_000))).addListener(ignore),
  userEventTriggered: ({ channel }) => channel.pipeline.fireUserEventTriggered("event"),
  exceptionCaught: ({ channel }) => channel.pipeline.fireExceptionCaught(new Error("provoked")),
  write: ({ channel }) => channel.writeAndFlush(ByteBuf.from("x")).addListener(ignore),
  flush: ({ channel }) => channel.writeAndFlush(ByteBuf.from("x")).addListener(ignore),
  shutdownOutput: ({ channel }) => channel.shutdownOutput().addListener(ignore),
  channelInactive: ({ channel }) => channel.close(),
  handlerRemoved: ({ channel }) => channel.close(),
};

const WAYS: Record<string, Close> = {
  closed: (channel) => channel.close(),
  "closed by force": (channel) => channel.closeForcibly(),
};

export const CLOSING_INSIDE_CASES: Cases<OpeningScene> = {
  ...Object.fromEntries(
    Object.entries(WAYS).flatMap(([how, close]) => [
      ...Object.entries(CALLBACKS).map(([callback, provoke]) => [
        `can be ${how} from inside ${callback}`,
        (scene: OpeningScene) => closeInside(scene, callback, provoke, close),
      ]),
      [`can be ${how} from inside the completion of a write`, (scene: OpeningScene) => closeInCompletion(scene, close)],
      [`can be ${how} from inside an event it emits`, (scene: OpeningScene) => closeInListener(scene, close)],
    ]),
  ),
};

async function closeInside(
  scene: OpeningScene,
  callback: string,
  provoke: ((opened: OpenedChannel) => unknown) | undefined,
  close: Close,
): Promise<void> {
  const tally = new Tally();
  const opened = await scene.open(tally.handler, closesIn(callback, close));
  provoke?.(opened);
  await opened.channel.closed;
  tally.check();
}

async function closeInCompletion(scene: OpeningScene, close: Close): Promise<void> {
  const tally = new Tally();
  const { channel } = await scene.open(tally.handler);
  channel.writeAndFlush(ByteBuf.from("x")).addListener(() => close(channel));
  await channel.closed;
  tally.check();
}

async function closeInListener(scene: OpeningScene, close: Close): Promise<void> {
  const tally = new Tally();
  const { channel } = await scene.open(tally.handler);
  channel.on("writability", () => close(channel));
  channel.write(ByteBuf.from(new Uint8Array(100_000))).addListener(ignore);
  await channel.closed;
  tally.check();
}

/** Closes in one callback; the operation or event goes on from there as it would without. */
function closesIn(callback: string, close: Close): ChannelHandler {
  const handler: Record<string, (ctx: ChannelHandlerContext, ...args: unknown[]) => void> = {
    // What the closing causes is not this handler's to pass on.
    exceptionCaught: ignore,
    channelRead: ignore,
    [callback]: (ctx, ...args) => {
      close(ctx.channel);
      const onwards = ctx as unknown as Record<string, ((...args: unknown[]) => void) | undefined>;
      const forward = onwards[callback] ?? onwards[`fire${callback[0]?.toUpperCase()}${callback.slice(1)}`];
      if (callback !== "exceptionCaught" && callback !== "channelRead") forward?.call(ctx, ...args);
    },
  };
  return handler as ChannelHandler;
}

/** Counts what may happen only once. */
class Tally {
  #active = 0;
  #inactive = 0;
  #removed = 0;

  readonly handler: ChannelHandler = {
    channelActive: (ctx) => {
      this.#active++;
      ctx.fireChannelActive();
    },
    channelInactive: (ctx) => {
      this.#inactive++;
      ctx.fireChannelInactive();
    },
    handlerRemoved: () => {
      this.#removed++;
    },
  };

  check(): void {
    const active = Math.min(this.#active, 1);
    same("Times active, inactive, removed", [this.#active, this.#inactive, this.#removed], [active, active, 1]);
  }
}

function ignore(): void {}
