/**
 * How a TLS handshake has ended (Netty's `SslHandshakeCompletionEvent`).
 *
 * It travels through the pipeline as a user event: behind `channelActive` with the `tls` transport, in the middle of the
 * channel's life with `startTls`. {@link tlsOf} finds the last good one of a channel later.
 */
import type { X509Certificate } from "node:crypto";
import type { SluiceError } from "@sluice/buffer";

/** What both ends have agreed on. */
export interface TlsSession {
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly protocol: string;
  /** The cipher suite by its IANA name, such as `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string;
  /** What ALPN chose, if both ends took part in it. */
  readonly applicationProtocol: string | undefined;
  /** The name the client asked for (SNI), if any. */
  readonly serverName: string | undefined;
  /** Verified, unless {@link TlsOptions.dangerouslyAcceptAnyCertificate} says otherwise. */
  readonly peerCertificate: X509Certificate | undefined;
  /** Whether an earlier session was resumed: no certificates were exchanged. */
  readonly resumed: boolean;
}

export class TlsHandshakeEvent {
  /** Undefined if the handshake has failed. */
  readonly session: TlsSession | undefined;
  /** Why it has failed. The channel closes, and `exceptionCaught` or the promise of `connect` gets this same error. */
  readonly error: SluiceError | undefined;
  /** Milliseconds it took, without what came before it, such as connecting. */
  readonly durationMs: number;

  constructor(outcome: { session?: TlsSession; error?: SluiceError; durationMs: number }) {
    this.session = outcome.session;
    this.error = outcome.error;
    this.durationMs = outcome.durationMs;
  }

  get isSuccess(): boolean {
    return this.session !== undefined;
  }
}
