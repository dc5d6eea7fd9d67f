/** The system has been told to probe a connection: `ss` shows the timer it has set for the next probe. */
import { execFileSync } from "node:child_process";
import {
  Bootstrap,
  type Channel,
  ChannelOption,
  type InetAddress,
  ServerBootstrap,
  type ServerChannel,
  tcp,
} from "sluice";
import { afterEach, beforeEach, describe, expect, it, type TestContext } from "vitest";

const { SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT } = ChannelOption;
/** Two hours, as ss rounds them. */
const SYSTEMS_TIME = [7140, 7200] as const;

let server: ServerChannel | undefined;
beforeEach(requireSs);
afterEach(async () => {
  await server?.shutdown({ timeoutMs: 100 });
  server = undefined;
});

/** A server and a client; both ends. */
async function connected(configure: (b: Bootstrap) => Bootstrap, child: (b: ServerBootstrap) => ServerBootstrap) {
  server = await child(new ServerBootstrap().transport(tcp()))
    .childHandler((p) => p)
    .bind({ host: "127.0.0.1", port: 0 });
  const client = await configure(new Bootstrap().transport(tcp())).connect(server.localAddress as InetAddress);
  await expect.poll(() => server?.children.size).toBe(1);
  const [accepted] = server.children;
  return { client, child: accepted as Channel };
}

describe("keep-alive in the system", () => {
  it("is off unless it is asked for", async () => {
    const { client, child } = await connected(
      (b) => b.option(TCP_KEEPIDLE, 60),
      (b) => b,
    );
    expect([probeIn(client), probeIn(child)]).toEqual([undefined, undefined]);
    await client.close();
  });

  it("is on for a client that asks for it, with its idle time", async () => {
    const { client, child } = await connected(
      (b) => b.option(SO_KEEPALIVE, true).option(TCP_KEEPIDLE, 300),
      (b) => b,
    );
    expectWithin(probeIn(client), 290, 300);
    expect(probeIn(child)).toBeUndefined();
    await client.close();
  });

  it("is on for accepted connections", async () => {
    const { client, child } = await connected(
      (b) => b,
      (b) => b.childOption(TCP_KEEPIDLE, 120).childOption(SO_KEEPALIVE, true),
    );
    expectWithin(probeIn(child), 110, 120);
    expect(probeIn(client)).toBeUndefined();
    await client.close();
  });

  it("begins after the system's time where nothing else is said", async () => {
    const { client } = await connected(
      (b) => b.option(SO_KEEPALIVE, true),
      (b) => b,
    );
    expectWithin(probeIn(client), ...SYSTEMS_TIME);
    await client.close();
  });

  it("may be turned on, changed and turned off on a live channel", async () => {
    const { client } = await connected(
      (b) => b,
      (b) => b,
    );
    client.setOption(SO_KEEPALIVE, true).setOption(TCP_KEEPIDLE, 60);
    expectWithin(probeIn(client), 50, 60);
    client.setOption(TCP_KEEPIDLE, 600);
    expectWithin(probeIn(client), 590, 600);
    client.setOption(SO_KEEPALIVE, false);
    expect(probeIn(client)).toBeUndefined();
    await client.close();
  });
});

describe("interval and count of probes", () => {
  const timed = (b: Bootstrap) =>
    b.option(SO_KEEPALIVE, true).option(TCP_KEEPIDLE, 60).option(TCP_KEEPINTVL, 15).option(TCP_KEEPCNT, 4);

  it("either go to the system or are refused with the version that could; never neither", async () => {
    const outcome = await connected(timed, (b) => b).catch((error) => error);
    if (outcome instanceof Error) {
      expect(outcome).toMatchObject({ code: "OPTION_UNSUPPORTED" });
      expect(outcome.message).toContain("Node.js 26.4");
    } else {
      expectWithin(probeIn(outcome.client), 50, 60);
      await outcome.client.close();
    }
  });

  it("are left out where they cannot be set, if asked to", async () => {
    const { client } = await connected(
      (b) => timed(b.transport(tcp({ ifUnsupported: "ignore" }))),
      (b) => b,
    );
    expectWithin(probeIn(client), 50, 60);
    await client.close();
  });
});

/** Seconds to the next probe of an end, undefined if the system has no such timer for it. */
function probeIn(channel: Channel): number | undefined {
  const { port } = channel.localAddress as InetAddress;
  const { port: peer } = channel.remoteAddress as InetAddress;
  const line = execFileSync("ss", ["-Htno", `sport = :${port} and dport = :${peer}`], { encoding: "utf8" });
  expect(line).toContain(`:${port}`);
  const timer = line.match(/timer:\(keepalive,([^,]*),/)?.[1];
  return timer === undefined ? undefined : seconds(timer);
}

/** `9.5sec`, `4min59sec`, `119min` … */
function seconds(text: string): number {
  const units = { hour: 3600, min: 60, sec: 1, ms: 0.001 };
  return [...text.matchAll(/([\d.]+)(hour|min|sec|ms)/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * units[unit as keyof typeof units],
    0,
  );
}

function expectWithin(actual: number | undefined, low: number, high: number): void {
  expect(actual).toBeGreaterThanOrEqual(low);
  expect(actual).toBeLessThanOrEqual(high);
}

function requireSs(context: TestContext): void {
  try {
    execFileSync("ss", ["-V"]);
  } catch {
    context.skip("ss is missing");
  }
}
