/**
 * Sessions a client can resume, by the server they are for.
 *
 * Bounded: the one that was used least recently goes first. Only sessions of verified servers may be put in here, since
 * resuming one verifies nothing.
 */
export class ClientSessions {
  readonly #limit: number;
  readonly #sessions = new Map<string, Buffer>();

  /** @param limit 0 keeps none */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(server: string): Buffer | undefined {
    const session = this.#sessions.get(server);
    if (session !== undefined) this.set(server, session);
    return session;
  }

  set(server: string, session: Buffer): void {
    if (this.#limit === 0) return;
    this.#sessions.delete(server);
    this.#sessions.set(server, session);
    if (this.#sessions.size <= this.#limit) return;
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest);
      return;
    }
  }

  /** A session that did not do is not tried again. */
  delete(server: string): void {
    this.#sessions.delete(server);
  }

  clear(): void {
    this.#sessions.clear();
  }

  get size(): number {
    return this.#sessions.size;
  }
}
