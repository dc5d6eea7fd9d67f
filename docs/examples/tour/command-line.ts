/** What stands behind `npm start --`. */
import { parseArgs } from "node:util";

export interface Options {
  readonly mode: "tour" | "serve" | "help";
  readonly host: string;
  /** The first of the ports; 0 for any free ones. */
  readonly firstPort: number;
}

/** Something the caller typed cannot work; the message is one line and says what would. */
export class UsageError extends Error {}

const PORTS = 4;
const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_SERVE_PORT = 7101;
const LAST_FIRST_PORT = 65_535 - (PORTS - 1);

export const HELP = `Usage: npm start                       a tour on this machine: a few seconds, then the result
       npm start -- --serve            keep the four servers up, to talk to with nc; Ctrl-C stops them

Options:
  --port N     the first of ${PORTS} ports in a row; 0 for any free ones
               (default: ${DEFAULT_SERVE_PORT} with --serve, any free ones for the tour)
  --host NAME  the address to listen on (default: ${DEFAULT_HOST})
  --help       this text

Exit codes: 0 all is well, 1 a message did not come out as it should, 2 the options cannot work.`;

/** @throws UsageError */
export function parseCommandLine(args: readonly string[]): Options {
  const { serve, help, host, port } = parse(args);
  if (help) return { mode: "help", host: DEFAULT_HOST, firstPort: 0 };
  if (host === "") throw new UsageError("--host needs an address, for example --host 127.0.0.1");
  return {
    mode: serve ? "serve" : "tour",
    host: host ?? DEFAULT_HOST,
    firstPort: port === undefined ? (serve ? DEFAULT_SERVE_PORT : 0) : parsePort(port),
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        serve: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        host: { type: "string" },
        port: { type: "string" },
      },
    });
    return values;
  } catch (error) {
    // Node adds advice on further lines and sentences; the first says what is wrong.
    const [complaint] = (error as Error).message.split(/\.?\n|\. /);
    throw new UsageError(`${complaint}; try --help`);
  }
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= LAST_FIRST_PORT) return port;
  throw new UsageError(
    `--port must be a whole number from 0 to ${LAST_FIRST_PORT} (${PORTS} ports are used), not "${text}"`,
  );
}
