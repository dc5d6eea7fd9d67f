import { describe, expect, it, onTestFinished } from "vitest";
import { turn } from "../../fixtures/recorder.js";
import { ManualClock } from "../embedded/index.js";
import {
  Bootstrap,
  ChannelOption,
  type PrimaryLink,
  ServerBootstrap,
  ServerChannel,
  type WorkerHost,
  type WorkersOptions,
} from "../index.js";
import { local } from "../local/index.js";

class ScriptedLink implements PrimaryLink {
  readonly start = { number: 1, port: undefined };
  readonly sent: unknown[] = [];
  tell: (message: unknown) => void = () => {};
  hasLeft = false;
  ignoresSignals = false;

  async send(message: unknown): Promise<void> {
    this.sent.push(message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.tell = listener;
  }

  leave(): void {
    this.hasLeft = true;
  }

  ignoreStopSignals(): void {
    this.ignoresSignals = true;
  }
}

function bootstrapIn(link: ScriptedLink, workers: WorkersOptions = {}, clock = new ManualClock()) {
  const host: WorkerHost = {
    primary: link,
    cores: 1,
    fork: () => expect.fail("a worker has no workers"),
    keepRunning: () => () => {},
    onStopSignal: () => () => {},
  };
  return new ServerBootstrap()
    .transport({ ...local(), workers: host })
    .clock(clock)
    .workers(workers)
    .childHandler((p) => p.addLast({ channelRead: (ctx, text) => ctx.writeAndFlush(text) }));
}

/** A worker with as many connections. */
async function serving(connections: number, workers: WorkersOptions = {}) {
  const link = new ScriptedLink();
  const server = (await bootstrapIn(link, workers).option(ChannelOption.MAX_CONNECTIONS, 2).bind({
    local: "server",
  })) as ServerChannel;
  onTestFinished(() => void server.closeForcibly());
  const dial = new Bootstrap().transport(local()).handler(() => {});
  const clients = [];
  for (let i = 0; i < connections; i++) clients.push(await dial.connect({ local: "server" }));
  await turn();
  link.sent.length = 0;
  return { link, server, clients };
}

const counted = { refused: 0, bytesRead: 0, bytesWritten: 0 };

describe("a worker", () => {
  it("is a server like any other, and tells its primary", async () => {
    const link = new ScriptedLink();
    await using server = await bootstrapIn(link).bind({ local: "server" });
    expect(server).toBeInstanceOf(ServerChannel);
    expect(link.sent).toEqual([{ sluice: "ready", address: "local:server" }]);
    expect(link.ignoresSignals).toBe(false);
  });

  it("that cannot bind tells, and fails as it would without a primary", async () => {
    await using _taken = await new ServerBootstrap()
      .transport(local())
      .childHandler(() => {})
      .bind({ local: "server" });
    const link = new ScriptedLink();
    const error = await bootstrapIn(link)
      .bind({ local: "server" })
      .catch((error) => error);
    expect(error).toMatchObject({ code: "ADDRESS_IN_USE" });
    expect(link.sent).toEqual([{ sluice: "failed", code: "ADDRESS_IN_USE", detail: error.message }]);
  });

  it("has one server", async () => {
    const link = new ScriptedLink();
    await using _server = await bootstrapIn(link).bind({ local: "server" });
    await expect(bootstrapIn(link).bind({ local: "other" })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("counts", async () => {
    const { link, clients } = await serving(3);
    link.tell({ sluice: "count" });
    expect(link.sent).toEqual([
      { sluice: "counted", counters: { ...counted, connections: 2, accepted: 3, refused: 1 } },
    ]);
    for (const client of clients) await client.close();
    await turn();
    link.tell({ sluice: "count" });
    expect(link.sent[1]).toMatchObject({ counters: { connections: 0, accepted: 3, refused: 1 } });
  });

  it("shuts its server down when told to, reports and leaves", async () => {
    const { link, server, clients } = await serving(2);
    link.tell({ sluice: "shut down", quietMs: 0, timeoutMs: 100 });
    expect(server.isOpen).toBe(false);
    link.tell({ sluice: "shut down", quietMs: 0, timeoutMs: 100 });
    await Promise.all(clients.map(({ closed }) => closed));
    await turn();
    const report = { departed: 0, closed: 2, forced: 0 };
    expect(link.sent).toEqual([{ sluice: "over", report, counters: { ...counted, connections: 0, accepted: 2 } }]);
    expect(link.hasLeft).toBe(true);
  });

  it("cuts what is left when told to", async () => {
    const { link } = await serving(2);
    link.tell({ sluice: "shut down", quietMs: 100, timeoutMs: 1000 });
    await turn();
    expect(link.sent).toEqual([]);
    link.tell({ sluice: "cut" });
    await turn();
    expect(link.sent).toMatchObject([{ sluice: "over", report: { departed: 0, closed: 0, forced: 2 } }]);
  });

  it("whose program closes the server leaves too", async () => {
    const { link, server, clients } = await serving(1);
    server.close();
    await Promise.all(clients.map(({ closed }) => closed));
    await turn();
    expect(link.sent).toMatchObject([{ sluice: "over", report: { departed: 0, closed: 1, forced: 0 } }]);
    expect(link.hasLeft).toBe(true);
  });

  it("leaves signals to its primary when that takes them, and other messages alone", async () => {
    const { link, server } = await serving(0, { signals: true });
    expect(link.ignoresSignals).toBe(true);
    for (const message of [undefined, null, "text", { other: 1 }]) link.tell(message);
    expect([server.isOpen, link.sent]).toEqual([true, []]);
    server.close();
    await turn();
  });

  it("asks its transport for SO_REUSEPORT when the system shall choose", async () => {
    const link = new ScriptedLink();
    await expect(bootstrapIn(link, { scheduling: "reuse-port" }).bind({ local: "server" })).rejects.toMatchObject({
      code: "OPTION_UNSUPPORTED",
    });
  });
});
