/** Where the scenes of the tour play: the servers, and a client and a transcript for whoever needs them. */
import { setTimeout as sleep } from "node:timers/promises";
import type { InetAddress, ServerChannel } from "sluice";
import type { Checks } from "./checks.js";
import { FRAMINGS, type Framing } from "./framings.js";
import { NetClient, until } from "./net-client.js";
import { startTextServer } from "./text-server.js";
import { Transcript } from "./transcript.js";

/** A connection seen from both ends. */
export interface Meeting {
  readonly client: NetClient;
  readonly transcript: Transcript;
}

interface Server {
  readonly channel: ServerChannel<string, string>;
  /** One for each connection, in the order in which they were accepted. */
  readonly transcripts: Transcript[];
}

/** Long enough for each write to be watched. */
const PAUSE_MS = 90;

export class Stage implements AsyncDisposable {
  readonly print: (line?: string) => void;
  readonly checks: Checks;
  readonly #host: string;
  readonly #servers = new Map<Framing, Server>();

  constructor(host: string, print: (line?: string) => void, checks: Checks) {
    this.#host = host;
    this.print = print;
    this.checks = checks;
  }

  /** Starts a server for each framing. @throws what `bind` rejects with */
  async open(firstPort: number): Promise<void> {
    for (const [index, framing] of Object.values(FRAMINGS).entries()) {
      await this.listen(framing, firstPort === 0 ? 0 : firstPort + index);
    }
  }

  /** Starts a server; its framing is also its name. */
  async listen(framing: Framing, port: number, readerIdleMs = 0): Promise<void> {
    const transcripts: Transcript[] = [];
    const witness = () => {
      const transcript = new Transcript(this.print);
      transcripts.push(transcript);
      return transcript;
    };
    const channel = await startTextServer({ framing, host: this.#host, port, readerIdleMs, witness });
    this.#servers.set(framing, { channel, transcripts });
  }

  port(framing: Framing): number {
    return (this.#server(framing).channel.localAddress as InetAddress).port;
  }

  /** Connects a client, and finds out how the server sees it. */
  async meet(framing: Framing): Promise<Meeting> {
    const { transcripts } = this.#server(framing);
    const before = transcripts.length;
    const client = await NetClient.connect(this.#host, this.port(framing));
    await until("the server to accept", () => transcripts.length > before);
    return { client, transcript: transcripts[before] as Transcript };
  }

  /** Sends each piece when the one before has arrived, so that the network does not put them together again. */
  async sendApart({ client, transcript }: Meeting, pieces: readonly Buffer[]): Promise<void> {
    let expected = transcript.bytes;
    for (const piece of pieces) {
      client.send(piece);
      expected += piece.length;
      await until(`${expected} bytes to arrive`, () => transcript.bytes >= expected);
      await sleep(PAUSE_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#servers.values()].map(({ channel }) => channel.shutdown({ timeoutMs: 1000 })));
  }

  #server(framing: Framing): Server {
    const server = this.#servers.get(framing);
    if (server === undefined) throw new Error(`no server for ${framing.name}`);
    return server;
  }
}
