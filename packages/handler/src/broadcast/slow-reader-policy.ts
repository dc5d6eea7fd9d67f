/**
 * What becomes of messages for a reader that does not keep up, when as many are kept for it as may be:
 *
 * - `"wait"`: the producer waits (`Broadcast.ready`); one that does not, or waits for too long, loses the reader;
 * - `"drop-newest"`: those that come now are dropped;
 * - `"drop-oldest"`: the oldest that are kept are dropped to make room;
 * - `{ coalesce: key }`: of the messages with one key only the latest is kept, at the place of the first, from the first
 *   message that is kept on; if even so there are too many, the oldest are dropped;
 * - `"close"`: the reader is disconnected with SLOW_READER (`length`: the bytes kept for it, `limit`: how many may be;
 *   `limit` alone, in milliseconds, for one that was waited for too long).
 */
export type SlowReaderPolicy<M> =
  | "wait"
  | "drop-newest"
  | "drop-oldest"
  | "close"
  | { readonly coalesce: (message: M) => unknown };
