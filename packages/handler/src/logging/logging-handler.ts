/**
 * Logs every event and operation that passes, one line each, with a hex dump below messages that are bytes.
 *
 * ```
 * [#3 127.0.0.1:5000 → 127.0.0.1:9000] READ: 12B
 *          +-------------------------------------------------+
 *          |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |
 * +--------+-------------------------------------------------+----------------+
 * |00000000| 48 45 4c 4c 4f 2c 20 57 4f 52 4c 44             |HELLO, WORLD    |
 * +--------+-------------------------------------------------+----------------+
 * [#3 127.0.0.1:5000 → 127.0.0.1:9000] READ COMPLETE
 * ```
 *
 * The channel's id, its own address and its peer's stand in front. Everything passes unchanged and is logged before
 * it passes on; what the logger throws goes to `exceptionCaught` and stops nothing.
 */
import { ByteBuf, SluiceError } from "@sluice/buffer";
import {
  asError,
  type BindOptions,
  type ChannelHandlerContext,
  type Completion,
  type ConnectOptions,
  formatAddress,
  PassThroughHandler,
} from "@sluice/core";
import { skipEvents } from "../idle/skip-events.js";
import { describeMessage, oneLine } from "./describe-message.js";
import type { Logger, LogLevel } from "./logger.js";

export interface LoggingHandlerOptions {
  readonly logger: Logger;
  /** The level of all lines; `"off"` makes the handler do nothing at no cost. @default "debug" */
  readonly level?: LogLevel | "off";
  /** Stands at the beginning of each line, to tell several handlers apart. @default none */
  readonly name?: string;
  /** Whether messages that are bytes are dumped below their line. @default true */
  readonly hexDump?: boolean;
  /** Bytes of one message to dump; a line tells how many were left out. @default 1024 */
  readonly maxDumpBytes?: number;
}

/**
 * Makes visible what happens at its place in a pipeline. One handler may serve any number of channels.
 *
 * Nearest the transport it shows bytes, behind a codec the codec's messages. A pipeline steps over it for everything
 * if the level is off, or the logger says it would drop the lines; this is found out when the handler is made.
 *
 * @example
 * ```ts
 * pipeline.addLast(new LoggingHandler({ logger: console, level: "info" }));
 * ```
 */
export class LoggingHandler extends PassThroughHandler {
  override readonly sharable = true;
  readonly #logger: Logger;
  readonly #level: LogLevel;
  readonly #prefix: string;
  readonly #maxDumpBytes: number;

  /** @throws SluiceError `INVALID_ARGUMENT` if the logger has no method for the level, or the bound is negative */
  constructor({ logger, level = "debug", name, hexDump = true, maxDumpBytes = 1024 }: LoggingHandlerOptions) {
    super();
    if (!(maxDumpBytes >= 0)) {
      throw new SluiceError("INVALID_ARGUMENT", `maxDumpBytes must be 0 or more, not ${maxDumpBytes}`);
    }
    this.#logger = logger;
    this.#level = level === "off" ? "debug" : level;
    this.#prefix = name === undefined ? "" : `${name} `;
    this.#maxDumpBytes = hexDump ? Math.floor(maxDumpBytes) : 0;
    if (level === "off" || !isEnabled(logger, level)) skipEvents(this, LoggingHandler.prototype, LOGGED);
  }

  override channelActive(ctx: ChannelHandlerContext): void {
    this.#log(ctx, "ACTIVE");
    ctx.fireChannelActive();
  }

  override channelRead(ctx: ChannelHandlerContext, message: unknown): void {
    this.#logMessage(ctx, "READ", message);
    ctx.fireChannelRead(message);
  }

  override channelReadComplete(ctx: ChannelHandlerContext): void {
    this.#log(ctx, "READ COMPLETE");
    ctx.fireChannelReadComplete();
  }

  override channelWritabilityChanged(ctx: ChannelHandlerContext): void {
    this.#log(ctx, ctx.channel.isWritable ? "WRITABLE" : "NOT WRITABLE");
    ctx.fireChannelWritabilityChanged();
  }

  override userEventTriggered(ctx: ChannelHandlerContext, event: unknown): void {
    this.#logMessage(ctx, "USER EVENT", event);
    ctx.fireUserEventTriggered(event);
  }

