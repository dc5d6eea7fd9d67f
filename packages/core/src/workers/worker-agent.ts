/**
 * The worker's side: binds the server, tells the primary, and does what the primary asks for.
 *
 * ```
 *   bind ──▶ "ready" ──▶ answers "count" ──▶ "shut down", or its server is closed ──▶ shutdown() ──▶ "over" ──▶ leaves
 *     └──▶ "failed", and rejects as it would without a primary
 * ```
 */
import { asError } from "../as-error.js";
import type { ServerChannel } from "../server-channel.js";
import type { ShutdownOptions } from "../server-shutdown.js";
import { formatAddress } from "../socket-address.js";
import { ConnectionCounter } from "./connection-counter.js";
import type { PrimaryLink } from "./worker-host.js";
import { failureMessage, isOurs, type ToPrimary, type ToWorker } from "./worker-messages.js";
import type { ResolvedWorkersOptions } from "./workers-options.js";

/** Binds the server in this process; `prepare` gets it before anybody can connect. */
export type BindHere<S extends ServerChannel> = (prepare: (server: ServerChannel) => void) => Promise<S>;

export class WorkerAgent {
  readonly #link: PrimaryLink;
  readonly #server: ServerChannel;
  readonly #counter: ConnectionCounter;
  readonly #atOnce = new AbortController();
  #isEnding = false;

  private constructor(link: PrimaryLink, server: ServerChannel, counter: ConnectionCounter) {
    this.#link = link;
    this.#server = server;
    this.#counter = counter;
  }

  /** Resolves with the server once the primary knows of it. */
  static async serve<S extends ServerChannel>(
    link: PrimaryLink,
    options: ResolvedWorkersOptions,
    bind: BindHere<S>,
  ): Promise<S> {
    if (options.signals) link.ignoreStopSignals();
    const counter = new ConnectionCounter();
    let server: S;
    try {
      server = await bind((server) => server.pipeline.addFirst("connection counter", counter));
    } catch (thrown) {
      // Before the process ends because of it.
      await link.send(failureMessage(asError(thrown)));
      throw thrown;
    }
    const agent = new WorkerAgent(link, server, counter);
    link.onMessage((message) => isOurs(message) && agent.#told(message));
    server.once("close", () => void agent.#end(options.shutdown));
    await link.send({ sluice: "ready", address: formatAddress(server.localAddress) } satisfies ToPrimary);
    return server;
  }

  #told(message: ToWorker): void {
    if (message.sluice === "cut") this.#atOnce.abort();
    else if (message.sluice === "shut down") void this.#end(message);
    else this.#send({ sluice: "counted", counters: this.#counter.counters });
  }

  /** Whoever began it: the program may have closed the server by itself. */
  async #end({ quietMs, timeoutMs }: ShutdownOptions): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const report = await this.#server.shutdown({
      ...(quietMs === undefined ? {} : { quietMs }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      signal: this.#atOnce.signal,
    });
    await this.#send({ sluice: "over", report, counters: this.#counter.counters });
    this.#link.leave();
  }

  #send(message: ToPrimary): Promise<void> {
    return this.#link.send(message);
  }
}
