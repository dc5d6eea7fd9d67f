/**
 * Limits how fast all the channels that share it are read and written together.
 *
 * One object, added to the pipeline of every channel. What may be written goes round among the channels that wait, a few
 * segments each, counted in bytes: a greedy one gets no more than its share. Otherwise it is as
 * {@link ChannelTrafficShapingHandler}, and both may stand in one pipeline. The clock is that of the first channel.
 *
 * Costs a table lookup per event beside what the other one costs.
 *
 * @example
 * ```ts
 * const uplink = new GlobalTrafficShapingHandler({ write: { perSecond: 10_000_000, burst: 1_000_000 } });
 * new ServerBootstrap().childHandler((p) => p.addLast(uplink));
 * ```
 */
import { TrafficShapingHandler } from "./traffic-shaping-handler.js";

export class GlobalTrafficShapingHandler extends TrafficShapingHandler {
  override readonly sharable = true;
}
