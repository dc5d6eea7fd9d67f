/**
 * Where log lines go: anything with these four methods, such as `console`, pino or winston.
 *
 * The packages print nothing by themselves, and know no host to print on; whoever wants lines passes one of these.
 */
export interface Logger {
  debug(line: string, error?: Error): void;
  info(line: string, error?: Error): void;
  warn(line: string, error?: Error): void;
  error(line: string, error?: Error): void;
  /** Asked once per handler: a handler whose level is not enabled costs nothing. Without it every level is on. */
  isLevelEnabled?(level: LogLevel): boolean;
}

/** The methods of a {@link Logger}. */
export type LogLevel = "debug" | "info" | "warn" | "error";