  override exceptionCaught(ctx: ChannelHandlerContext, error: Error): void {
    this.#log(
      ctx,
      "EXCEPTION",
      error instanceof SluiceError ? `${error.code}: ${error.message}` : String(error),
      error,
    );
    ctx.fireExceptionCaught(error);
  }

  override channelInactive(ctx: ChannelHandlerContext): void {
    this.#log(ctx, "INACTIVE");
    ctx.fireChannelInactive();
  }

  override bind(ctx: ChannelHandlerContext, options: BindOptions, completion: Completion): void {
    this.#log(ctx, "BIND", target(options, "*"));
    ctx.bind(options, completion);
  }

  override connect(ctx: ChannelHandlerContext, options: ConnectOptions, completion: Completion): void {
    this.#log(ctx, "CONNECT", target(options, "localhost"));
    ctx.connect(options, completion);
  }

  override disconnect(ctx: ChannelHandlerContext, completion: Completion | undefined): void {
    this.#log(ctx, "DISCONNECT");
    ctx.disconnect(completion);
  }

  override read(ctx: ChannelHandlerContext): void {
    this.#log(ctx, "READ REQUEST");
    ctx.read();
  }

  override write(ctx: ChannelHandlerContext, message: unknown, completion: Completion | undefined): void {
    this.#logMessage(ctx, "WRITE", message);
    ctx.write(message, completion);
  }

  override flush(ctx: ChannelHandlerContext): void {
    this.#log(ctx, "FLUSH");
    ctx.flush();
  }

  override shutdownOutput(ctx: ChannelHandlerContext, completion: Completion | undefined): void {
    this.#log(ctx, "SHUTDOWN OUTPUT");
    ctx.shutdownOutput(completion);
  }

  override close(ctx: ChannelHandlerContext, completion: Completion | undefined): void {
    this.#log(ctx, "CLOSE");
    ctx.close(completion);
  }

  #log(ctx: ChannelHandlerContext, event: string, detail?: string, error?: Error): void {
    try {
      const line = this.#line(ctx, event, detail);
      if (error === undefined) this.#logger[this.#level](line);
      else this.#logger[this.#level](line, error);
    } catch (thrown) {
      ctx.fireExceptionCaught(asError(thrown));
    }
  }

  /** As `#log` for a message: describing one may run its own code, so that is guarded too. */
  #logMessage(ctx: ChannelHandlerContext, event: string, message: unknown): void {
    try {
      this.#logger[this.#level](this.#line(ctx, event, describeMessage(message)) + this.#dump(message));
    } catch (thrown) {
      ctx.fireExceptionCaught(asError(thrown));
    }
  }

  #line({ channel }: ChannelHandlerContext, event: string, detail: string | undefined): string {
    const { localAddress, remoteAddress } = channel;
    let where = `#${channel.id}`;
    if (localAddress !== undefined) where += ` ${formatAddress(localAddress)}`;
    if (remoteAddress !== undefined) where += ` → ${formatAddress(remoteAddress)}`;
    return oneLine(`${this.#prefix}[${where}] ${event}${detail === undefined ? "" : `: ${detail}`}`);
  }

  #dump(message: unknown): string {
    const bytes = message instanceof Uint8Array ? ByteBuf.wrap(message, 0, message.length) : message;
    if (!(bytes instanceof ByteBuf) || !bytes.isReadable() || this.#maxDumpBytes === 0) return "";
    const left = bytes.readableBytes - this.#maxDumpBytes;
    if (left <= 0) return `\n${bytes.prettyHexDump()}`;
    return `\n${bytes.slice(bytes.readerIndex, this.#maxDumpBytes).prettyHexDump()}\n… ${left} more bytes`;
  }
}

function isEnabled(logger: Logger, level: LogLevel): boolean {
  if (!LEVELS.includes(level) || typeof logger?.[level] !== "function") {
    throw new SluiceError("INVALID_ARGUMENT", `the logger has no method for the level ${String(level)}`);
  }
  return logger.isLevelEnabled?.(level) ?? true;
}

/** Where to bind or connect, as people write it. */
function target(options: BindOptions & ConnectOptions, anyHost: string): string {
  if (options.path !== undefined) return formatAddress({ path: options.path });
  if (options.local !== undefined) return formatAddress({ local: options.local });
  return formatAddress({ host: options.host ?? anyHost, port: options.port ?? 0 });
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

const LOGGED = [
  "channelActive",
  "channelRead",
  "channelReadComplete",
  "channelWritabilityChanged",
  "userEventTriggered",
  "exceptionCaught",
  "channelInactive",
  "bind",
  "connect",
  "disconnect",
  "read",
  "write",
  "flush",
  "shutdownOutput",
  "close",
] as const;
