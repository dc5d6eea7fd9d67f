/**
 * Where datagrams wait while nobody reads, because Node cannot stop reading a UDP socket.
 *
 * ```
 *   add ──▶ [ packet │ packet │ 17 dropped │ packet │ error │ packet ] ──▶ take
 * ```
 *
 * What does not fit is dropped, as the system does with what it has no room for, but is counted; the count stands in its
 * place in the sequence, so that the reader learns between which messages something is missing.
 */
import { SluiceError } from "@sluice/buffer";
import { FifoQueue } from "@sluice/core";

export class UdpInbox {
  readonly #maxBytes: number;
  readonly #items = new FifoQueue<unknown>();
  readonly #sizes = new FifoQueue<number>();
  #bytes = 0;
  #dropped = 0;

  /** @param maxBytes What may wait; an empty inbox takes anything. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** Bytes that wait, with what each item is counted for beside its content. */
  get bytes(): number {
    return this.#bytes;
  }

  /** All that has ever been dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @param length Bytes of the item's content. */
  add(item: unknown, length: number): void {
    const size = length + ITEM_OVERHEAD;
    if (this.isEmpty || this.#bytes + size <= this.#maxBytes) return this.#push(item, size);
    this.#dropped++;
    const { last } = this.#items;
    if (last instanceof Dropped) last.count++;
    else this.#push(new Dropped(), 0);
  }

  /** The oldest item; for what was dropped, an error DATAGRAMS_DROPPED with their number as its `length`. */
  take(): unknown {
    const item = this.#items.shift();
    this.#bytes -= this.#sizes.shift() ?? 0;
    return item instanceof Dropped ? item.error(this.#maxBytes) : item;
  }

  #push(item: unknown, size: number): void {
    this.#items.push(item);
    this.#sizes.push(size);
    this.#bytes += size;
  }
}

/** Stands for what had no room. */
class Dropped {
  count = 1;

  error(limit: number): SluiceError {
    const detail = `${this.count} datagrams were dropped: ${limit} bytes of them waited to be read`;
    return new SluiceError("DATAGRAMS_DROPPED", detail, { length: this.count, limit });
  }
}

/** A buffer, a packet and an address take some 340 bytes of heap (Node 20); the rest is what the allocator rounds up. */
export const ITEM_OVERHEAD = 512;
