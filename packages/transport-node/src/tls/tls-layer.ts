/**
 * TLS on one connection: makes Node's TLS of a socket, watches over the handshake and verifies the peer.
 *
 * ```
 *   SocketConnection ◀── plain ──▶ TLSSocket ◀── records ──▶ TlsWire ◀──▶ socket
 * ```
 *
 * Nothing of the application is sent or delivered before the peer has been verified. `TlsMachine` says what follows from
 * what has happened; here it is done.
 */
import type { Socket } from "node:net";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import type { ByteBuf } from "@sluice/buffer";
import { SluiceError } from "@sluice/buffer";
import type { ConnectOptions, Timeout } from "@sluice/core";
import type { SocketConnection } from "../socket-connection.js";
import type { SocketLayer } from "../socket-layer.js";
import { acceptTls, clientCertificateError } from "./accept-tls.js";
import type { TlsContext } from "./tls-context.js";
import { certificateError, handshakeLeft, tlsError } from "./tls-errors.js";
import { TlsHandshakeEvent, type TlsSession } from "./tls-handshake-event.js";
import { type TlsInput, TlsMachine } from "./tls-machine.js";
import { TlsWire } from "./tls-wire.js";

export interface TlsLayerOptions {
  readonly context: TlsContext;
  readonly side: "client" | "server";
  /** Where a client has connected to. */
  readonly target?: ConnectOptions | undefined;
  /** Whether the connection began in plain text. */
  readonly isUpgrade?: boolean;
  /** Gets the outcome of the handshake, before anybody else. */
  readonly onHandshake?: (event: TlsHandshakeEvent) => void;
}

export class TlsLayer implements SocketLayer {
  /** There once the handshake is complete. */
  session: TlsSession | undefined;

  readonly #connection: SocketConnection;
  readonly #options: TlsLayerOptions;
  readonly #machine = new TlsMachine();
  readonly #wire: TlsWire;
  readonly #startedAt: number;
  readonly #deadline: Timeout;
  #secured: TLSSocket | undefined;
  #sawTls = false;
  /** Whether the peer's end of stream has been read from the socket, whether it has reached TLS, and before TLS ended. */
  #inputEnded = false;
  #wireEnded = false;
  #isCut = false;
  #isRefused = false;

