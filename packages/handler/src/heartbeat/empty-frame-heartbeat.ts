/**
 * Heartbeats as frames without content: a length field of zero and nothing behind it.
 *
 * ```
 *   | 00 00 00 00 | ──▶  ◀── | 00 00 00 00 |
 * ```
 */
import { ByteBuf } from "@sluice/buffer";
import type { HeartbeatProtocol } from "./heartbeat-protocol.js";

/**
 * For length-field framing whose decoder strips the length: put the handler between framing and codec.
 *
 * A ping looks like a pong, so with both ends pinging no round trip is measured.
 */
export function emptyFrameHeartbeat(): HeartbeatProtocol<unknown, ByteBuf> {
  return { makePing: emptyFrame, isPing: isEmptyFrame, makePong: emptyFrame, isPong: isEmptyFrame };
}

function emptyFrame(): ByteBuf {
  return ByteBuf.EMPTY;
}

function isEmptyFrame(message: unknown): boolean {
  return message instanceof ByteBuf && message.readableBytes === 0;
}
