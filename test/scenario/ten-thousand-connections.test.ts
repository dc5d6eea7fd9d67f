import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Holdings {
  open: number;
  timers: number;
  sockets: number;
  timeouts: number;
  /** On the heap and in array buffers. */
  bytes: number;
}

describe("ten thousand connections that open, send, idle and close", () => {
  let server: ChildProcess;
  let clients: ChildProcess;
  let port: number;

  beforeAll(async () => {
    server = fork(script("server.mjs"), { execArgv: ["--expose-gc"] });
    clients = fork(script("clients.mjs"));
    [{ port }] = (await once(server, "message")) as [{ port: number }];
  });

  afterAll(async () => {
    clients.kill();
    if (!server.connected) return;
    server.send("stop");
    await once(server, "exit");
  });

  it("leave no handle, timer or listener and give their memory back", { timeout: 120_000 }, async () => {
    // What is kept once per process (compiled code, tables that have grown) is there after a smaller round.
    await round(2000);
    const before = await measure();
    const during = await round(10_000);
    const after = await measure();

    expect(during).toMatchObject({ open: 10_000, timers: 10_000, timeouts: before.timeouts });
    expect(after).toMatchObject({ open: 0, timers: 0, sockets: before.sockets, timeouts: before.timeouts });
    expect(after.bytes).toBeLessThan(before.bytes * 1.1);
  });

  async function round(count: number): Promise<Holdings> {
    clients.send({ port, count });
    await once(clients, "message");
    const during = await measure();
    clients.send({ port, count: 0 });
    await once(clients, "message");
    return during;
  }

  async function measure(): Promise<Holdings> {
    server.send("measure");
    const [holdings] = (await once(server, "message")) as [Holdings];
    return holdings;
  }
});

function script(name: string): string {
  return fileURLToPath(new URL(`ten-thousand-connections/${name}`, import.meta.url));
}
