/** The four servers of the tour, kept up for people with `nc`, until Ctrl-C. */
import {
  type ByteBuf,
  type Channel,
  formatAddress,
  type InetAddress,
  type ServerChannel,
  type ShutdownReport,
  SluiceError,
} from "sluice";
import { padEnd, padStart, printableText } from "./columns.js";
import type { Options } from "./command-line.js";
import { FRAMINGS, type Framing } from "./framings.js";
import { startTextServer, type Witness } from "./text-server.js";

const READER_IDLE_MS = 300_000;
const SHUTDOWN_MS = 2000;

interface Running {
  readonly framing: Framing;
  readonly server: ServerChannel<string, string>;
}

/** Resolves when it has been told to stop and everyone has been served. @throws what `bind` rejects with */
export async function serve({ host, firstPort }: Options): Promise<void> {
  const running: Running[] = [];
  try {
    for (const [index, framing] of Object.values(FRAMINGS).entries()) {
      const port = firstPort === 0 ? 0 : firstPort + index;
      const witness = (channel: Channel) => new Log(framing.name, channel);
      const server = await startTextServer({ framing, host, port, readerIdleMs: READER_IDLE_MS, witness });
      running.push({ framing, server });
    }
  } catch (error) {
    await shutDown(running);
    throw error;
  }
  introduce(host, running);
  await interrupted();
  console.log("Stopping. Ctrl-C again does not wait for anyone.");
  const { closed, forced } = await shutDown(running);
  console.log(`Stopped. Connections closed in order: ${closed}, cut: ${forced}.`);
}

function introduce(host: string, running: readonly Running[]): void {
  console.log(`Listening on ${host}. Messages are sent back; clients silent for five minutes are told good-bye.`);
  console.log();
  for (const { framing, server } of running) {
    const { port } = server.localAddress as InetAddress;
    console.log(`  ${padStart(String(port), 5)}  ${padEnd(framing.name, 12)}  ${framing.rule}`);
    console.log(`                       ${framing.shell(host, port)}`);
  }
  console.log();
  console.log("nc stays connected after the answer; Ctrl-C ends it. Ctrl-C here stops the servers.");
}

/** Waits for the first request to stop; a second one waits for nothing. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    process.on("SIGINT", stop).on("SIGTERM", stop);
  });
}

/** Under one deadline for all. */
async function shutDown(running: readonly Running[]): Promise<ShutdownReport> {
  const reports = await Promise.all(running.map(({ server }) => server.shutdown({ timeoutMs: SHUTDOWN_MS })));
  return {
    departed: reports.reduce((sum, report) => sum + report.departed, 0),
    closed: reports.reduce((sum, report) => sum + report.closed, 0),
    forced: reports.reduce((sum, report) => sum + report.forced, 0),
  };
}

/** One line for everything that happens on a connection. */
class Log implements Witness {
  readonly #who: string;

  constructor(framing: string, channel: Channel) {
    this.#who = `${padEnd(framing, 12)}  ${formatAddress(channel.remoteAddress)}`;
    this.#line("connected");
  }

  segment(_bytes: ByteBuf, deliver: () => void): void {
    deliver();
  }

  message(text: string): void {
    this.#line(`"${printableText(text)}"`);
  }

  error(error: Error): void {
    this.#line(`! ${error instanceof SluiceError ? `${error.code}: ` : ""}${error.message}`);
  }

  silent(ms: number): void {
    this.#line(`! silent for ${ms / 1000} s`);
  }

  closed(): void {
    this.#line("closed");
  }

  #line(what: string): void {
    console.log(`${new Date().toTimeString().slice(0, 8)}  ${this.#who}  ${what}`);
  }
}
