/** Channels without a transport and a clock that stands still: what handlers are tested with. */
export { EmbeddedChannel, type EmbeddedChannelOptions, type EmbeddedLeftovers } from "./embedded-channel.js";
export { ManualClock } from "./manual-clock.js";
