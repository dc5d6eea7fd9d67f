/**
 * A TCP proxy that does one kind of harm to every connection it carries.
 *
 * Where and how hard it strikes is drawn from a seed and the number of the connection, so a seed repeats the harm,
 * though not the moments at which the ends run into it.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setImmediate, setTimeout } from "node:timers/promises";
import { Random32 } from "../../interop/random-32.js";
import { type Fault, isStrike, type PaceOptions, paced, type Strike } from "./fault.js";

export interface ChaosProxyOptions extends PaceOptions {
  readonly fault: Fault;
  /** Where the connections lead, on loopback. */
  readonly port: number;
  readonly seed: number;
  /** A fault that strikes does so after 1 to this many bytes in one direction. @default 2500 */
  readonly strikesWithin?: number;
}

export class ChaosProxy implements AsyncDisposable {
  readonly #options: ChaosProxyOptions;
  readonly #server = createServer({ allowHalfOpen: true, noDelay: true });
  readonly #open = new Set<Carried>();
  #connections = 0;

  private constructor(options: ChaosProxyOptions) {
    this.#options = options;
    this.#server.on("connection", (client) => this.#carry(client));
  }

  static async listen(options: ChaosProxyOptions): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(options);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many it has carried, those under way included. */
  get connections(): number {
    return this.#connections;
  }

  /** How many are under way. */
  get open(): number {
    return this.#open.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const carried of this.#open) carried.destroy();
    await once(this.#server, "close");
  }

  #carry(client: Socket): void {
    const { port, seed, ...options } = this.#options;
    const server = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const carried = new Carried(client, server, options, new Random32(seed * 7919 + this.#connections++));
    this.#open.add(carried);
    carried.ended.then(() => this.#open.delete(carried));
  }
}

/** One connection: two sockets, and what flows between them. */
class Carried {
  /** Resolves when nothing flows any more and both sockets are gone. */
  readonly ended: Promise<unknown>;
  readonly #sockets: readonly Socket[];
  readonly #options: Omit<ChaosProxyOptions, "port" | "seed">;
  readonly #random: Random32;
  /** Nothing passes in either direction any more. */
  #isSilent = false;

  constructor(client: Socket, server: Socket, options: Omit<ChaosProxyOptions, "port" | "seed">, random: Random32) {
    this.#sockets = [client, server];
    this.#options = options;
    this.#random = random;
    const { fault, strikesWithin = 2500 } = options;
    const after = isStrike(fault) ? 1 + random.below(strikesWithin) : Number.POSITIVE_INFINITY;
    const strikesUp = random.below(2) === 0;
    // Resets are part of the game, and `close` follows each.
    for (const socket of this.#sockets) socket.on("error", () => {});
    const flows = [
      this.#flow(client, server, strikesUp ? after : Number.POSITIVE_INFINITY),
      this.#flow(server, client, strikesUp ? Number.POSITIVE_INFINITY : after),
    ];
    const gone = this.#sockets.map((socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())));
    this.ended = Promise.all(flows).then(() => {
      this.destroy();
      return Promise.all(gone);
    });
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Carries one direction until its source ends or breaks, whatever has become of the bytes by then. */
  async #flow(source: Socket, sink: Socket, strikesAfter: number): Promise<void> {
    const { fault } = this.#options;
    let room = strikesAfter;
    const isDead = () => this.#isSilent || (room === 0 && fault === "black-hole");
    try {
      for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        let due = performance.now();
        for (const { bytes, afterMs } of paced(fault, chunk, this.#random, this.#options)) {
          if (afterMs !== undefined) {
            // By the clock, not by the sum of the waits: a busy machine must not make a trickle a drought.
            due += afterMs;
            const waitMs = due - performance.now();
            await (waitMs > 0 ? setTimeout(waitMs) : setImmediate());
          }
          if (room === 0 || this.#isSilent || sink.destroyed) continue;
          const passing = bytes.subarray(0, room);
          room -= passing.length;
          if (!sink.write(passing) && !sink.destroyed) await Promise.race([once(sink, "drain"), once(sink, "close")]);
          if (room === 0) this.#strike(fault as Strike, sink);
        }
      }
      if (!isDead()) sink.end();
    } catch {
      // The source broke; so does the other side, unless it is not to hear of it.
      if (!isDead()) this.destroy();
    }
  }

  #strike(fault: Strike, sink: Socket): void {
    // A hole swallows one direction or both, a half-close ends one.
    this.#isSilent = fault === "black-hole" ? this.#random.below(2) === 0 : fault !== "half-close";
    if (fault === "half-close") sink.end();
    else if (fault === "cut") for (const socket of this.#sockets) socket.end();
    else if (fault === "reset") for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}
