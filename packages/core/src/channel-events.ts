/** The user events that tell of a half-closed channel (Netty's socket events). */

/** The peer has ended its sending direction; ours stays open. Only with `ChannelOption.ALLOW_HALF_CLOSURE`. */
export const ChannelInputShutdownEvent = { event: "ChannelInputShutdownEvent" } as const;
/** Somebody asked for input after its end; told once. */
export const ChannelInputShutdownReadComplete = { event: "ChannelInputShutdownReadComplete" } as const;
/** Our sending direction has been shut down. */
export const ChannelOutputShutdownEvent = { event: "ChannelOutputShutdownEvent" } as const;
