/**
 * Every error Sluice raises, in one table.
 *
 * A `SluiceError` carries a stable `code` to branch on, the severity the table gives that code, and the fields
 * that say where and how much. The table lives in the lowest layer because every layer throws from it;
 * `docs/errors.md` prints it for readers and a repository test keeps the two equal.
 */

/** `recoverable`: the channel may go on after it. `fatal`: what it happened to cannot be used any more. */
export type Severity = "recoverable" | "fatal";

/** One row of the error table. */
export interface ErrorEntry {
  readonly severity: Severity;
  readonly meaning: string;
}

/** Code → severity and meaning. */
export const ERRORS = {
  // buffer
  INDEX_OUT_OF_RANGE: recoverable("A buffer was accessed outside its bounds."),
  VALUE_OUT_OF_RANGE: recoverable("A number does not fit the field it was to be written to."),
  CAPACITY_EXCEEDED: recoverable("A growable buffer, or a timer, has reached its maximum."),
  INVALID_HEX: recoverable("A string is not a sequence of hexadecimal byte pairs."),
  UNSUPPORTED_ENCODING: recoverable("A character encoding is not one Sluice can read or write."),

  // arguments and options
  INVALID_ARGUMENT: recoverable("An argument or option has a value that can never work."),
  OPTION_UNSUPPORTED: recoverable("The transport cannot honour a channel option, or have workers."),
  ABORTED: recoverable("The caller's AbortSignal ended the wait."),

  // pipeline
  DUPLICATE_HANDLER_NAME: recoverable("A pipeline already has a handler of that name."),
  HANDLER_NOT_FOUND: recoverable("A pipeline has no such handler."),
  HANDLER_NOT_SHARABLE: recoverable("A handler that is not sharable was added a second time."),
  HANDLER_LIFECYCLE_FAILED: fatal("handlerAdded or handlerRemoved threw; the handler has been taken out."),
  HANDLER_THREW: recoverable("A handler threw something that is not an Error; it is the cause."),
  UNSUPPORTED_MESSAGE: recoverable("A message of a type nobody encodes reached the transport."),
  MESSAGES_LOST: fatal("Messages that nobody had read yet had to be dropped."),
  MESSAGES_BUSY: recoverable("A second reader asked for the messages of a channel that is already being read."),

  // channel
  CHANNEL_CLOSED: fatal("The channel is closed."),
  CHANNEL_NOT_ACTIVE: recoverable("The channel is not connected yet."),
  OUTPUT_SHUTDOWN: recoverable("The sending side of the channel has been shut down."),
  OUTBOUND_BUFFER_FULL: recoverable("The outbound queue has reached its hard cap; the write was refused."),
  HALF_CLOSE_UNSUPPORTED: recoverable("The transport cannot shut down one direction alone."),
  CLOSE_TIMEOUT: fatal("The channel had not closed in order by its deadline; what was still queued is lost."),

  // pool
  POOL_CLOSED: fatal("The pool of channels is closed."),
  POOL_EXHAUSTED: recoverable("All channels of a pool are in use, and as many callers as allowed wait for one."),
  POOL_ACQUIRE_TIMEOUT: recoverable("No channel of a pool became free, or was connected, in time."),
  POOL_CHECK_TIMEOUT: recoverable("A channel of a pool took too long to show that it is fit for use; it is cut."),
  POOL_NOT_LEASED: recoverable("A channel was given back to its pool that had been given back already."),
  POOL_FOREIGN_CHANNEL: recoverable("A channel was given to a pool that does not own it; it is closed."),

  // reconnecting client
  DELIVERY_UNCERTAIN: recoverable("A message was being sent when its channel failed; it may have been delivered."),
  SEND_QUEUE_FULL: recoverable("The queue of a reconnecting client has no room; the message was not sent."),
  MESSAGE_DROPPED: recoverable("A queued message made room for a newer one; it was not sent."),
  PREPARE_TIMEOUT: fatal("A fresh channel was not prepared in time; it is being closed."),
  ATTEMPTS_EXHAUSTED: fatal("As many attempts to connect as allowed have come to nothing; the client has stopped."),
  RECONNECT_STOPPED: fatal("The reconnecting client has stopped; the message was not sent, the channel will not come."),

  // workers
  WORKER_FAILED: fatal("A worker process died again and again, or did not begin to serve; it is given up."),

  // transport
  CONNECT_TIMEOUT: fatal("The connection was not established in time."),
  CONNECT_REFUSED: fatal("Nothing accepts connections at that address."),
  CONNECT_FAILED: fatal("The connection could not be established."),
  CONNECTION_RESET: fatal("The peer reset the connection."),
  CONNECTION_TIMED_OUT: fatal("The system gave up on the connection: the peer did not answer."),
  ADDRESS_IN_USE: fatal("The address is taken by another socket."),
  ADDRESS_UNAVAILABLE: fatal("The address cannot be bound on this machine."),
  BIND_FAILED: fatal("The server could not start listening."),
  TOO_MANY_CONNECTIONS: fatal(
    "As many connections as allowed are open, in all or from one address; this one was refused.",
  ),
  ADDRESS_REJECTED: fatal("A filter does not let in connections from this address; this one was refused."),
  ACCEPT_FAILED: recoverable("A connection could not be accepted; accepting pauses for a second."),
  DATAGRAM_TOO_LONG: recoverable(
    "A datagram is longer than can be sent, or than the limit for what arrives; it is dropped.",
  ),
  DATAGRAM_NOT_SENT: recoverable("The system has refused to send a datagram; others may fare better."),
  DATAGRAMS_DROPPED: recoverable("Datagrams arrived while nobody read, and had to be dropped for lack of room."),
  PEER_UNREACHABLE: recoverable("A datagram could not reach its peer: nobody listens there, or no way leads there."),
  TRANSPORT_FAILED: fatal("The transport reported an error Sluice has no own code for."),
  FILE_FAILED: recoverable("A file could not be opened, written or closed."),

  // TLS
  TLS_HOSTNAME_MISMATCH: fatal("The peer's certificate is for another name than the one connected to."),
  TLS_CERTIFICATE_EXPIRED: fatal("The peer's certificate is no longer valid, or not yet."),
  TLS_UNKNOWN_CA: fatal("The peer's certificate was not issued by anybody who is trusted."),
  TLS_CERTIFICATE_REQUIRED: fatal("One end must show a certificate and has none."),
  TLS_CERTIFICATE_REJECTED: fatal("The peer does not accept our certificate."),
  TLS_UNKNOWN_SERVER_NAME: fatal("A client asks for a server name that there is no certificate for."),
  TLS_NO_APPLICATION_PROTOCOL: fatal("The two ends have no application protocol in common."),
  TLS_PROTOCOL_VERSION: fatal("The two ends have no version of TLS in common."),
  TLS_PLAINTEXT: fatal("The peer sends something else than TLS."),
  TLS_PLAINTEXT_INJECTED: fatal("Plain text came behind the request to start TLS; it has been dropped."),
  TLS_HANDSHAKE_FAILED: fatal("The TLS handshake failed for another reason; it is in the message."),
  TLS_PROTOCOL_ERROR: fatal("The peer broke the rules of TLS after the handshake, or ended it with an alert."),
  TLS_TRUNCATED: fatal("The stream ended without TLS saying so: what came may be a part only."),

  // codec
  FRAME_TOO_LONG: recoverable("A frame is longer than the limit; it has been skipped."),
  FRAME_CORRUPTED: fatal("A frame's length or boundary is impossible; the stream cannot be read on."),
  FRAME_TRUNCATED: recoverable("The stream ended in the middle of a frame."),
  FRAME_MALFORMED: recoverable("A frame breaks the rules of its encoding; it has been dropped."),
  DECODE_FAILED: fatal("A decoder threw, or broke the rules of decoding."),
  ENCODE_FAILED: recoverable("A message could not be encoded."),
  ACCUMULATION_EXCEEDED: fatal("A decoder holds more unread bytes than its limit."),
  INVALID_TEXT: recoverable("Bytes are not valid text in the expected encoding."),
  INVALID_JSON: recoverable("A frame is not valid JSON."),

  // handler
  READ_TIMEOUT: fatal("Nothing was read for too long; the channel is being closed."),
  FRAME_TIMEOUT: fatal("A frame took too long to arrive; the channel is being closed."),
  WRITE_TIMEOUT: fatal("A write did not complete in time; the channel is being closed."),
  HANDSHAKE_TIMEOUT: fatal("A handshake was not done in time; the channel is being closed."),
  SLOW_READER: fatal("The peer reads too slowly for what is sent to it; the channel is being closed."),
  HEARTBEAT_TIMEOUT: fatal("The peer gave no sign of life in time; the channel is being closed."),
  REQUEST_TIMEOUT: recoverable("A request got no response in time; it may have been carried out all the same."),
  REQUESTS_FULL: recoverable("As many requests as allowed are waiting for responses; one more was not sent."),
  DUPLICATE_REQUEST_ID: recoverable("A request was not sent because another one with its id is waiting."),
  UNEXPECTED_RESPONSE: recoverable("A response arrived that no request was waiting for; it has been dropped."),
  INBOUND_QUEUE_FULL: fatal("More messages came than may wait to be read; the channel is being closed."),
  STREAM_INTERRUPTED: fatal("A stream could not be sent to its end: its source failed, or its handler was removed."),
  CAPTURE_STOPPED: recoverable(
    "A capture of packets has stopped: its sink failed or its file is full; channels go on.",
  ),

  // timers
  TIMER_STOPPED: recoverable("A timer was used after it had been stopped."),
} as const satisfies Record<string, ErrorEntry>;

