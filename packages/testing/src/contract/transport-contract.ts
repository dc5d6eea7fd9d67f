/**
 * The contract of transports: what handlers may rely on wherever their bytes come from.
 *
 * ```
 *                      ┌── rules of every channel, at the connecting end
 *   transportContract ─┼── rules of every channel, at the accepted end
 *                      ├── rules of two channels and a server
 *                      └── rules of what is declared to be different
 * ```
 *
 * A transport that cannot do something says so in `differences`. A difference is not left out: it has an assertion of
 * its own, so what it does instead is part of the contract as well.
 */
import type { BindOptions, ConnectOptions, ServerChannel, Transport } from "@sluice/core";
import { ABORTING_CASES } from "./aborting-cases.js";
import { ADDRESS_CASES } from "./address-cases.js";
import { BACK_PRESSURE_CASES, NO_BACK_PRESSURE_CASES } from "./back-pressure-cases.js";
import { BULK_CASES } from "./bulk-cases.js";
import { channelCases } from "./channel-contract.js";
import { CLOSING_CASES } from "./closing-cases.js";
import { CONNECTING_CASES } from "./connecting-cases.js";
import { HALF_CLOSURE_CASES, NO_HALF_CLOSURE_CASES } from "./half-closure-cases.js";
import { HANDSHAKE_CASES } from "./handshake-cases.js";
import { BYTE_STREAM_CASES, MESSAGE_CASES, OBJECT_CASES, ONLY_BYTES_CASES } from "./message-cases.js";
import { READING_CASES } from "./reading-cases.js";
import { NO_RESET_CASES, RESET_CASES } from "./reset-cases.js";
import { type Cases, CLEAN_UP_MS, type ContractCase } from "./scene.js";
import { SERVING_CASES, WAITING_CASES } from "./serving-cases.js";
import { STUCK_CASES, STUCK_RESET_CASES } from "./stuck-cases.js";
import { type Side, TransportScene } from "./transport-scene.js";
import { WRITING_CASES } from "./writing-cases.js";

/** What a transport cannot do, or does beyond a stream of bytes. Each entry is asserted. */
export interface TransportDifferences {
  /** One direction cannot end alone: `shutdownOutput` is HALF_CLOSE_UNSUPPORTED, and the channel goes on. @default false */
  readonly noHalfClosure?: boolean;
  /** A peer cannot tell a forced close from an orderly one: it sees an end without a cause. @default false */
  readonly noReset?: boolean;
  /**
   * What nobody reads does not hold up its sender: writes complete, and the sender stays writable. @default false
   */
  readonly noBackPressure?: boolean;
  /** Each write arrives as one message, neither cut nor joined with others. @default false: a stream of bytes */
  readonly keepsMessages?: boolean;
  /** Messages need not be bytes; any other value arrives as the same value. @default false: UNSUPPORTED_MESSAGE */
  readonly carriesObjects?: boolean;
  /**
   * A connection opens with a handshake of its two ends, which tells each of them how it went by a user event right behind
   * `channelActive`: an object of a class of this name. So connecting waits for a server that does not accept, and fails
   * if the server refuses. @default none
   */
  readonly handshakeEvent?: string;
}

export interface TransportContractOptions {
  readonly transport: Transport;
  /** A free address for each server. A port or name that the transport chooses itself counts as free. */
  readonly bindOptions: () => BindOptions;
  /** Where such a server is reached. @default its `localAddress` */
  readonly connectOptions?: (server: ServerChannel) => ConnectOptions;
  /** @default none */
  readonly differences?: TransportDifferences;
  /** Bytes one `read()` may bring. @default 65 536 */
  readonly maxBurstBytes?: number;
  /**
   * Bytes that may be under way between two channels: sent as far as the sender knows, and not yet read by the receiver.
   * @default 16 MiB: what operating systems buffer for a socket
   */
  readonly maxBytesUnderWay?: number;
  /** Bytes that one case sends through a slow reader. @default 268 435 456 */
  readonly bulkBytes?: number;
  /** Milliseconds a case may take; the one of `bulkBytes` has ten times as many. @default 10 000 */
  readonly timeoutMs?: number;
}

/**
 * The rules of the contract, as cases for any test runner; each opens its own servers and connections, closes them, and
 * ends by itself.
 *
 * Use it for a transport of your own. It tells the order of events, what becomes of writes, demand and back-pressure,
 * every way of closing, failures of connecting and binding, and large transfers. All together take a few seconds, most
 * of them for `bulkBytes`. A case rejects with a {@link ContractViolation} that holds the rule and what had happened.
 *
 * @example
 * ```ts
 * let servers = 0;
 * const contract = transportContract({
 *   transport: local(),
 *   bindOptions: () => ({ local: `server-${++servers}` }),
 *   differences: { keepsMessages: true, carriesObjects: true },
 *   // A burst is what its sender has queued.
 *   maxBurstBytes: 16 * 1024 * 1024,
 * });
 * for (const { name, run, limitMs } of contract) it(name, run, limitMs);
 * ```
 */
export function transportContract(options: TransportContractOptions): ContractCase[] {
  const { timeoutMs = 10_000, differences = {} } = options;
  const cases: ContractCase[] = [];
  const add = (prefix: string, side: Side, bodies: Cases<TransportScene>, allowedMs = timeoutMs): void => {
    for (const [rule, body] of Object.entries(bodies)) {
      const name = prefix + rule;
      cases.push({
        name,
        limitMs: allowedMs + CLEAN_UP_MS,
        run: () => {
          const scene = new TransportScene(options, side);
          return scene.play(name, allowedMs, () => body(scene));
        },
      });
    }
  };
  add("a channel that connects: ", "connecting", channelCases());
  add("a channel that was accepted: ", "accepted", channelCases());
  add("", "accepted", transportCases(differences));
  add("", "accepted", BULK_CASES, 10 * timeoutMs);
  return cases;
}

function transportCases(differences: TransportDifferences): Cases<TransportScene> {
  const { noHalfClosure, noReset, noBackPressure, keepsMessages, carriesObjects, handshakeEvent } = differences;
  return {
    ...ADDRESS_CASES,
    ...CONNECTING_CASES,
    ...ABORTING_CASES,
    ...READING_CASES,
    ...WRITING_CASES,
    ...(keepsMessages ? MESSAGE_CASES : BYTE_STREAM_CASES),
    ...(carriesObjects ? OBJECT_CASES : ONLY_BYTES_CASES),
    ...(noHalfClosure ? NO_HALF_CLOSURE_CASES : HALF_CLOSURE_CASES),
    ...(noBackPressure ? NO_BACK_PRESSURE_CASES : { ...BACK_PRESSURE_CASES, ...STUCK_CASES }),
    ...CLOSING_CASES,
    ...(noReset ? NO_RESET_CASES : RESET_CASES),
    ...(noReset || noBackPressure ? {} : STUCK_RESET_CASES),
    ...SERVING_CASES,
    ...(handshakeEvent === undefined ? WAITING_CASES : HANDSHAKE_CASES),
  };
}
