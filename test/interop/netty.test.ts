/**
 * Real Netty at the other end of TCP, in both roles: 100 000 frames each way, sent over several connections at once, glued
 * and torn, and every one of them compared with what it should be at either end.
 *
 * The client sends, the server echoes; both check. The client half-closes after its last frame, so what is missing or
 * too much at the end shows as well. Queues are bounded on both sides: whoever ignores back-pressure fails.
 */

import { Bootstrap, ChannelOption, type InetAddress, ServerBootstrap, tcp } from "sluice";
import { beforeAll, describe, expect, it, type TestContext } from "vitest";
import { ChunkTally } from "./chunk-tally.js";
import { FrameCheck } from "./frame-check.js";
import { exchangeAtTheEdge, FrameClient } from "./frame-client.js";
import { FrameEcho } from "./frame-echo.js";
import type { Frame } from "./frame-script.js";
import { delimiter, type Framing, lengthField, line } from "./framing.js";
import { type Netty, prepareNetty } from "./netty.js";
import { NettyPeer } from "./netty-peer.js";

const HOST = "127.0.0.1";
const SEED = 20_261;
const CONNECTIONS = 4;
const FRAMES_PER_CONNECTION = 25_000;
const FRAMES = CONNECTIONS * FRAMES_PER_CONNECTION;
/** One burst of frames and one large frame fit; anything that piles up does not. */
const MAX_OUTBOUND_BYTES = 1024 * 1024;
/** Longer than the deadline of NettyPeer, which says what is missing. */
const TIMEOUT_MS = 90_000;

let netty: Netty | string;

beforeAll(async () => {
  netty = await prepareNetty();
}, 300_000);

describe("length-field frames", () => exchanges(lengthField));
describe("line frames", () => exchanges(line));
describe("delimiter frames", () => exchanges(delimiter));

function exchanges<T extends Frame>(framing: Framing<T>): void {
  it("come back from a Netty server", { timeout: TIMEOUT_MS }, async (context) => {
    await using peer = new NettyPeer(required(context), [
      "server",
      ...[framing.name, SEED, CONNECTIONS, FRAMES_PER_CONNECTION],
    ]);
    const port = await peer.port;
    const tally = new ChunkTally();
    const numbers = [...Array(CONNECTIONS).keys()];
    const clients = numbers.map((connection) => runClient(framing, connection, port, tally));
    const [checked, ...counts] = await allOrReasons([peer.done, ...clients]);
    expect(counts).toEqual(Array(CONNECTIONS).fill(FRAMES_PER_CONNECTION));
    expect(checked).toBe(FRAMES);
    expectGluedAndTorn(tally);
  });

  it("are echoed to a Netty client", { timeout: TIMEOUT_MS }, async (context) => {
    const found = required(context);
    const tally = new ChunkTally();
    const checks: FrameCheck<T>[] = [];
    const failures: string[] = [];
    await using server = await new ServerBootstrap()
      .transport(tcp())
      .childOption(ChannelOption.MAX_OUTBOUND_BYTES, MAX_OUTBOUND_BYTES)
      .childHandler((pipeline) => {
        const check = new FrameCheck<T>((connection) => framing.script(SEED, connection));
        checks.push(check);
        return framing.addTo(pipeline, tally).addLast(new FrameEcho(check));
      })
      .bind({ host: HOST, port: 0 });
    server.children.on("error", (error) => failures.push(error.message));
    const { port } = server.localAddress as InetAddress;
    await using peer = new NettyPeer(found, [
      "client",
      ...[framing.name, SEED, CONNECTIONS, FRAMES_PER_CONNECTION, port],
    ]);
    const [checked] = await allOrReasons([peer.done], failures);
    expect(checks.map(({ count }) => count)).toEqual(Array(CONNECTIONS).fill(FRAMES_PER_CONNECTION));
    expect(checked).toBe(FRAMES);
    expectGluedAndTorn(tally);
  });
}

/** Returns the frames that came back right. Every second client is a handler, the others work at the edge. */
async function runClient<T extends Frame>(framing: Framing<T>, connection: number, port: number, tally: ChunkTally) {
  const script = framing.script(SEED, connection);
  const check = new FrameCheck<T>((number) => framing.script(SEED, number));
  const atTheEdge = connection % 2 === 0;
  await using channel = await new Bootstrap()
    .transport(tcp())
    .option(ChannelOption.MAX_OUTBOUND_BYTES, MAX_OUTBOUND_BYTES)
    .handler((pipeline) => {
      const framed = framing.addTo(pipeline, tally);
      return atTheEdge ? framed : framed.addLast(new FrameClient(script, check, FRAMES_PER_CONNECTION));
    })
    .connect({ host: HOST, port, signal: AbortSignal.timeout(5_000) });
  if (atTheEdge) await exchangeAtTheEdge(channel, script, check, FRAMES_PER_CONNECTION);
  await channel.closed;
  if (channel.closeCause !== undefined) throw channel.closeCause;
  return check.count;
}

/** The results, or one error with the first reasons: when one end finds a fault the other sees a broken connection. */
async function allOrReasons<R>(tasks: readonly Promise<R>[], reasons: string[] = []): Promise<R[]> {
  const results: R[] = [];
  for (const outcome of await Promise.allSettled(tasks)) {
    if (outcome.status === "fulfilled") results.push(outcome.value);
    else reasons.push((outcome.reason as Error).message);
  }
  if (reasons.length > 0) throw new Error([...new Set(reasons)].slice(0, 8).join("\n"));
  return results;
}

function required(context: TestContext): Netty {
  return typeof netty === "string" ? context.skip(netty) : netty;
}

/** Most of the more than 1600 reads are both; how many depends on the machine. */
function expectGluedAndTorn(tally: ChunkTally): void {
  expect(tally.glued).toBeGreaterThan(100);
  expect(tally.torn).toBeGreaterThan(100);
}
