/**
 * Limits how fast one channel is read and written.
 *
 * Nearest the transport it limits bytes; behind a codec, with `sizeOf: () => 1`, messages. In any span of time at most
 * `burst + span × perSecond` bytes are written (a message longer than the burst goes when the bucket is full); reading
 * keeps to the average, and exceeds it by one burst of input at most. Held writes count as queued in the channel.
 *
 * A reader that is slowed down notices a reset or the end of the stream only when it is its turn again.
 *
 * Costs one look at the clock per write and per burst of input, one timeout per direction that waits, and a small object
 * per write that is held.
 *
 * @example
 * ```ts
 * pipeline
 *   .addLast(new ChannelTrafficShapingHandler({ read: { perSecond: 1_000_000 }, write: { perSecond: 4_000_000 } }))
 *   .addLast(new LineBasedFrameDecoder())
 *   .addLast(new ChannelTrafficShapingHandler({ read: { perSecond: 20, burst: 100 }, sizeOf: () => 1 }));   // lines
 * ```
 */
import { TrafficShapingHandler } from "./traffic-shaping-handler.js";

export class ChannelTrafficShapingHandler extends TrafficShapingHandler {}
