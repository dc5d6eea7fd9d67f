/**
 * How a channel comes to its end: what has ended of it already, why, and who waits for the rest.
 *
 * Of all that most channels have nothing to say, so they share {@link ChannelEnding.NOT_BEGUN}, which cannot be written to;
 * an engine makes one of its own with the first thing there is to note.
 */
import type { Completion } from "./channel-promise.js";
import type { Timeout } from "./clock.js";

export class ChannelEnding {
  /** How far the transport's end has been taken down. */
  stage: "none" | "closing" | "destroyed" = "none";
  wasActive = false;
  /** Why the channel closed; undefined when it was asked to. */
  cause: Error | undefined;
  /** What broke the connection, or cut it: flushed writes fail with it. */
  failure: Error | undefined;
  toldFailure = false;
  /** Set by who has found out: a close cuts the connection then, as nobody is there to take last words or to end too. */
  peerIsGone = false;
  isInputShutdown = false;
  toldInputEnd = false;
  isOutputShutdown = false;
  outputEnded = false;
  shuttingDownOutput: Completion[] | undefined;
  /** Set by a close that asks for it: what is flushed fails instead of being sent. */
  failPendingOnClose = false;
  closing: Completion[] | undefined;
  closeDeadline: Timeout | undefined;
  toldClosed = false;

  static readonly NOT_BEGUN: Readonly<ChannelEnding> = Object.freeze(new ChannelEnding());
}
