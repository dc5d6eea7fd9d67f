/**
 * Heartbeats as frames of a single byte.
 *
 * ```
 *   | 09 | ──▶  ◀── | 0a |          opcodes of WebSocket's ping and pong, for want of a standard
 * ```
 */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import type { HeartbeatProtocol } from "./heartbeat-protocol.js";

export interface OneByteHeartbeatOptions {
  /** @default 0x09 */
  readonly ping?: number;
  /** May be the same as `ping`. @default 0x0a */
  readonly pong?: number;
}

/**
 * For any framing: put the handler between framing and codec. Other frames of one byte pass.
 *
 * @throws SluiceError `INVALID_ARGUMENT` if an option is not a byte
 */
export function oneByteHeartbeat(options: OneByteHeartbeatOptions = {}): HeartbeatProtocol<unknown, ByteBuf> {
  const { ping = 0x09, pong = 0x0a } = options;
  checkByte("ping", ping);
  checkByte("pong", pong);
  return {
    makePing: () => frameOf(ping),
    isPing: (message) => isFrameOf(message, ping),
    makePong: () => frameOf(pong),
    isPong: (message) => isFrameOf(message, pong),
  };
}

function frameOf(byte: number): ByteBuf {
  return ByteBuf.alloc(1).writeUint8(byte);
}

function isFrameOf(message: unknown, byte: number): boolean {
  return message instanceof ByteBuf && message.readableBytes === 1 && message.getUint8(message.readerIndex) === byte;
}

function checkByte(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= 0xff) return;
  throw new SluiceError("INVALID_ARGUMENT", `${name} must be a byte, not ${value}`);
}
