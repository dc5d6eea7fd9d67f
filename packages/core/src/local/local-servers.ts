/** The names of this process's servers. */
import type { LocalConnection } from "./local-connection.js";

/** A server as its clients see it. */
export interface LocalServer {
  /** Puts a client into the backlog. @returns false when that is full */
  enqueue(client: LocalConnection): boolean;
  /** Takes a client out that will not wait any longer. */
  dequeue(client: LocalConnection): void;
}

export const localServers = new Map<string, LocalServer>();