  /** Takes over the socket. Nothing is sent before {@link start}; what arrives waits. */
  constructor(connection: SocketConnection, options: TlsLayerOptions) {
    this.#connection = connection;
    this.#options = options;
    const { clock } = connection;
    const limit = options.context.rules.handshakeTimeoutMs;
    this.#wire = new TlsWire(connection.interpose(this));
    this.#startedAt = clock.now();
    this.#deadline = clock.schedule(limit, () => {
      this.#on("failed", new SluiceError("HANDSHAKE_TIMEOUT", `no TLS handshake within ${limit} ms`, { limit }));
    });
    this.#wire.once("end", () => {
      this.#wireEnded = true;
    });
  }

  /** Begins the handshake. */
  start(): void {
    if (this.#machine.state !== "handshaking" || this.#secured !== undefined) return;
    const { side, context } = this.#options;
    const secured = side === "server" ? acceptTls(this.#wire, context) : this.#connect();
    this.#secured = secured;
    this.#watch(secured);
    this.#connection.carry(secured);
    secured.once(side === "server" ? "secure" : "secureConnect", () => this.#verify(secured));
  }

  /** A refusal may have been preceded by an alert that says why. */
  get hasLastWord(): boolean {
    return this.#isRefused;
  }

  // ── from the socket ────────────────────────────────────────────────────────────────────────────────────────

  receive(bytes: ByteBuf): boolean {
    if (!this.#sawTls && bytes.isReadable()) {
      this.#sawTls = true;
      if (!isRecordType(bytes.getUint8(bytes.readerIndex))) this.#on("failed", this.#plaintext(bytes));
    }
    return this.#machine.state !== "over" && this.#wire.receive(bytes);
  }

  inputEnded(): void {
    this.#inputEnded = true;
    this.#wire.endInput();
    if (this.#machine.state === "handshaking") this.#on("cut", handshakeLeft());
  }

  failed(error: Error): void {
    this.#on("failed", error);
  }

  closed(): void {
    const { state } = this.#machine;
    // Both directions have ended in order: the channel may still have to read what came before.
    if (this.#inputEnded && (state === "secured" || state === "ended") && this.#secured?.destroyed === false) return;
    this.#wire.destroy();
    this.#on("closed", handshakeLeft());
    this.#connection.over();
  }

  #plaintext(bytes: ByteBuf): SluiceError {
    const hex = bytes.slice(bytes.readerIndex, 1).hexDump();
    return this.#options.isUpgrade
      ? new SluiceError("TLS_PLAINTEXT_INJECTED", undefined, { hex })
      : new SluiceError("TLS_PLAINTEXT", undefined, { hex });
  }

  // ── Node's TLS ─────────────────────────────────────────────────────────────────────────────────────────────

  #connect(): TLSSocket {
    const { context, target } = this.#options;
    const { rules, sessions } = context;
    const session = rules.acceptAny ? undefined : sessions.get(this.#server);
    const secured = connect({
      socket: this.#wire,
      host: this.#peerName,
      ...(isIP(this.#peerName) === 0 ? { servername: this.#peerName } : {}),
      ...(target?.path === undefined ? {} : { path: target.path }),
      secureContext: context.secureContext,
      rejectUnauthorized: !rules.acceptAny,
      ...(rules.alpnProtocols.length > 0 ? { ALPNProtocols: [...rules.alpnProtocols] } : {}),
      ...(session === undefined ? {} : { session }),
    });
    secured.on("session", (fresh: Buffer) => {
      // In TLS 1.2 it comes before the server is verified.
      if (rules.acceptAny) return;
      if (secured.authorized) sessions.set(this.#server, fresh);
      else secured.once("secureConnect", () => sessions.set(this.#server, fresh));
    });
    return secured;
  }

  /** The name a server's certificate must be for. */
  get #peerName(): string {
    return this.#options.context.rules.servername ?? this.#options.target?.host ?? "localhost";
  }

  /** Whose sessions a client may resume. */
  get #server(): string {
    const { target } = this.#options;
    return `${this.#peerName} ${target?.path ?? `${target?.host}:${target?.port}`}`;
  }

  #watch(secured: TLSSocket): void {
    // Node pushes an end when it reads close_notify, and when what is below ends; which came first is the question.
    const push = secured.push;
    secured.push = (chunk: unknown, encoding?: BufferEncoding) => {
      if (chunk === null) this.#isCut = this.#wireEnded;
      return push.call(secured, chunk, encoding);
    };
    const failed = (error: NodeJS.ErrnoException) => {
      this.#on("failed", tlsError(error, this.session === undefined ? "handshake" : "secured"));
    };
    secured.on("error", failed);
    // What a server's handshake fails with; not documented. Without it `close` would tell that it failed, but not why.
    secured.on("_tlsError", failed);
    secured.on("end", () => this.#connection.whenAsked(() => this.#ended()));
    secured.on("close", () => this.#on("closed", handshakeLeft()));
  }

  #verify(secured: TLSSocket): void {
    const { side, context } = this.#options;
    const error = side === "server" ? clientCertificateError(secured, context.rules) : undefined;
    if (error !== undefined) return this.#on("failed", certificateError(error));
    this.#on("secured");
  }

  #ended(): void {
    if (this.#isCut && this.#options.context.rules.requireCloseNotify)
      this.#on("cut", new SluiceError("TLS_TRUNCATED"));
    else this.#on("notified", handshakeLeft());
  }

  // ── actions ────────────────────────────────────────────────────────────────────────────────────────────────

  #on(input: TlsInput, error?: Error): void {
    const connection = this.#connection;
    switch (this.#machine.on(input)) {
      case "release":
        return this.#release(this.#secured as TLSSocket);
      case "refuse":
        return this.#refuse(tlsError(error as Error, "handshake"));
      case "fail":
      case "truncate":
        return connection.fail(error as Error);
      case "end-input":
        return connection.endInput();
      case "finish":
        return connection.over();
      case "ignore":
    }
  }

  #release(secured: TLSSocket): void {
    this.#deadline.cancel();
    this.session = sessionOf(secured);
    const event = new TlsHandshakeEvent({ session: this.session, durationMs: this.#elapsedMs });
    this.#options.onHandshake?.(event);
    this.#connection.release(event);
  }

  #refuse(error: SluiceError): void {
    this.#isRefused = true;
    this.#deadline.cancel();
    if (this.#options.side === "client") this.#options.context.sessions.delete(this.#server);
    const event = new TlsHandshakeEvent({ error, durationMs: this.#elapsedMs });
    this.#options.onHandshake?.(event);
    this.#connection.tell(event);
    this.#connection.fail(error);
  }

  get #elapsedMs(): number {
    return this.#connection.clock.now() - this.#startedAt;
  }
}

function sessionOf(secured: TLSSocket): TlsSession {
  const { servername } = secured as Socket & { servername?: string | false | null };
  return {
    protocol: secured.getProtocol() ?? "unknown",
    cipher: secured.getCipher().standardName,
    applicationProtocol: secured.alpnProtocol || undefined,
    serverName: servername || undefined,
    peerCertificate: secured.getPeerX509Certificate(),
    resumed: secured.isSessionReused(),
  };
}

/** change_cipher_spec, alert, handshake, application data (RFC 8446, 5.1): the first byte of every record. */
function isRecordType(byte: number): boolean {
  return byte >= 20 && byte <= 23;
}
