/**
 * A server that restarts again and again while a client sends numbered messages: each message arrives once at most, and of
 * each that did not arrive the client knows that it may not have.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import {
  Bootstrap,
  type ByteBuf,
  type ChannelPipeline,
  JsonCodec,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  type ReconnectingClient,
  ServerBootstrap,
  type ServerChannel,
  type SluiceError,
  tcp,
} from "sluice";
import { afterAll, describe, expect, it } from "vitest";

type Numbered = { n: number; padding: string };
type Received = { n: number };

const RESTARTS = 12;
const PADDING = "x".repeat(8 * 1024);

const framed = (p: ChannelPipeline<ByteBuf, ByteBuf>) =>
  p
    .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }))
    .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }));

/** What the client was told of each message. */
class Ledger {
  readonly outcomes = new Map<number, string>();
  readonly told = new Map<number, string>();
  readonly acknowledged = new Set<number>();
  /** For each channel that was lost, what had been sent on it. */
  readonly channels: number[][] = [];
  /** Of those what was not acknowledged: what an application would look at again. */
  readonly doubtful = new Set<number>();

  constructor(client: ReconnectingClient<Received, Numbered>) {
    const note = (messages: readonly Numbered[], error: Error) => {
      for (const { n } of messages) {
        expect(this.told.has(n)).toBe(false);
        this.told.set(n, (error as SluiceError).code);
      }
    };
    client.on("uncertain", note);
    client.on("unsent", note);
    client.on("disconnected", () => {
      const sent = this.sentSince(this.channels.at(-1)?.at(-1) ?? -1);
      for (const n of sent) if (!this.acknowledged.has(n)) this.doubtful.add(n);
      if (sent.length > 0) this.channels.push(sent);
    });
  }

  sentSince(last: number): number[] {
    return [...this.outcomes].filter(([n, outcome]) => n > last && outcome === "sent").map(([n]) => n);
  }

  note(n: number, sending: Promise<void>): void {
    sending.then(
      () => this.outcomes.set(n, "sent"),
      (error) => this.outcomes.set(n, error.code),
    );
  }
}

describe("a server that restarts", () => {
  let client: ReconnectingClient<Received, Numbered> | undefined;
  let server: ServerChannel<Numbered, Received> | undefined;
  /** How often each message arrived. */
  const arrived = new Map<number, number>();

  afterAll(async () => {
    await client?.close({ pendingWrites: "fail" });
    await server?.shutdown({ timeoutMs: 1000 });
  });

  it("loses no message unreported, and gets none twice", async () => {
    server = await serve(0);
    const { port } = server.localAddress as { port: number };
    client = new Bootstrap()
      .transport(tcp())
      .handler((p) => framed(p).addLast(new JsonCodec<Received, Numbered>()))
      .reconnect({ servers: [{ host: "127.0.0.1", port }], initialDelayMs: 20, maxDelayMs: 100 });
    const ledger = new Ledger(client);
    const reading = read(client, ledger);
    let channels = 0;
    client.on("ready", () => channels++);

    let done = false;
    const sending = sendUntil(() => done, client, ledger);
    for (let i = 0; i < RESTARTS; i++) {
      const channel = await client.ready();
      await sleep(20);
      await end(server, client, (["cut", "stalled", "in order"] as const)[i % 3] as "cut");
      await channel.closed;
      server = await serve(port);
    }
    await client.ready();
    done = true;
    const sent = await sending;
    await expect.poll(() => ledger.outcomes.size, { timeout: 10_000 }).toBe(sent);
    // On a channel that lives nothing is lost at all.
    const latest = ledger.sentSince(ledger.channels.at(-1)?.at(-1) ?? -1);
    await expect.poll(() => latest.every((n) => ledger.acknowledged.has(n)), { timeout: 10_000 }).toBe(true);
    await client.close();
    await reading;
    await server.shutdown();

    const uncertain = [...ledger.outcomes].filter(([, outcome]) => outcome === "DELIVERY_UNCERTAIN");
    const lost = [...ledger.outcomes.keys()].filter((n) => !arrived.has(n));
    expect(channels).toBeGreaterThan(RESTARTS);
    expect(Math.max(...arrived.values())).toBe(1);
    expect([...arrived.keys()]).toEqual([...arrived.keys()].toSorted((a, b) => a - b));
    for (const sentOn of ledger.channels) {
      // What arrived of it is its beginning.
      const count = sentOn.filter((n) => arrived.has(n)).length;
      expect(sentOn.slice(0, count).filter((n) => !arrived.has(n))).toEqual([]);
    }
    expect(lost.filter((n) => !ledger.told.has(n) && !ledger.doubtful.has(n))).toEqual([]);
    // Both kinds of doubt came up: in flight when the channel was lost, and sent but not acknowledged.
    expect([uncertain.length > 0, lost.some((n) => ledger.outcomes.get(n) === "sent")]).toEqual([true, true]);
    for (const [n, outcome] of ledger.outcomes) expect(ledger.told.get(n) ?? "sent").toBe(outcome);
    for (const [n, code] of ledger.told) if (code !== "DELIVERY_UNCERTAIN") expect(arrived.has(n)).toBe(false);
  });

  function serve(port: number): Promise<ServerChannel<Numbered, Received>> {
    return new ServerBootstrap()
      .transport(tcp())
      .childHandler((p) =>
        framed(p)
          .addLast(new JsonCodec<Numbered, Received>())
          .addLast({
            channelRead: (ctx, { n }) => {
              arrived.set(n, (arrived.get(n) ?? 0) + 1);
              ctx.writeAndFlush({ n });
            },
          }),
      )
      .bind({ host: "127.0.0.1", port });
  }
});

/** Ends the server: at once, at once after it has not read until the client could write no more, or in order. */
async function end(
  server: ServerChannel<Numbered, Received>,
  client: ReconnectingClient<Received, Numbered>,
  how: "cut" | "stalled" | "in order",
): Promise<void> {
  if (how === "in order") return void (await server.shutdown({ timeoutMs: 1000 }));
  if (how === "stalled") {
    for (const child of server.children) child.autoRead = false;
    while (client.queuedMessages === 0) await nextTurn();
  }
  for (const child of server.children) child.closeForcibly();
  await server.close();
}

/** Sends numbers as fast as they go out. @returns how many */
async function sendUntil(
  isDone: () => boolean,
  client: ReconnectingClient<Received, Numbered>,
  ledger: Ledger,
): Promise<number> {
  let n = 0;
  for (; !isDone(); n++) {
    ledger.note(n, client.send({ n, padding: PADDING }));
    if (n % 8 === 0) await nextTurn();
    while (client.queuedMessages > 50 && !isDone()) await sleep(1);
  }
  return n;
}

async function read(client: ReconnectingClient<Received, Numbered>, ledger: Ledger): Promise<void> {
  for await (const { n } of client.messages()) ledger.acknowledged.add(n);
}
