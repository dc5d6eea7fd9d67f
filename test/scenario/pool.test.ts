import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  Bootstrap,
  ByteBuf,
  ChannelPool,
  type InetAddress,
  LineBasedFrameDecoder,
  LineEncoder,
  ServerBootstrap,
  type ServerChannel,
  SluiceError,
  StringDecoder,
  tcp,
} from "sluice";
import { expect, it, onTestFinished } from "vitest";
import { filesBelow, root } from "../../scripts/workspace.mjs";
import { ExampleProcess } from "./example-process.js";

it("the example pools, and notices connections that died", async () => {
  const example = new ExampleProcess("pool/main");
  expect(await example.exit()).toBe(0);
  const [first, ...rest] = example.stdout.trimEnd().split("\n");
  expect(first).toBe("3, 7, 11, 24 over 2 connections");
  // The two that died, in time or at the check, and the new one when the pool closes.
  expect(rest).toEqual([
    expect.stringMatching(/^closed: (lost|unhealthy)$/),
    expect.stringMatching(/^closed: (lost|unhealthy)$/),
    "21 over 3 connections",
    "closed: shutdown",
  ]);
  expect(example.stderr).toBe("");
});

it("docs/pooling.md shows the example as it is", () => {
  const text = (path: string) => readFileSync(join(root, path), "utf8");
  const sources = filesBelow("docs/examples/pool").map(text);
  const shown = [...text("docs/pooling.md").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? "");
  expect(shown.length).toBeGreaterThan(1);
  expect(shown.filter((code) => !sources.some((source) => source.includes(code)))).toEqual([]);
});

/** A server that goes down and comes back on its port, and cuts every seventh connection instead of answering. */
class FlappingServer {
  port = 0;
  #requests = 0;
  #server: ServerChannel | undefined;

  async up(): Promise<void> {
    const bootstrap = new ServerBootstrap().transport(tcp()).childHandler((p) =>
      p
        .addLast(new LineBasedFrameDecoder())
        .addLast(new StringDecoder({ framed: true }))
        .addLast(new LineEncoder())
        .addLast({
          channelRead: (ctx, line) => {
            if (++this.#requests % 7 === 0) ctx.channel.closeForcibly();
            else ctx.writeAndFlush(line.toUpperCase());
          },
        }),
    );
    // Somebody else may have the port for a moment.
    const bind = () => bootstrap.bind({ host: "127.0.0.1", port: this.port }).catch(() => undefined);
    let server = await bind();
    for (; server === undefined; server = await bind()) await new Promise((resolve) => setTimeout(resolve, 20));
    this.#server = server;
    this.port = (server.localAddress as InetAddress).port;
  }

  async down(): Promise<void> {
    await this.#server?.shutdown({ timeoutMs: 0 });
  }
}

it("keeps its bounds and its word while a server flaps, and recovers when it stays", async () => {
  const server = new FlappingServer();
  await server.up();
  onTestFinished(() => server.down());
  let open = 0;
  let mostOpen = 0;
  const bootstrap = new Bootstrap().transport(tcp()).handler((p) =>
    p
      .addLast(new LineBasedFrameDecoder())
      .addLast(new StringDecoder({ framed: true }))
      .addLast(new LineEncoder())
      .addLast({
        channelActive: () => {
          mostOpen = Math.max(mostOpen, ++open);
        },
        channelInactive: () => {
          open--;
        },
        // What breaks is told to whoever asks.
        exceptionCaught: (ctx) => void ctx.close(),
      }),
  );
  const pool = new ChannelPool({
    connect: ({ signal }) => bootstrap.connect({ host: "127.0.0.1", port: server.port, signal }),
    maxConnections: 4,
    maxWaiting: 100,
    acquireTimeoutMs: 5000,
    idleTimeoutMs: 50,
    maxLifetimeMs: 200,
  });
  onTestFinished(() => void pool.close({ timeoutMs: 0 }));

  const outcomes = new Map<string, number>();
  const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  const ask = (question: string) =>
    pool.use(async (channel) => {
      await channel.send(question);
      for await (const answer of channel.messages()) return answer;
      throw new Error("cut");
    });
  let over = false;
  const callers = Array.from({ length: 20 }, async (_, caller) => {
    for (let i = 0; !over; i++) {
      const question = `caller ${caller}, question ${i}`;
      try {
        const answer = await ask(question);
        // Whatever happens to connections, nobody gets the answer to somebody else's question.
        count(answer === question.toUpperCase() ? "answered" : `wrong: ${answer}`);
      } catch (error) {
        count(error instanceof SluiceError ? error.code : (error as Error).message);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(pool.size).toBeLessThanOrEqual(4);
    }
  });
  for (let flap = 0; flap < 5; flap++) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    await server.down();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await server.up();
  }
  over = true;
  await Promise.all(callers);

  const expected = ["answered", "cut", "CONNECT_REFUSED", "CONNECT_FAILED", "CHANNEL_CLOSED", "CONNECTION_RESET"];
  expect([...outcomes.keys()].filter((outcome) => !expected.includes(outcome))).toEqual([]);
  expect(outcomes.get("answered")).toBeGreaterThan(0);
  expect(outcomes.get("CONNECT_REFUSED")).toBeGreaterThan(0);
  expect([mostOpen, pool.leased, pool.waiting]).toEqual([4, 0, 0]);

  // Seven in a row: one of them is cut, the others work.
  const late = await Promise.allSettled(Array.from({ length: 7 }, (_, i) => ask(`late ${i}`)));
  expect(late.filter(({ status }) => status === "fulfilled")).toHaveLength(6);
  const { created, closed } = pool.totals;
  const { size } = pool;
  expect(await pool.close()).toEqual({ closed: size, forced: 0 });
  expect(open).toBe(0);
  expect(Object.values(pool.totals.closed).reduce((sum, each) => sum + each)).toBe(created);
  expect(closed.lost).toBeGreaterThan(0);
});

it("takes bytes as well as messages", async () => {
  const echo = await new ServerBootstrap()
    .transport(tcp())
    .childHandler((p) => p.addLast({ channelRead: (ctx, bytes) => ctx.writeAndFlush(bytes) }))
    .bind({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => void echo.shutdown({ timeoutMs: 0 }));
  const bootstrap = new Bootstrap().transport(tcp());
  await using pool = new ChannelPool({
    connect: ({ signal }) => bootstrap.connect({ ...echo.localAddress, signal }),
  });
  const answer = await pool.use(async (channel) => {
    await channel.send(ByteBuf.from("hello"));
    return (await channel.messages().next()).value?.toString();
  });
  expect(answer).toBe("hello");
});
