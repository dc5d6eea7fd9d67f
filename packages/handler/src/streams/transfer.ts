/** A stream on its way: does what its machine decides. */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import { asError, type ChannelHandlerContext, type Completion, settle } from "@sluice/core";
import { ChunkReader } from "./chunk-source.js";
import type { ChunkedInput } from "./chunked-input.js";
import { type TransferEvent, TransferMachine } from "./transfer-machine.js";

/** Whom a transfer tells. */
export interface TransferOwner {
  /** All of it has been written: what is behind it may follow. */
  transferWritten(transfer: Transfer): void;
  /** It will not be written to its end; its completion has been told. */
  transferBroken(transfer: Transfer, error: Error): void;
}

export class Transfer {
  readonly #machine = new TransferMachine();
  readonly #ctx: ChannelHandlerContext;
  readonly #owner: TransferOwner;
  readonly #input: ChunkedInput<unknown>;
  readonly #reader: ChunkReader<unknown>;
  readonly #completion: Completion | undefined;
  readonly #maxChunkBytes: number;
  /** What has not been written yet of the chunk that came last. */
  #rest: unknown = undefined;
  #hasRest = false;
  #unsent = 0;
  #bytesWritten = 0;
  #hasWritten = false;
  #bytesSent = 0;
  #chunksSent = 0;

  constructor(
    ctx: ChannelHandlerContext,
    owner: TransferOwner,
    input: ChunkedInput<unknown>,
    completion: Completion | undefined,
    maxChunkBytes: number,
  ) {
    this.#ctx = ctx;
    this.#owner = owner;
    this.#input = input;
    this.#reader = new ChunkReader(input.source);
    this.#completion = completion;
    this.#maxChunkBytes = maxChunkBytes;
    input.signal?.addEventListener("abort", this.#aborted, { once: true });
    if (input.signal?.aborted) this.#aborted();
  }

  get isOver(): boolean {
    return this.#machine.isOver;
  }

  /** Whether a part of it has left the handler. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  start(): void {
    this.#on("started");
  }

  hasRoom(): void {
    this.#on("hasRoom");
  }

  fail(error: Error): void {
    if (this.#machine.on("broken", this.#situation()) !== "fail") return;
    this.#rest = undefined;
    this.#hasRest = false;
    this.#reader.close().catch((thrown) => this.#closingFailed(thrown));
    this.#settle(error);
    this.#owner.transferBroken(this, error);
  }

  // ── for its chunks ─────────────────────────────────────────────────────────────────────────────────────────

  chunkSent(bytes: number): void {
    this.#unsent--;
    if (this.isOver) return;
    this.#bytesSent += bytes;
    this.#chunksSent++;
    try {
      this.#input.onProgress?.({ bytes: this.#bytesSent, chunks: this.#chunksSent });
    } finally {
      if (this.#unsent === 0) this.#on("drained");
    }
  }

  chunkFailed(error: Error): void {
    this.#unsent--;
    this.fail(error);
  }

  // ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────

  #on(event: TransferEvent): void {
    let action = this.#machine.on(event, this.#situation());
    while (action === "write") {
      this.#writePiece();
      action = this.#machine.on("written", this.#situation());
    }
    if (action === "pull") this.#pull();
    else if (action === "complete") this.#settle(undefined);
  }

  #situation() {
    return { hasRoom: this.#ctx.channel.isWritable, hasRest: this.#hasRest, hasUnsent: this.#unsent > 0 };
  }

  #pull(): void {
    this.#reader.next().then(this.#onResult, this.#onFailure);
  }

  readonly #onResult = ({ done, value }: IteratorResult<unknown, unknown>): void => {
    // What a source says after it has been given up is of no interest any more.
    if (this.isOver) return;
    if (done) {
      this.#reader.ended();
      // What has been written cannot be recalled, and nothing is missing from it.
      this.#input.signal?.removeEventListener("abort", this.#aborted);
      this.#on("ended");
      this.#owner.transferWritten(this);
      return;
    }
    this.#rest = value instanceof Uint8Array ? ByteBuf.from(value) : value;
    this.#hasRest = true;
    this.#on("chunk");
  };

  readonly #onFailure = (thrown: unknown): void => {
    if (this.isOver) return;
    this.#reader.ended();
    const cause = asError(thrown);
    const detail = `the source of a stream failed after ${this.#bytesWritten} bytes: ${cause.message}`;
    this.fail(new SluiceError("STREAM_INTERRUPTED", detail, { cause, length: this.#bytesWritten }));
  };

  readonly #aborted = (): void => {
    this.fail(new SluiceError("ABORTED", undefined, { cause: this.#input.signal?.reason }));
  };

  #writePiece(): void {
    const rest = this.#rest;
    const isLong = rest instanceof ByteBuf && rest.readableBytes > this.#maxChunkBytes;
    const piece = isLong ? rest.readSlice(this.#maxChunkBytes) : rest;
    if (!isLong) {
      this.#rest = undefined;
      this.#hasRest = false;
    }
    const bytes = piece instanceof ByteBuf ? piece.readableBytes : 0;
    this.#bytesWritten += bytes;
    this.#hasWritten = true;
    this.#unsent++;
    this.#ctx.writeAndFlush(piece, new ChunkWrite(this, bytes));
  }

  #settle(error: Error | undefined): void {
    this.#input.signal?.removeEventListener("abort", this.#aborted);
    const { channel } = this.#ctx;
    if (this.#completion !== undefined) settle(this.#completion, error, channel);
    else if (error !== undefined) channel.unawaitedFailure(error);
  }

  /** The stream's failure has been told already; that its source cannot even be closed is another one. */
  #closingFailed(thrown: unknown): void {
    const cause = asError(thrown);
    const detail = `the source of an interrupted stream could not be closed: ${cause.message}`;
    this.#ctx.channel.unawaitedFailure(new SluiceError("STREAM_INTERRUPTED", detail, { cause }));
  }
}

/** Tells a transfer what became of one piece. */
class ChunkWrite implements Completion {
  readonly #transfer: Transfer;
  readonly #bytes: number;

  constructor(transfer: Transfer, bytes: number) {
    this.#transfer = transfer;
    this.#bytes = bytes;
  }

  succeed(): void {
    this.#transfer.chunkSent(this.#bytes);
  }

  fail(error: Error): void {
    this.#transfer.chunkFailed(error);
  }
}
