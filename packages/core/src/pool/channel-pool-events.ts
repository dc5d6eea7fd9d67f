import type { Channel } from "../channel.js";
import type { PoolCloseReason } from "./pool-place.js";

/** What a pool tells of its channels. A listener that throws fails the channel it was told of, and nothing else. */
export interface ChannelPoolEvents<In = any, Out = any> {
  /** A channel has been connected. */
  created: [channel: Channel<In, Out>];
  /** It goes to a caller. */
  acquired: [channel: Channel<In, Out>];
  /** It has come back, and has not been checked yet. */
  released: [channel: Channel<In, Out>];
  /** It is over; `channel.closeCause` says more if it broke. */
  closed: [channel: Channel<In, Out>, reason: PoolCloseReason];
}
