/** What a `HeartbeatHandler` is told, and the role of its end that follows from it. */
import { SluiceError } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import type { HeartbeatTiming } from "./heartbeat-machine.js";
import type { HeartbeatProtocol } from "./heartbeat-protocol.js";

/** Both ends of a connection may share all but `side`. Times in milliseconds. */
export interface HeartbeatHandlerOptions<In = unknown, Out = unknown> {
  /** Which end this is. */
  readonly side: "client" | "server";
  /**
   * Who asks. The other end answers and, as it knows when to expect a ping, watches as well.
   * @default "client"
   */
  readonly pings?: "client" | "server" | "both";
  /** How heartbeats look. An end that only listens needs none if its peer sends something often enough. */
  readonly protocol?: HeartbeatProtocol<In, Out>;
  /**
   * From ping to ping, while the peer answers. 0 only for an end that listens: its first miss is then `timeoutMs`
   * after it last heard something.
   * @default 30_000
   */
  readonly intervalMs?: number;
  /**
   * How long a ping may go without a sign of life before it counts as missed, and is repeated.
   * @default 10_000
   */
  readonly timeoutMs?: number;
  /**
   * The miss in a row at which the peer is dead.
   * @default 1
   */
  readonly maxMissed?: number;
  /**
   * Only pongs are signs of life, and for an end that does not ping only heartbeats. Otherwise whatever arrives is.
   * @default false
   */
  readonly onlyPongs?: boolean;
  /**
   * Decides on a dead peer, in place of its end. "continue": the misses are forgotten, nothing is raised and the peer
   * is watched as from the start. "close": as without this option. What it throws is raised too, and means "close".
   */
  readonly onDead?: (ctx: ChannelHandlerContext<unknown, Out>, error: SluiceError) => "close" | "continue";
}

/**
 * The times with their defaults, and the role: who does not ping listens, and whom nobody answers only beats.
 *
 * @throws SluiceError `INVALID_ARGUMENT` if a number is out of range, or the protocol lacks what this end needs
 */
export function heartbeatTiming<In, Out>(options: HeartbeatHandlerOptions<In, Out>): HeartbeatTiming {
  const { side, pings = "client", protocol = {}, onlyPongs = false } = options;
  const { intervalMs = 30_000, timeoutMs = 10_000, maxMissed = 1 } = options;
  if (side !== "client" && side !== "server") invalid(`side cannot be ${String(side)}`);
  if (pings !== "client" && pings !== "server" && pings !== "both") invalid(`pings cannot be ${String(pings)}`);
  const isPinging = pings === "both" || pings === side;
  if (isPinging && protocol.makePing === undefined) invalid("an end that pings needs a protocol with makePing");
  if (pings === "both" && protocol.isPong === undefined) {
    invalid("without isPong each direction needs a handler of its own");
  }
  if (onlyPongs && (isPinging ? protocol.isPong : protocol.isPing) === undefined) {
    invalid(`onlyPongs needs a protocol with ${isPinging ? "isPong" : "isPing"}`);
  }
  if (isPinging || intervalMs !== 0) checkTime("intervalMs", intervalMs);
  checkTime("timeoutMs", timeoutMs);
  if (!(Number.isSafeInteger(maxMissed) && maxMissed >= 1)) {
    invalid(`maxMissed must be a whole number from 1, not ${maxMissed}`);
  }
  const role = !isPinging ? "listening" : protocol.isPong === undefined ? "beating" : "asking";
  return { role, intervalMs, timeoutMs, maxMissed };
}

function checkTime(name: string, valueMs: number): void {
  // Written so that NaN fails it too. A shorter time would be a busy loop.
  if (!(valueMs >= 1 && valueMs < Number.POSITIVE_INFINITY)) {
    invalid(`${name} must be a finite number of milliseconds from 1, not ${valueMs}`);
  }
}

function invalid(detail: string): never {
  throw new SluiceError("INVALID_ARGUMENT", detail);
}
