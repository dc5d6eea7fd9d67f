/**
 * Channels without a transport and a clock that stands still: what handlers are tested with. And decoders without even a
 * channel, for programs that read their bytes themselves.
 */
export { EmbeddedChannel, type EmbeddedChannelOptions, type EmbeddedLeftovers } from "./embedded-channel.js";
export {
  FrameReader,
  type FrameReaderDecoder,
  type FrameReaderOptions,
} from "./frame-reader.js";
export { ManualClock } from "./manual-clock.js";
