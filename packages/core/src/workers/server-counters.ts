/** What a server has done so far, as numbers that can be added up. */
export interface ServerCounters {
  /** Open now. */
  readonly connections: number;
  /** Handed over by the system, those included that were refused. */
  readonly accepted: number;
  /** Turned away by `MAX_CONNECTIONS` or a handler at the door. */
  readonly refused: number;
  /** Bytes that have arrived; 0 where the transport does not count them. */
  readonly bytesRead: number;
  /** Bytes that were handed to the system; 0 where the transport does not count them. */
  readonly bytesWritten: number;
}

export const NO_COUNTERS: ServerCounters = { connections: 0, accepted: 0, refused: 0, bytesRead: 0, bytesWritten: 0 };

export function addCounters(a: ServerCounters, b: ServerCounters): ServerCounters {
  return {
    connections: a.connections + b.connections,
    accepted: a.accepted + b.accepted,
    refused: a.refused + b.refused,
    bytesRead: a.bytesRead + b.bytesRead,
    bytesWritten: a.bytesWritten + b.bytesWritten,
  };
}
