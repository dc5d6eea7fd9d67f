/** Told behind `channelActive` where TLS is optional: the client speaks plain text. */
export const PlaintextEvent = { event: "PlaintextEvent" } as const;