/** A code of the table. */
export type ErrorCode = keyof typeof ERRORS;

/** What an error may carry beside its code; which fields are present depends on the code. */
export interface ErrorFields {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** Offset in bytes from the start of the stream, or index in the buffer. */
  readonly offset?: number;
  /** Length in bytes that was asked for, announced or left over. */
  readonly length?: number;
  /** The limit that was hit, in bytes unless the message says otherwise. */
  readonly limit?: number;
  /** A few bytes around the place, as hex. */
  readonly hex?: string;
}

/** The one error class of Sluice. Branch on {@link SluiceError.code}; messages may change between versions. */
export class SluiceError extends Error {
  override readonly name: string = "SluiceError";
  readonly code: ErrorCode;
  readonly offset: number | undefined;
  readonly length: number | undefined;
  readonly limit: number | undefined;
  readonly hex: string | undefined;

  constructor(code: ErrorCode, detail?: string, fields: ErrorFields = {}) {
    super(detail ?? ERRORS[code].meaning, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = code;
    this.offset = fields.offset;
    this.length = fields.length;
    this.limit = fields.limit;
    this.hex = fields.hex;
  }

  get severity(): Severity {
    return ERRORS[this.code].severity;
  }

  get recoverable(): boolean {
    return this.severity === "recoverable";
  }
}

function recoverable(meaning: string): ErrorEntry {
  return { severity: "recoverable", meaning };
}

function fatal(meaning: string): ErrorEntry {
  return { severity: "fatal", meaning };
}
