/**
 * The completion that travels with a captured write: when the message has left, it is captured.
 *
 * It passes the outcome on to the completion the write came with or, if it came with none, reports a failure to the
 * channel. Where the bytes are is noted when they are written: what is nearer to the transport may read them.
 */
import { ByteBuf } from "@sluice/buffer";
import { type Completion, DatagramPacket, type FailureOwner } from "@sluice/core";
import type { PcapRecorder } from "./pcap-recorder.js";

export class CapturedWrite implements Completion {
  readonly #recorder: PcapRecorder;
  readonly #owner: FailureOwner;
  readonly #completion: Completion | undefined;
  readonly #message: unknown;
  readonly #array: Uint8Array | undefined;
  readonly #from: number;
  readonly #length: number;

  constructor(recorder: PcapRecorder, owner: FailureOwner, message: unknown, completion: Completion | undefined) {
    this.#recorder = recorder;
    this.#owner = owner;
    this.#completion = completion;
    this.#message = message;
    const content = message instanceof DatagramPacket ? message.content : message;
    if (content instanceof ByteBuf) {
      this.#array = content.array;
      this.#from = content.arrayOffset + content.readerIndex;
      this.#length = content.readableBytes;
    } else {
      this.#array = content instanceof Uint8Array ? content : undefined;
      this.#from = 0;
      this.#length = this.#array?.length ?? 0;
    }
  }

  succeed(): void {
    this.#recorder.passed("local", this.#message, this.#array, this.#from, this.#length);
    this.#completion?.succeed();
  }

  fail(error: Error): void {
    if (this.#completion === undefined) this.#owner.unawaitedFailure(error);
    else this.#completion.fail(error);
  }
}
