/**
 * How the heartbeats of a protocol look: what a `HeartbeatHandler` has to be told.
 *
 * The messages are those of the handler's place in the pipeline: frames, strings, objects. Payloads are the
 * protocol's: number the pings, or put a time in, and copy it from the ping to the pong.
 *
 * @example
 * ```ts
 * const protocol: HeartbeatProtocol<Message, Message> = {
 *   makePing: (sequence) => ({ type: "ping", sequence }),
 *   isPing: (message) => message.type === "ping",
 *   makePong: (ping) => ({ type: "pong", sequence: ping.sequence }),
 *   isPong: (message) => message.type === "pong",
 *   sequenceOf: (pong) => pong.sequence,
 * };
 * ```
 */
export interface HeartbeatProtocol<In, Out> {
  /** A ping; `sequence` is 1, 2, 3 … Needed by an end that pings. */
  makePing?(sequence: number): Out;
  /** Asked of each message that arrives. Pings go no further in the pipeline. */
  isPing?(message: In): boolean;
  /** The answer to a ping, or `undefined` for none. Without it pings are only signs of life. */
  makePong?(ping: In): Out | undefined;
  /**
   * Asked of each message that arrives. Pongs go no further in the pipeline. Without it nobody answers, and an end
   * that pings expects nothing; where the answers look like other messages, `() => false` leaves it at traffic being a
   * sign of life.
   *
   * A message may be a ping and a pong at once, such as an empty frame: an end that pings takes it for a pong, any
   * other for a ping. Where both ends ping it is a pong if one is awaited, and no round trip is measured.
   */
  isPong?(message: In): boolean;
  /**
   * The number of the ping that a pong answers. Without it pongs are taken to answer pings one by one and in order:
   * where messages may be lost, or a peer answers only the newest ping, round trips need it.
   */
  sequenceOf?(pong: In): number | undefined;
}
