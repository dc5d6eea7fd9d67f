/** Heartbeats for the usual protocols: what to put where. */
import {
  type ByteBuf,
  type ChannelPipeline,
  emptyFrameHeartbeat,
  HeartbeatHandler,
  IdleStateEvent,
  IdleStateHandler,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  LineBasedFrameDecoder,
  LineEncoder,
  missCounter,
  oneByteHeartbeat,
  SilenceSweep,
  StringDecoder,
  textHeartbeat,
} from "sluice";

type Bytes = ChannelPipeline<ByteBuf, ByteBuf>;
type Side = "client" | "server";

const lines = (p: Bytes) =>
  p
    .addLast(new LineBasedFrameDecoder())
    .addLast(new StringDecoder({ framed: true }))
    .addLast(new LineEncoder());

const frames = (p: Bytes) =>
  p
    .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }))
    .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }));

/** Lines of text: `ping` and `pong`, which a person with `nc` can type as well. */
export const withText = (p: Bytes, side: Side) =>
  lines(p).addLast(
    new HeartbeatHandler({ side, protocol: textHeartbeat(), intervalMs: 25_000, timeoutMs: 10_000, maxMissed: 2 }),
  );

/** Binary frames: one byte, which no message of this protocol is. */
export const withOneByte = (p: Bytes, side: Side) =>
  frames(p).addLast(new HeartbeatHandler({ side, protocol: oneByteHeartbeat(), intervalMs: 25_000 }));

/** Binary frames: an empty one, which costs four bytes on the wire and nothing in the protocol. */
export const withEmptyFrame = (p: Bytes, side: Side) =>
  frames(p).addLast(new HeartbeatHandler({ side, protocol: emptyFrameHeartbeat(), intervalMs: 25_000 }));

/** The counter: five times three seconds without a word, and the client is out. */
export const withCounter = (p: Bytes) =>
  lines(p).addLast(
    new HeartbeatHandler({ ...missCounter({ everyMs: 3_000, maxMissed: 5 }), protocol: textHeartbeat() }),
  );

const sweep = new SilenceSweep({ checkIntervalMs: 30_000, idleTimeMs: 60_000 });

/** Swoole's scheme: one timer for the whole server closes who has said nothing for a minute. */
export const withSweep = (p: Bytes) => lines(p).addLast(sweep.handler());

/** A slow consumer is not a dead one: only who takes nothing at all for two minutes is closed. */
export const forDownloads = (p: Bytes) =>
  p.addLast(new IdleStateHandler({ writerIdleMs: 60_000, observeOutput: true, spread: 0.1 })).addLast({
    userEventTriggered(ctx, event) {
      if (event instanceof IdleStateEvent && !event.first) ctx.close();
      else ctx.fireUserEventTriggered(event);
    },
  });
