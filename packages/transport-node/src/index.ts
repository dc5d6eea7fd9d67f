/**
 * Sluice on Node: the only package that may import `node:` modules.
 *
 * {@link tcp} is the transport to give to a bootstrap. Below it, from the wire upwards:
 *
 * - `read-slab`: where arriving bytes are kept, once and for good;
 * - `socket-writer`: how queued messages become few writes;
 * - `tcp-connection`, `tcp-listener`: the two ends the core drives;
 * - `system-errors`: what the operating system's error codes are called in Sluice.
 *
 * {@link FrameStream} runs decoders in Node streams, without a channel.
 */
export { FrameStream, type FrameStreamOptions } from "./frame-stream.js";
export { type TcpOptions, tcp } from "./tcp.js";
