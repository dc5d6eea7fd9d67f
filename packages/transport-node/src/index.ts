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
 * - `cluster-host`: how a server is spread over processes;
 * - `system-errors`: what the operating system's error codes are called in Sluice.
 *
 * {@link tls} is TLS over it. A {@link TlsContext} holds certificates, trust and rules, and exchanges certificates without
 * a restart; {@link startTls} secures a connection that began in plain text. How a handshake ended is a
 * {@link TlsHandshakeEvent}, and {@link ApplicationProtocolNegotiationHandler} builds the pipeline for the protocol it
 * chose. In `tls/`, from the wire upwards: `tls-wire`, `tls-layer` with its `tls-machine`, `tls`, `start-tls`; the seam
 * to TCP is `socket-layer`.
 *
 * Below UDP, in `udp`: the inbox that bounds what waits while nobody reads, the sender, the settings, and the connection
 * that drives them. {@link joinGroup} makes its channels members of multicast groups, {@link datagramLosses} counts.
 *
 * {@link FrameStream} runs decoders in Node streams, without a channel. {@link fileSink} takes what a capture writes, and
 * `channel-diagnostics` publishes the lives of channels on `node:diagnostics_channel`.
 */
import "./channel-diagnostics.js";

export type { ChannelDiagnostics } from "./channel-diagnostics.js";
export { type FileSink, fileSink } from "./file-sink.js";
export { FrameStream, type FrameStreamOptions } from "./frame-stream.js";
export { type TcpOptions, tcp } from "./tcp.js";
export {
  ApplicationProtocolNegotiationHandler,
  type ApplicationProtocolNegotiationHandlerOptions,
} from "./tls/application-protocol-negotiation-handler.js";
export { PlaintextEvent } from "./tls/plaintext-event.js";
export { type StartTlsOptions, startTls } from "./tls/start-tls.js";
export { type TlsTransportOptions, tls } from "./tls/tls.js";
export { TlsContext } from "./tls/tls-context.js";
export { TlsHandshakeEvent, type TlsSession } from "./tls/tls-handshake-event.js";
export { tlsOf } from "./tls/tls-of.js";
export type { TlsCertificate, TlsIdentity, TlsOptions } from "./tls/tls-options.js";
export { type DatagramLosses, datagramLosses } from "./udp/datagram-losses.js";
export { type GroupMembership, joinGroup, leaveGroup } from "./udp/multicast.js";
export { connectedUdp, type UdpOptions, udp } from "./udp/udp.js";
export { type UnixOptions, unix } from "./unix/unix.js";
