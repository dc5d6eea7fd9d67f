/** A client that knows nothing of Sluice: a socket of Node's own that sends exactly the pieces it is told to. */
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export class NetClient {
  /** Everything the server has sent so far. */
  received: Buffer = Buffer.alloc(0);
  hasEnded = false;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => {
      this.received = Buffer.concat([this.received, bytes]);
    });
    socket.on("end", () => {
      this.hasEnded = true;
    });
    // A reset is an end like any other here; whether one was to be expected is for the tour to say.
    socket.on("error", () => {
      this.hasEnded = true;
    });
  }

  static async connect(host: string, port: number): Promise<NetClient> {
    // Without Nagle's algorithm each write leaves as a segment of its own, if nothing else is under way.
    const socket = createConnection({ host, port, noDelay: true });
    await once(socket, "connect");
    return new NetClient(socket);
  }

  send(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Says that nothing more will come, and waits for the server to do the same. */
  async end(): Promise<void> {
    this.#socket.end();
    if (!this.#socket.destroyed) await once(this.#socket, "close");
  }

  /** Goes away without a word. */
  vanish(): void {
    this.#socket.destroy();
  }
}

/** Waits until `condition` holds. @throws when it does not within five seconds */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited five seconds for ${what}`);
    await sleep(5);
  }
}
