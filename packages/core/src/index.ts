/**
 * The channel core: everything between the bytes of a transport and the messages of an application.
 *
 * Read in this order:
 *
 * 1. {@link Channel}: one connection; what it can do and what it tells.
 * 2. {@link ChannelPipeline}: the handlers of a channel and how they are composed.
 * 3. {@link ChannelHandler} and its bases: what a handler may implement.
 * 4. {@link ChannelHandlerContext}: how a handler reaches its neighbours.
 * 5. {@link Bootstrap}, {@link ServerBootstrap}: how channels come into being.
 * 6. {@link ChannelPool}: a client's channels, used again and again.
 * 7. {@link ReconnectingClient}: a client that keeps one live channel.
 * 8. {@link ConnectionRefusedEvent}: how a server turns connections away.
 * 9. {@link WorkerGroup}: a server in several processes.
 * 10. {@link Transport}: what carries them; write your own.
 * 11. {@link observeChannels}: all channels of the process, for diagnostics.
 *
 * Beside this entry: `@sluice/core/embedded` (channels for tests), `@sluice/core/local` (channels inside one
 * process), `@sluice/core/decorators` (`@Sharable`).
 */
export * from "@sluice/buffer";
export { Alike } from "./alike.js";
export { asError } from "./as-error.js";
export { Attribute, AttributeKey } from "./attribute-key.js";
export { Bootstrap } from "./bootstrap.js";
export { Channel, type ChannelEvents, type ChannelInit, type CloseOptions } from "./channel.js";
export { ChannelDuplexHandler } from "./channel-duplex-handler.js";
export {
  ChannelInputShutdownEvent,
  ChannelInputShutdownReadComplete,
  ChannelOutputShutdownEvent,
  StreamTakeoverEvent,
} from "./channel-events.js";
export {
  ChannelGroup,
  type ChannelGroupEvents,
  type ChannelGroupResult,
  type ChannelMatcher,
} from "./channel-group.js";
export type {
  ChannelHandler,
  Fits,
  HandlerLifecycle,
  InboundAfter,
  InboundEvents,
  OutboundAfter,
  OutboundOperations,
  PlainHandler,
  TypedHandler,
} from "./channel-handler.js";
export { ChannelHandlerContext } from "./channel-handler-context.js";
export { ChannelInboundHandler } from "./channel-inbound-handler.js";
export { type ChannelObserver, observeChannels } from "./channel-observer.js";
export { ChannelOption } from "./channel-option.js";
export { ChannelOutboundBuffer } from "./channel-outbound-buffer.js";
export { ChannelOutboundHandler } from "./channel-outbound-handler.js";
export { ChannelPipeline, type HandlerArguments, type HandlerClass, type HandlerKey } from "./channel-pipeline.js";
export {
  ChannelPromise,
  type Completion,
  type CompletionListener,
  type FailureOwner,
  settle,
} from "./channel-promise.js";
export { type Clock, scheduleOn, type TimedTask, type Timeout } from "./clock.js";
export {
  CombinedChannelDuplexHandler,
  type InboundPart,
  type OutboundPart,
} from "./combined-channel-duplex-handler.js";
export { ConnectionRefusedEvent, refuseConnection } from "./connection-refused-event.js";
export { DatagramPacket, type DatagramPacketInit } from "./datagram-packet.js";
export { FifoQueue } from "./fifo-queue.js";
export { HashedWheelTimer, type HashedWheelTimerOptions, type NativeTimer } from "./hashed-wheel-timer.js";
export { type Moment, markOn, timeOf } from "./moment.js";
export { PassThroughHandler } from "./pass-through-handler.js";
export { ChannelLease, type ReleaseOptions } from "./pool/channel-lease.js";
export { ChannelPool } from "./pool/channel-pool.js";
export type { ChannelPoolEvents } from "./pool/channel-pool-events.js";
export type { ChannelCheck, ChannelPoolOptions, PoolConnect } from "./pool/channel-pool-options.js";
export type { PoolCloseOptions, PoolCloseReport } from "./pool/pool-closing.js";
export type { PoolCloseReason } from "./pool/pool-place.js";
export type { PoolTotals } from "./pool/pool-totals.js";
export type { AcquireOptions } from "./pool/pool-waiter.js";
export type { ReconnectEvents } from "./reconnect/reconnect-events.js";
export type { ReconnectState } from "./reconnect/reconnect-machine.js";
export type { PrepareContext, ReconnectOptions, ReconnectTarget } from "./reconnect/reconnect-options.js";
export { ReconnectingClient, type ReconnectingClientInit } from "./reconnect/reconnecting-client.js";
export { ServerBootstrap } from "./server-bootstrap.js";
export { ServerChannel } from "./server-channel.js";
export type { ShutdownOptions, ShutdownReport } from "./server-shutdown.js";
export { ServerShutdownEvent } from "./server-shutdown-event.js";
export { isSharable } from "./sharable.js";
export { SimpleChannelInboundHandler } from "./simple-channel-inbound-handler.js";
export {
  formatAddress,
  type InetAddress,
  type LocalAddress,
  type PathAddress,
  type SocketAddress,
} from "./socket-address.js";
export { systemClock } from "./system-clock.js";
export type {
  BindOptions,
  ChannelSignals,
  Connection,
  ConnectOptions,
  DatagramConnection,
  DatagramTransport,
  Listener,
  ListenerSignals,
  Transport,
  TransportEnd,
} from "./transport.js";
export type { GroupCounters, WorkerStatus } from "./workers/group-counters.js";
export type { ServerCounters } from "./workers/server-counters.js";
export { type CountOptions, type ReloadOptions, WorkerGroup } from "./workers/worker-group.js";
export type { WorkerGroupEvents } from "./workers/worker-group-events.js";
export type {
  PrimaryLink,
  WorkerExit,
  WorkerHost,
  WorkerProcess,
  WorkerSignals,
  WorkerStart,
} from "./workers/worker-host.js";
export type { WorkersOptions } from "./workers/workers-options.js";
export { WriteBufferWaterMark } from "./write-buffer-water-mark.js";
