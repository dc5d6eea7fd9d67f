/**
 * The sending half of a reconnecting client: what waits for a channel, and what has been written to one.
 *
 * ```
 *   send ──▶ queue ──(ready, writable)──▶ in flight ──▶ taken by the system: sent
 *              │                              │
 *              │                              ├─ refused inside the write: unsent, with what refused it
 *              ├─ no room, dropped, aborted,  ├─ failed later, or the channel closed: uncertain
 *              │  stopped: unsent             │
 *              ▼                              ▼
 *            never sent                     never sent again
 * ```
 *
 * The line between the two is the call of `write`. Whoever holds a message before it knows that no byte of it has left;
 * after it nobody does, until the system has taken the bytes, and of a failure on the way it is not known how many went
 * before. Only a refusal inside the call by a channel that lives on (no encoder, a full outbound buffer) is certain.
 *
 * Little is ever in flight: the queue gives messages to the channel only while that is writable.
 */
import { SluiceError } from "@sluice/buffer";
import { asError } from "../as-error.js";
import type { Channel } from "../channel.js";
import { aborted, PendingSend, type SendOwner } from "./pending-send.js";
import { SendQueue } from "./send-queue.js";

export interface OutboxOptions<Out> {
  readonly maxQueuedMessages: number;
  readonly maxQueuedBytes: number;
  readonly whenFull: "fail" | "drop-oldest" | "wait";
  readonly maxWaiting: number;
  readonly sizeOf: (message: Out) => number;
}

/** Is told what was not, or perhaps not, sent; the callers have been told by then. */
export interface OutboxReports<Out> {
  unsent(messages: readonly Out[], error: Error): void;
  uncertain(messages: readonly Out[], error: SluiceError): void;
}

export class Outbox<Out> implements SendOwner<Out> {
  readonly #options: OutboxOptions<Out>;
  readonly #reports: OutboxReports<Out>;
  readonly #queue: SendQueue<Out>;
  /** In the order of the writes. */
  readonly #inFlight = new Set<PendingSend<Out>>();
  #channel: Channel<any, Out> | undefined;
  #pumping = false;
  #writing: PendingSend<Out> | undefined;
  #ended: SluiceError | undefined;

  constructor(options: OutboxOptions<Out>, reports: OutboxReports<Out>) {
    this.#options = options;
    this.#reports = reports;
    this.#queue = new SendQueue({ maxMessages: options.maxQueuedMessages, maxBytes: options.maxQueuedBytes });
  }

