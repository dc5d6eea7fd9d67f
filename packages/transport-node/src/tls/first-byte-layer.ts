/**
 * Waits for the first byte of a connection and decides by it: TLS or plain text.
 *
 * ```
 *   16 03 01 …  a handshake record (RFC 8446, 5.1)  ──▶ TlsLayer
 *   anything else                                   ──▶ plain text, and PlaintextEvent
 * ```
 */
import type { ByteBuf } from "@sluice/buffer";
import { SluiceError } from "@sluice/buffer";
import type { Timeout } from "@sluice/core";
import type { SocketConnection } from "../socket-connection.js";
import type { SocketLayer } from "../socket-layer.js";
import { PlaintextEvent } from "./plaintext-event.js";
import type { TlsContext } from "./tls-context.js";
import { TlsLayer } from "./tls-layer.js";

export class FirstByteLayer implements SocketLayer {
  readonly hasLastWord = false;
  readonly #connection: SocketConnection;
  readonly #context: TlsContext;
  readonly #deadline: Timeout;

  constructor(connection: SocketConnection, context: TlsContext) {
    this.#connection = connection;
    this.#context = context;
    const limit = context.rules.handshakeTimeoutMs;
    this.#deadline = connection.clock.schedule(limit, () => {
      connection.fail(new SluiceError("HANDSHAKE_TIMEOUT", `no first byte within ${limit} ms`, { limit }));
    });
    connection.interpose(this).resume();
  }

  receive(bytes: ByteBuf): boolean {
    this.#deadline.cancel();
    if (bytes.getUint8(bytes.readerIndex) === HANDSHAKE) {
      const layer = new TlsLayer(this.#connection, { context: this.#context, side: "server" });
      layer.start();
      return layer.receive(bytes);
    }
    this.#connection.withdraw(bytes);
    this.#connection.release(PlaintextEvent);
    return false;
  }

  inputEnded(): void {
    // It came and went without a word, which is neither TLS nor a failure of it.
    this.#deadline.cancel();
    this.#connection.destroy();
  }

  failed(error: Error): void {
    this.#deadline.cancel();
    this.#connection.fail(error);
  }

  closed(): void {
    this.#deadline.cancel();
    this.#connection.over();
  }
}

const HANDSHAKE = 0x16;
