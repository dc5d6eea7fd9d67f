import { SluiceError } from "@sluice/buffer";
import type { Channel } from "@sluice/core";
import { UdpConnection } from "./udp-connection.js";

/** What a UDP channel has lost on our side so far, and what waits to be read. */
export interface DatagramLosses {
  /** Datagrams for which there was no room while nobody read (DATAGRAMS_DROPPED). */
  readonly dropped: number;
  /** Datagrams longer than `maxDatagramBytes` (DATAGRAM_TOO_LONG). */
  readonly tooLong: number;
  /** Errors that no handler and no listener took. */
  readonly unheardErrors: number;
  /** Bytes that wait to be read now, each datagram counted with 512 for its objects. */
  readonly waitingBytes: number;
}

/**
 * Reads the counters of a UDP channel, for metrics. What the system has dropped before Node saw it is not in them.
 *
 * @throws INVALID_ARGUMENT for a channel of another transport
 */
export function datagramLosses(channel: Channel): DatagramLosses {
  const { end } = channel.engine;
  if (!(end instanceof UdpConnection)) throw new SluiceError("INVALID_ARGUMENT", "only UDP channels lose datagrams");
  const { inbox, tooLong, unheard } = end;
  return { dropped: inbox.dropped, tooLong, unheardErrors: unheard, waitingBytes: inbox.bytes };
}
