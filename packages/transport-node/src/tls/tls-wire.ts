/**
 * The encrypted side of TLS: what Node's TLS reads from and writes to in the socket's place.
 *
 * Node can also take a socket's handle for itself. Then nobody sees what arrives: neither whether the peer's stream ended
 * before TLS did, nor the bytes that were read before TLS began.
 */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { ByteBuf } from "@sluice/buffer";

export class TlsWire extends Duplex {
  readonly #socket: Socket;
  /** What has arrived while our end of stream was on its way. */
  #held: Buffer[] | undefined;

  constructor(socket: Socket) {
    // Destroyed with the TLS above it only: that may hold what has not been read when both directions have ended.
    super({ allowHalfOpen: true, autoDestroy: false });
    this.#socket = socket;
    // Whoever cares listens too.
    this.on("error", () => {});
  }

  /** @returns whether more may come */
  receive(bytes: ByteBuf): boolean {
    const { array, arrayOffset, readerIndex, readableBytes } = bytes;
    const chunk = Buffer.from(array.buffer, array.byteOffset + arrayOffset + readerIndex, readableBytes);
    if (this.#held === undefined) return this.push(chunk);
    this.#held.push(chunk);
    return false;
  }

  endInput(): void {
    if (this.#held === undefined) this.push(null);
    else this.#held.push(END);
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#socket.write(chunk, callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    const socket = this.#socket;
    const last = chunks.pop() as { chunk: Buffer };
    socket.cork();
    for (const { chunk } of chunks) socket.write(chunk);
    socket.write(last.chunk, callback);
    socket.uncork();
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#held = [];
    this.#socket.end((error?: Error | null) => {
      callback(error);
      setImmediate(() => this.#releaseHeld());
    });
  }

  /** An alert that says why is still sent. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket.destroySoon();
    callback(error);
  }

  /** Node takes no write while our end is on its way, and what arrives may make TLS write: the process would not survive. */
  #releaseHeld(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const chunk of held) this.push(chunk === END ? null : chunk);
    this.#socket.resume();
  }
}

/** Stands for the peer's end of stream. */
const END = Buffer.alloc(0);
