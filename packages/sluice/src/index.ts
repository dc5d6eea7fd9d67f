/**
 * Sluice in one import, for programs on Node: buffers, channels, pipelines, codecs, handlers and transports.
 *
 * Test helpers are apart: `@sluice/testing`, and `@sluice/core/embedded` for embedded channels.
 */
export * from "@sluice/codec";
export * from "@sluice/core";
export * from "@sluice/handler";
export * from "@sluice/transport-node";
