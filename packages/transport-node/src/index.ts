/**
 * Sluice on Node: the only package that may import `node:` modules.
 *
 * {@link tcp} and {@link unix} are the transports to give to a bootstrap for connections, {@link udp} and
 * {@link connectedUdp} those for datagrams. Below connections, from the wire upwards:
 *
 * - `read-slab`: where arriving bytes are kept, once and for good;
 * - `socket-writer`: how queued messages become few writes;
 * - `socket-connection`, `socket-listener`: the two ends the core drives;
 * - `socket-kind`: in what TCP and Unix domain sockets differ;
 * - `system-errors`: what the operating system's error codes are called in Sluice.
 *
 * Below UDP, in `udp`: the inbox that bounds what waits while nobody reads, the sender, the settings, and the connection
 * that drives them. {@link joinGroup} makes its channels members of multicast groups, {@link datagramLosses} counts.
 *
 * {@link FrameStream} runs decoders in Node streams, without a channel.
 */
export { FrameStream, type FrameStreamOptions } from "./frame-stream.js";
export { type TcpOptions, tcp } from "./tcp.js";
export { type DatagramLosses, datagramLosses } from "./udp/datagram-losses.js";
export { type GroupMembership, joinGroup, leaveGroup } from "./udp/multicast.js";
export { connectedUdp, type UdpOptions, udp } from "./udp/udp.js";
export { type UnixOptions, unix } from "./unix/unix.js";
