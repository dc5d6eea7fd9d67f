/** The user events of the core: those that tell of a half-closed channel (Netty's socket events), and of a takeover. */
import type { ByteBuf } from "@sluice/buffer";

/** The peer has ended its sending direction; ours stays open. Only with `ChannelOption.ALLOW_HALF_CLOSURE`. */
export const ChannelInputShutdownEvent = { event: "ChannelInputShutdownEvent" } as const;
/** Somebody asked for input after its end; told once. */
export const ChannelInputShutdownReadComplete = { event: "ChannelInputShutdownReadComplete" } as const;
/** Our sending direction has been shut down. */
export const ChannelOutputShutdownEvent = { event: "ChannelOutputShutdownEvent" } as const;

/**
 * The stream changes hands: what comes next is for somebody below the decoders that have read so far, as when TLS begins
 * in its middle. Fired through the pipeline before the first byte of it is read.
 *
 * A decoder that holds bytes gives them back, and passes the event on. Bytes it has not looked at yet belong to whoever
 * takes the stream over ({@link give}); if it is in the middle of a message, that can never be finished
 * ({@link interrupt}).
 */
export class StreamTakeoverEvent {
  /** What the decoders have not looked at, the oldest first. */
  readonly unread: ByteBuf[] = [];
  /** Whether a decoder had begun a message. */
  isInterruption = false;

  give(unread: ByteBuf): void {
    this.unread.push(unread);
  }

  interrupt(): void {
    this.isInterruption = true;
  }
}
