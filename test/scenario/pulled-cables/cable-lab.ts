/** Two ends on a cable of their own, as often as a test wants them, and the judgement of what they wrote down. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { EndProcess } from "./end-process.js";
import { Journals } from "./journals.js";
import { NamespacePair, SIDES, type Side } from "./namespace-pair.js";

/** How the ends differ from the usual ones, whose client pings. */
export interface EndsOptions {
  /** Of both ends' heartbeats. */
  readonly heartbeat: object;
  /** Of one end's heartbeat. */
  readonly client?: object;
  readonly server?: object;
  /** The client's script, and what else it is told. @default a client that connects once */
  readonly program?: string;
  readonly programOptions?: object;
}

export interface Ends {
  readonly client: EndProcess;
  readonly server: EndProcess;
  /** Starts a server in the place of one that is gone. */
  readonly restartServer: () => Promise<Ends>;
}

export class CableLab implements Disposable {
  readonly cable: NamespacePair;
  readonly #folder = mkdtempSync(join(tmpdir(), "sluice-cables-"));
  readonly #running = new Set<EndProcess>();
  #scenes = 0;

  private constructor(cable: NamespacePair) {
    this.cable = cable;
  }

  /** @returns why there can be none here */
  static open(): CableLab | string {
    const cable = NamespacePair.create();
    return typeof cable === "string" ? cable : new CableLab(cable);
  }

  /** Two ends that have answered some of each other's requests. */
  async ends({ heartbeat, client, server, program = "client.mjs", programOptions }: EndsOptions): Promise<Ends> {
    const journal = (side: Side) => join(this.#folder, `${this.#scenes}-${side}.jsonl`);
    this.#scenes++;
    const address = { host: this.cable.address("server"), port: 0 };
    const startServer = async (more?: object) => {
      const told = { side: "server", journal: journal("server"), heartbeat: { ...heartbeat, ...server } } as const;
      const end = this.#start("server.mjs", { ...told, ...address, ...more });
      address.port = (await end.report("listening")).port;
      return end;
    };
    const first = await startServer();
    const told = { side: "client", journal: journal("client"), heartbeat: { ...heartbeat, ...client } } as const;
    const end = this.#start(program, { ...told, ...address, ...programOptions });
    await Promise.all([first.report("warm"), end.report("warm")]);
    const restartServer = async (): Promise<Ends> => {
      // Its requests are numbered so that nobody takes them for those of the one before.
      const next = await startServer({ firstNumber: 1_000_000 });
      return { client: end, server: next, restartServer };
    };
    return { client: end, server: first, restartServer };
  }

  /** Ends both, and sets their journals against each other. @param killed An end that could not report all. */
  async judge({ client, server }: Ends, killed?: Side): Promise<Journals> {
    if (server.isRunning) {
      const channels = async () => {
        server.tell({ what: "count" });
        return (await server.report("counted")).channels;
      };
      await expect.poll(channels, { timeout: 5000 }).toBe(0);
    }
    await this.#killAll();
    const journals = new Journals({ client: client.journal, server: server.journal });
    expect(journals.contradictions(killed)).toEqual([]);
    for (const side of SIDES) expect(journals.count(side, "answered")).toBeGreaterThanOrEqual(WARM_UP);
    return journals;
  }

  /** After each test, however it went. */
  async clear(): Promise<void> {
    await this.#killAll();
    this.cable.mend();
  }

  [Symbol.dispose](): void {
    this.cable[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(program: string, options: { readonly side: Side; readonly journal: string }): EndProcess {
    const end = new EndProcess(program, { ...options, warmUp: WARM_UP });
    this.#running.add(end);
    return end;
  }

  async #killAll(): Promise<void> {
    await Promise.all([...this.#running].map((end) => end.kill()));
    this.#running.clear();
  }
}

/** How many requests of each end must have been answered before anything is done to them. */
const WARM_UP = 5;