  get queuedMessages(): number {
    return this.#queue.length;
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Whether messages flow, or what they flowed through is not over yet. */
  get hasChannel(): boolean {
    return this.#channel !== undefined;
  }

  send(message: Out, signal: AbortSignal | undefined): Promise<void> {
    const sending = new Promise<void>((resolve, reject) => {
      this.#accept(new PendingSend(message, this, resolve, reject), signal);
    });
    // Its failure is reported in any case, so whoever does not look here has not missed it.
    sending.catch(() => {});
    return sending;
  }

  /** Messages flow through `channel` from now on. */
  open(channel: Channel<any, Out>): void {
    this.#channel = channel;
    channel.on("writability", () => this.#pump());
    this.#pump();
  }

  /** The channel is over: what was in flight there may have arrived or not. */
  channelClosed(cause: Error | undefined): void {
    this.#channel = undefined;
    if (this.#inFlight.size > 0) this.#lose([...this.#inFlight], cause);
  }

  /** Nothing more is going to be written: what waits has not been sent. */
  end(error: SluiceError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    const waiting: PendingSend<Out>[] = [];
    for (let send = this.#queue.shift(); send !== undefined; send = this.#queue.shift()) waiting.push(send);
    if (waiting.length > 0) this.#refuse(waiting, error);
  }

  // ── from the messages ──────────────────────────────────────────────────────────────────────────────────────

  withdrawn(send: PendingSend<Out>, error: SluiceError): void {
    if (this.#queue.remove(send)) this.#refuse([send], error);
  }

  written(send: PendingSend<Out>): void {
    if (!this.#inFlight.delete(send)) return;
    send.resolve();
    this.#pump();
  }

  writeFailed(send: PendingSend<Out>, error: Error): void {
    // One that fails with its channel waits for the others, which are told together.
    if (!this.#inFlight.has(send) || !this.#channel?.isOpen) return;
    if (send === this.#writing) this.#refuse([send], error);
    else this.#lose([send], error);
    this.#pump();
  }

  // ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────

  #accept(send: PendingSend<Out>, signal: AbortSignal | undefined): void {
    if (this.#ended !== undefined) return send.reject(this.#ended);
    try {
      if (signal?.aborted) throw aborted(signal);
      send.bytes = this.#sizeOf(send.message);
      this.#makeRoom(send.bytes);
    } catch (thrown) {
      return this.#refuse([send], asError(thrown));
    }
    this.#queue.add(send);
    if (signal !== undefined) send.listen(signal);
    this.#pump();
  }

  #sizeOf(message: Out): number {
    const size = this.#options.sizeOf(message);
    if (size >= 0 && size < Number.POSITIVE_INFINITY) return size;
    throw new SluiceError("INVALID_ARGUMENT", `the size of a message cannot be ${size}`);
  }

  /** @throws SEND_QUEUE_FULL */
  #makeRoom(bytes: number): void {
    const { whenFull, maxQueuedMessages, maxWaiting } = this.#options;
    if (whenFull === "wait" && this.#queue.length < maxQueuedMessages + maxWaiting) return;
    while (!this.#queue.hasRoomFor(bytes)) {
      if (whenFull !== "drop-oldest") throw this.#full(bytes);
      const oldest = this.#queue.shift() as PendingSend<Out>;
      this.#refuse([oldest], new SluiceError("MESSAGE_DROPPED"));
    }
  }

  #full(length: number): SluiceError {
    const { maxQueuedMessages, maxQueuedBytes } = this.#options;
    const { length: messages, bytes } = this.#queue;
    const detail = `${messages} messages of ${bytes} bytes are queued; at most ${maxQueuedMessages} of ${maxQueuedBytes}`;
    return new SluiceError("SEND_QUEUE_FULL", detail, { length, limit: maxQueuedBytes });
  }

  /** Writes what the channel takes. Not from inside itself: a completion that runs meanwhile is followed by the loop. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    for (let channel = this.#writable; channel !== undefined; channel = this.#writable) {
      while (this.#writable === channel) this.#write(channel, this.#queue.shift() as PendingSend<Out>);
      channel.flush();
    }
    this.#pumping = false;
  }

  /** The channel, if it can take a message and there is one. */
  get #writable(): Channel<any, Out> | undefined {
    if (this.#queue.length === 0 || this.#inFlight.size >= this.#options.maxQueuedMessages) return undefined;
    return this.#channel?.isWritable ? this.#channel : undefined;
  }

  #write(channel: Channel<any, Out>, send: PendingSend<Out>): void {
    send.stopListening();
    this.#inFlight.add(send);
    this.#writing = send;
    channel.pipeline.tail.write(send.message, send);
    this.#writing = undefined;
  }

  #refuse(sends: readonly PendingSend<Out>[], error: Error): void {
    this.#settle(sends, error);
    this.#reports.unsent(
      sends.map(({ message }) => message),
      error,
    );
  }

  #lose(sends: readonly PendingSend<Out>[], cause: Error | undefined): void {
    const error = new SluiceError("DELIVERY_UNCERTAIN", undefined, cause === undefined ? {} : { cause });
    this.#settle(sends, error);
    this.#reports.uncertain(
      sends.map(({ message }) => message),
      error,
    );
  }

  #settle(sends: readonly PendingSend<Out>[], error: Error): void {
    for (const send of sends) {
      this.#inFlight.delete(send);
      send.stopListening();
      send.reject(error);
    }
  }
}
