/** Heartbeats as strings: lines behind a line codec, text frames of a message transport. */
import type { HeartbeatProtocol } from "./heartbeat-protocol.js";

export interface TextHeartbeatOptions {
  /** @default "ping" */
  readonly ping?: string;
  /** @default "pong" */
  readonly pong?: string;
}

/** Compares whole strings: what the user may send as data must be something else. */
export function textHeartbeat(options: TextHeartbeatOptions = {}): HeartbeatProtocol<unknown, string> {
  const { ping = "ping", pong = "pong" } = options;
  return {
    makePing: () => ping,
    isPing: (message) => message === ping,
    makePong: () => pong,
    isPong: (message) => message === pong,
  };
}
