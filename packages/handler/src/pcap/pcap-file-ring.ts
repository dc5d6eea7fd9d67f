/**
 * The files of one capture: the newest few of them, each complete by itself and of bounded size.
 *
 * ```
 *   slot 0            slot 1            slot 2 ◀ current
 *   [header packets]  [header packets]  [header packets …      ]      full: slot 0 begins again
 * ```
 *
 * Packets of one event are gathered into one piece for the sink, up to {@link LARGEST_PIECE}. What it throws, a sink's
 * failure, comes from here to whoever calls.
 */
import { ByteBuf } from "@sluice/buffer";
import type { PcapSink } from "./pcap-sink.js";
import { fileHeader, packetBlockBytes } from "./pcapng-blocks.js";

export interface PcapFileRingOptions {
  /** Undefined when there is no further file. */
  readonly open: (slot: number) => PcapSink | undefined;
  readonly maxFileBytes: number;
  readonly maxFiles: number;
  readonly interfaceName: string;
}

export class PcapFileRing {
  /** Counts the files, the first being 1. */
  fileNumber = 0;
  /** Bytes given to sinks. */
  bytes = 0;
  readonly #options: PcapFileRingOptions;
  #sink: PcapSink | undefined;
  #fileBytes = 0;
  #piece: ByteBuf | undefined;
  #expected = 0;

  constructor(options: PcapFileRingOptions) {
    this.#options = options;
  }

  /** @returns whether there is a file to write to */
  open(): boolean {
    this.#sink = this.#options.open(this.fileNumber % this.#options.maxFiles);
    if (this.#sink === undefined) return false;
    this.fileNumber++;
    this.#fileBytes = 0;
    this.#piece = fileHeader(this.#options.interfaceName);
    this.flush();
    return true;
  }

  /** Some `bytes` are to follow before the next flush: a hint. */
  expect(bytes: number): void {
    this.#expected = bytes;
  }

  /**
   * Makes sure that a packet of `length` bytes, with `comment`, fits the current file, or begins the next one.
   *
   * @returns false if all files are full and there is no next one
   */
  makeRoom(length: number, comment: ByteBuf | undefined): boolean {
    const size = packetBlockBytes(length, comment);
    if (this.#fileBytes + (this.#piece?.readableBytes ?? 0) + size <= this.#options.maxFileBytes) return true;
    this.close();
    return this.open();
  }

  /** Memory with room for `size` bytes of the current file. */
  room(size: number): ByteBuf {
    if (this.#piece !== undefined && this.#piece.writableBytes < size) this.flush();
    this.#piece ??= ByteBuf.alloc(Math.max(size, Math.min(this.#expected, LARGEST_PIECE)));
    this.#expected -= size;
    return this.#piece;
  }

  flush(): void {
    const piece = this.#piece;
    this.#piece = undefined;
    if (piece === undefined || !piece.isReadable()) return;
    this.#fileBytes += piece.readableBytes;
    this.bytes += piece.readableBytes;
    this.#sink?.write(piece.asUint8Array());
  }

  /** Gives the current file what is left, and closes it. */
  close(): void {
    try {
      this.flush();
    } finally {
      const sink = this.#sink;
      this.#sink = undefined;
      sink?.close?.();
    }
  }
}

/** One system call for a full read of a socket, and a bound on what a capture holds. */
const LARGEST_PIECE = 64 * 1024;
