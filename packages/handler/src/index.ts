/**
 * Ready-made handlers: what nearly every connection needs beside its protocol.
 *
 * Most of them watch traffic and pass it on unchanged, so they fit anywhere in a pipeline and leave its types as they
 * are. Where one stands decides what it sees: bytes nearest the transport, messages behind a codec.
 *
 * **A peer that has vanished** sends nothing, not even an end. {@link ReadTimeoutHandler} closes the channel then;
 * {@link WriteTimeoutHandler} closes it when the peer has stopped taking what we send. Both raise a coded error first.
 *
 * ```ts
 * pipeline
 *   .addLast(new ReadTimeoutHandler(60_000))     // READ_TIMEOUT
 *   .addLast(new WriteTimeoutHandler(10_000));   // WRITE_TIMEOUT
 * ```
 *
 * **A connection that may be quiet** needs heartbeats: a {@link HeartbeatHandler} at each end asks, answers and raises
 * HEARTBEAT_TIMEOUT when the peer is gone. The protocol says how a ping looks ({@link textHeartbeat},
 * {@link oneByteHeartbeat}, {@link emptyFrameHeartbeat}, or a {@link HeartbeatProtocol} of yours), and its place is
 * where such messages pass:
 *
 * ```ts
 * const heartbeat = { protocol: oneByteHeartbeat(), intervalMs: 20_000, timeoutMs: 5_000 };
 * client.addLast(framing).addLast(new HeartbeatHandler({ ...heartbeat, side: "client" }));
 * server.addLast(framing).addLast(new HeartbeatHandler({ ...heartbeat, side: "server" }));
 * ```
 *
 * A server whose clients beat by themselves has two cheaper ways to let go of the silent ones: {@link missCounter}
 * counts for each connection, a {@link SilenceSweep} looks at all of them now and then.
 *
 * **A peer that connects and never gets to the point** is not silent, if it sends a byte now and then: give it a deadline.
 * A {@link HandshakeTimeoutHandler} waits for the user event, or the call, that says that the greeting, login or upgrade
 * is done, raises HANDSHAKE_TIMEOUT if none comes, and leaves the pipeline when one does:
 *
 * ```ts
 * pipeline.addLast(login).addLast(new HandshakeTimeoutHandler({ until: (event) => event instanceof LoggedIn }));
 * ```
 *
 * **Anything else about silence** begins with {@link IdleStateHandler}. It only says that a channel is quiet, with an
 * {@link IdleStateEvent} for each direction, and a handler of yours decides. A large fleet wants its `spread`:
 *
 * ```ts
 * pipeline
 *   .addLast(new IdleStateHandler({ readerIdleMs: 300_000, spread: 0.1 }))
 *   .addLast({
 *     userEventTriggered(ctx, event) {
 *       if (event === IdleStateEvent.FIRST_READER_IDLE) ctx.writeAndFlush(ByteBuf.from("still there?\n"));
 *       else if (event instanceof IdleStateEvent) ctx.close();
 *       else ctx.fireUserEventTriggered(event);
 *     },
 *   });
 * ```
 *
 * **Questions and answers** over one connection: {@link RequestResponseHandler} where responses come in the order of the
 * requests, {@link RequestResponseByIdHandler} where they name their request. Both bound what is in flight, and each
 * request ends in its response or in one coded error:
 *
 * ```ts
 * const requests = new RequestResponseHandler<string, string>();
 * pipeline.addLast(new LineBasedFrameDecoder()).addLast(new StringDecoder()).addLast(new LineEncoder()).addLast(requests);
 * const reply = await requests.request("TIME", { timeoutMs: 5_000 });
 * ```
 *
 * **At the door**: {@link IpFilterHandler}, {@link ConnectionLimitHandler} and {@link UniqueIpFilter} stand in the server's
 * own pipeline and turn connections away before they have handlers:
 *
 * ```ts
 * new ServerBootstrap().handler((p) =>
 *   p
 *     .addLast(new IpFilterHandler({ rules: [{ action: "reject", cidr: "192.0.2.0/24" }] }))
 *     .addLast(new ConnectionLimitHandler({ maxPerAddress: 100 })),
 * );
 * ```
 *
 * **A peer that is too slow on purpose** sends a byte now and then, and a {@link FrameDeadlineHandler} behind the framing
 * ends it with FRAME_TIMEOUT. **One that is too fast** is slowed down by a {@link ChannelTrafficShapingHandler}, and all of
 * them together by a {@link GlobalTrafficShapingHandler}: both are token buckets ({@link TokenBucket}) for each direction.
 *
 * **Readers that do not keep up** with what is sent to everyone: a {@link Broadcast} encodes each message once, keeps a
 * bounded number for those that are behind, and then waits, drops, coalesces or closes ({@link SlowReaderPolicy}).
 *
 * **Files and streams** go out as {@link ChunkedInput}s through a {@link ChunkedWriteHandler}: in order with other messages,
 * no faster than the peer takes them, with no more in memory than the high-water mark and a piece:
 *
 * ```ts
 * pipeline.addLast(new ChunkedWriteHandler());
 * await channel.writeAndFlush(new ChunkedInput(() => createReadStream("large.bin")));
 * ```
 *
 * In the other direction a {@link FlowControlHandler} makes each `read()` bring one message where AUTO_READ is off, and a
 * {@link FlushConsolidationHandler} makes few flushes of many.
 *
 * **A pipeline that does something strange** becomes visible with a {@link LoggingHandler}, before, behind or on both
 * sides of the suspect. It prints through any {@link Logger}; `console` is one:
 *
 * ```ts
 * pipeline
 *   .addLast(new LoggingHandler({ logger: console, name: "wire" }))
 *   .addLast(new LineBasedFrameDecoder())
 *   .addLast(new LoggingHandler({ logger: console, name: "lines", hexDump: false }));
 * ```
 *
 * **What crossed the wire** a {@link PcapWriteHandler} keeps for Wireshark: packets of TCP or UDP around the bytes that pass
 * it, of any number of channels, in one {@link PcapCapture} of bounded files:
 *
 * ```ts
 * const capture = new PcapCapture({ sink: (slot) => fileSink(`wire-${slot}.pcapng`), onError: console.warn });
 * pipeline.addFirst(new PcapWriteHandler({ capture }));
 * ```
 *
 * **How much of everything** a {@link MetricsHandler} counts where it stands, and {@link MetricsTotals} add up for a server
 * or a process; {@link registerPrometheusMetrics} shows them:
 *
 * ```ts
 * const totals = new MetricsTotals({ name: "api" });
 * pipeline.addLast(new MetricsHandler({ totals })).addLast(framing);
 * totals.snapshot().bytesRead;
 * ```
 *
 * All time comes from the channel's `Clock`, so a test moves it by hand:
 *
 * ```ts
 * const channel = new EmbeddedChannel(new ReadTimeoutHandler(30_000));
 * channel.clock.advance(30_000);
 * channel.checkException();   // throws READ_TIMEOUT
 * ```
 */
export { Broadcast, type BroadcastCounts, type BroadcastOptions } from "./broadcast/broadcast.js";
export type { BroadcastReaderOptions } from "./broadcast/broadcast-reader.js";
export { SlowReaderEvent } from "./broadcast/slow-reader-event.js";
export type { SlowReaderPolicy } from "./broadcast/slow-reader-policy.js";
export { ConnectionLimitHandler, type ConnectionLimitHandlerOptions } from "./door/connection-limit-handler.js";
export { FrameDeadlineHandler, type FrameDeadlineHandlerOptions } from "./door/frame-deadline-handler.js";
export type { FramePosition } from "./door/frame-position.js";
export { IpFilterHandler, type IpFilterHandlerOptions } from "./door/ip-filter-handler.js";
export type { IpFilterAction, IpFilterRule } from "./door/ip-rules.js";
export { UniqueIpFilter } from "./door/unique-ip-filter.js";
export { emptyFrameHeartbeat } from "./heartbeat/empty-frame-heartbeat.js";
export { HeartbeatEvent, type HeartbeatEventKind } from "./heartbeat/heartbeat-event.js";
export { HeartbeatHandler } from "./heartbeat/heartbeat-handler.js";
export type { HeartbeatHandlerOptions } from "./heartbeat/heartbeat-options.js";
export type { HeartbeatProtocol } from "./heartbeat/heartbeat-protocol.js";
export { type MissCounterOptions, missCounter } from "./heartbeat/miss-counter.js";
export { type OneByteHeartbeatOptions, oneByteHeartbeat } from "./heartbeat/one-byte-heartbeat.js";
export type { RoundTripTime } from "./heartbeat/round-trip-time.js";
export { SilenceSweep, type SilenceSweepOptions } from "./heartbeat/silence-sweep.js";
export { type TextHeartbeatOptions, textHeartbeat } from "./heartbeat/text-heartbeat.js";
export { HandshakeTimeoutHandler, type HandshakeTimeoutHandlerOptions } from "./idle/handshake-timeout-handler.js";
export { type IdleState, IdleStateEvent } from "./idle/idle-state-event.js";
export { IdleStateHandler, type IdleStateHandlerOptions } from "./idle/idle-state-handler.js";
export { ReadTimeoutHandler } from "./idle/read-timeout-handler.js";
export { WriteTimeoutHandler } from "./idle/write-timeout-handler.js";
export type { Logger, LogLevel } from "./logging/logger.js";
export { LoggingHandler, type LoggingHandlerOptions } from "./logging/logging-handler.js";
export { ChannelMetrics } from "./metrics/channel-metrics.js";
export { MetricsHandler, type MetricsHandlerOptions } from "./metrics/metrics-handler.js";
export { metricsOf } from "./metrics/metrics-of.js";
export type { MetricsSnapshot, RoundTripSummary } from "./metrics/metrics-snapshot.js";
export { MetricsTotals, type MetricsTotalsOptions } from "./metrics/metrics-totals.js";
export {
  type PrometheusClient,
  type PrometheusCounter,
  type PrometheusGauge,
  type PrometheusMetricOptions,
  type PrometheusMetricsOptions,
  registerPrometheusMetrics,
} from "./metrics/prometheus-metrics.js";
export { PcapCapture, type PcapCaptureOptions } from "./pcap/pcap-capture.js";
export type { PcapSink } from "./pcap/pcap-sink.js";
export { PcapWriteHandler, type PcapWriteHandlerOptions } from "./pcap/pcap-write-handler.js";
export type { RequestMatchingOptions, RequestOptions } from "./requests/request-matching-handler.js";
export {
  type RequestId,
  RequestResponseByIdHandler,
  type RequestResponseByIdHandlerOptions,
} from "./requests/request-response-by-id-handler.js";
export { RequestResponseHandler, type RequestResponseHandlerOptions } from "./requests/request-response-handler.js";
export { ChannelTrafficShapingHandler } from "./shaping/channel-traffic-shaping-handler.js";
export { GlobalTrafficShapingHandler } from "./shaping/global-traffic-shaping-handler.js";
export { type RateLimit, TokenBucket } from "./shaping/token-bucket.js";
export type { DirectionSnapshot, TrafficSnapshot } from "./shaping/traffic-counters.js";
export type { TrafficShapingOptions } from "./shaping/traffic-shaping-handler.js";
export type { ChunkSource, OpenChunkSource, ReadableStreamSource } from "./streams/chunk-source.js";
export { ChunkedInput, type ChunkedInputOptions, type StreamProgress } from "./streams/chunked-input.js";
export { ChunkedWriteHandler, type ChunkedWriteHandlerOptions } from "./streams/chunked-write-handler.js";
export { FlowControlHandler, type FlowControlHandlerOptions } from "./streams/flow-control-handler.js";
export {
  FlushConsolidationHandler,
  type FlushConsolidationHandlerOptions,
} from "./streams/flush-consolidation-handler.js";
