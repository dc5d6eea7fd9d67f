import { ByteBuf, SluiceError } from "@sluice/buffer";
import { afterEach, describe, expect, it } from "vitest";
import { recorder, turn } from "../../fixtures/recorder.js";
import { Bootstrap } from "../bootstrap.js";
import type { Channel } from "../channel.js";
import type { ChannelHandler } from "../channel-handler.js";
import { ChannelOption } from "../channel-option.js";
import { ManualClock } from "../embedded/manual-clock.js";
import { ServerBootstrap } from "../server-bootstrap.js";
import type { ServerChannel } from "../server-channel.js";
import { local } from "./local-transport.js";

const servers: ServerChannel[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.shutdown({ timeoutMs: 0 });
});

interface Pair {
  readonly server: ServerChannel;
  readonly client: Channel;
  readonly child: Channel;
  readonly clock: ManualClock;
  readonly log: string[];
}

interface PairOptions {
  readonly clientHandler?: ChannelHandler;
  readonly childHandler?: ChannelHandler;
  readonly clientOptions?: readonly [ChannelOption<any>, unknown][];
  readonly childOptions?: readonly [ChannelOption<any>, unknown][];
}

/** A connected pair; what either end sees is in `log` as `client.…` and `child.…`, calls within one job joined by `;`. */
async function pair(options: PairOptions = {}): Promise<Pair> {
  const log: string[] = [];
  const clock = new ManualClock();
  let child: Channel | undefined;
  const accepting = new ServerBootstrap().transport(local()).clock(clock);
  for (const [option, value] of options.childOptions ?? []) accepting.childOption(option, value);
  const server = await accepting
    .childHandler((p) => {
      child = p.channel;
      return p.addLast("child", recorder("child", log)).addLast("last", options.childHandler ?? {});
    })
    .bind({ local: "server" });
  servers.push(server);
  const connecting = new Bootstrap().transport(local()).clock(clock);
  for (const [option, value] of options.clientOptions ?? []) connecting.option(option, value);
  const client = await connecting
    .handler((p) => p.addLast("client", recorder("client", log)).addLast("last", options.clientHandler ?? {}))
    .connect({ local: "server" });
  await turn();
  log.length = 0;
  return { server, client, child: child as unknown as Channel, clock, log };
}

const code = (code: string) => expect.objectContaining({ code });

describe("connecting", () => {
  it("joins a client and a server by name", async () => {
    const { server, client, child } = await pair();
    expect(server.localAddress).toEqual({ local: "server" });
    expect(client.remoteAddress).toEqual({ local: "server" });
    expect(child.localAddress).toEqual({ local: "server" });
    expect(child.remoteAddress).toEqual(client.localAddress);
    expect([client.isActive, child.isActive, child.parent === server]).toEqual([true, true, true]);
    expect([...server.children]).toEqual([child]);
  });

  it("refuses unknown and missing names", async () => {
    const bootstrap = new Bootstrap().transport(local());
    await expect(bootstrap.connect({ local: "nobody" })).rejects.toEqual(code("CONNECT_REFUSED"));
    await expect(bootstrap.connect({ host: "nobody" })).rejects.toEqual(code("INVALID_ARGUMENT"));
    const { client } = await pair();
    await expect(client.connect({ local: "server" })).rejects.toEqual(code("INVALID_ARGUMENT"));
  });

  it("gives a name to one server at a time", async () => {
    const { server } = await pair();
    const again = new ServerBootstrap().transport(local()).childHandler(() => {});
    await expect(again.bind({ local: "server" })).rejects.toEqual(code("ADDRESS_IN_USE"));
    await expect(again.bind({ port: 1 })).rejects.toEqual(code("INVALID_ARGUMENT"));
    await server.close();
    servers.push(await again.bind({ local: "server" }));
  });

  it("keeps clients in the backlog while accepting is paused, up to SO_BACKLOG", async () => {
    const accepted: Channel[] = [];
    const server = await new ServerBootstrap()
      .transport(local())
      .option(ChannelOption.AUTO_READ, false)
      .option(ChannelOption.SO_BACKLOG, 2)
      .childHandler((p) => {
        accepted.push(p.channel);
      })
      .bind({ local: "server" });
    servers.push(server);
    const bootstrap = new Bootstrap().transport(local());
    const first = await bootstrap.connect({ local: "server" });
    const second = await bootstrap.connect({ local: "server" });
    await expect(bootstrap.connect({ local: "server" })).rejects.toEqual(code("CONNECT_REFUSED"));
    expect([first.isActive, second.isActive, accepted.length]).toEqual([true, true, 0]);
    // A client that leaves makes room.
    await first.close();
    const third = await bootstrap.connect({ local: "server" });
    server.read();
    await turn();
    expect(accepted.map((child) => child.remoteAddress)).toEqual([second.localAddress, third.localAddress]);
  });

  it("resets clients that still wait when the server closes", async () => {
    const server = await new ServerBootstrap()
      .transport(local())
      .option(ChannelOption.AUTO_READ, false)
      .childHandler(() => {})
      .bind({ local: "server" });
    const client = await new Bootstrap().transport(local()).connect({ local: "server" });
    await server.close();
    await client.closed;
    expect(client.closeCause).toEqual(code("CONNECTION_RESET"));
  });

  it("refuses options it does not have", async () => {
    const bootstrap = new Bootstrap().transport(local()).option(ChannelOption.TCP_NODELAY, true);
    await expect(bootstrap.connect({ local: "server" })).rejects.toEqual(code("OPTION_UNSUPPORTED"));
    const accepting = () => new ServerBootstrap().transport(local()).childHandler(() => {});
    await expect(accepting().option(ChannelOption.SO_BACKLOG, 0).bind({ local: "server" })).rejects.toEqual(
      code("INVALID_ARGUMENT"),
    );
    await expect(accepting().option(ChannelOption.SO_KEEPALIVE, true).bind({ local: "server" })).rejects.toEqual(
      code("OPTION_UNSUPPORTED"),
    );
  });

  it("ends an attempt that was given up before it began", async () => {
    const controller = new AbortController();
    const connecting = new Bootstrap().transport(local()).connect({ local: "server", signal: controller.signal });
    controller.abort();
    await expect(connecting).rejects.toEqual(code("ABORTED"));
  });
});

describe("messages", () => {
  it("travel as objects, in bursts, never inside the sender's call", async () => {
    const { client, child, log } = await pair();
    const message = { toString: () => "object" };
    client.write("a");
    client.write(message);
    client.flush();
    client.write("unflushed");
    expect(log.filter((entry) => entry.startsWith("child"))).toEqual([]);
    await turn();
    expect(log.filter((entry) => entry.startsWith("child"))).toEqual([
      "child.read a",
      "child.read object",
      "child.readComplete",
      "child.READ",
    ]);
    const messages = child.messages();
    expect((await messages.next()).value).toBe("a");
    expect((await messages.next()).value).toBe(message);
  });

  it("share bytes under indexes of their own", async () => {
    const { client, child } = await pair();
    const sent = ByteBuf.from("hello");
    client.writeAndFlush(sent);
    const received = (await child.messages().next()).value as ByteBuf;
    expect(received).not.toBe(sent);
    expect(received.array).toBe(sent.array);
    received.skipBytes(2);
    expect([sent.toString(), received.toString()]).toEqual(["hello", "llo"]);
  });

  it("answer without nesting, whoever flushes where", async () => {
    let depth = 0;
    const echo: ChannelHandler = {
      sharable: true,
      channelRead: (ctx, n: number) => {
        expect(++depth).toBe(1);
        if (n > 0) ctx.writeAndFlush(n - 1);
        depth--;
      },
    };
    const { client, log } = await pair({ clientHandler: echo, childHandler: echo });
    client.writeAndFlush(10_000);
    await turn();
    expect(log.filter((entry) => entry.includes(".read "))).toHaveLength(10_001);
  });

  it("refuse what is no message", async () => {
    const { client } = await pair();
    await expect(client.writeAndFlush(undefined)).rejects.toEqual(code("UNSUPPORTED_MESSAGE"));
    await expect(client.writeAndFlush(null)).rejects.toEqual(code("UNSUPPORTED_MESSAGE"));
  });
});

describe("demand", () => {
  it("delivers one burst per read with autoRead off", async () => {
    const { client, child, log } = await pair({ childOptions: [[ChannelOption.AUTO_READ, false]] });
    const reads = () => log.filter((entry) => /^child\.read/.test(entry)).splice(0);
    client.writeAndFlush("a");
    client.writeAndFlush("b");
    await turn();
    expect(reads()).toEqual([]);
    child.read();
    await turn();
    expect(reads()).toEqual(["child.read a", "child.read b", "child.readComplete"]);
    log.length = 0;
    client.writeAndFlush("c");
    await turn();
    expect(reads()).toEqual([]);
    child.read().read();
    await turn();
    client.writeAndFlush("d");
    await turn();
    expect(reads()).toEqual(["child.read c", "child.readComplete"]);
    child.autoRead = true;
    await turn();
    expect(reads()).toEqual(["child.read c", "child.readComplete", "child.read d", "child.readComplete"]);
  });

  it("leaves a burst's successors to the next burst, also those it causes", async () => {
    const { client, log } = await pair({
      childHandler: {
        channelRead: (ctx) => {
          ctx.channel.autoRead = false;
        },
      },
    });
    client.writeAndFlush("a").addListener(() => client.writeAndFlush("b"));
    await turn();
    expect(log.filter((entry) => /^child\.read/.test(entry))).toEqual(["child.read a", "child.readComplete"]);
  });

  it("keeps what nobody reads in the sender's queue and counts it", async () => {
    const { client, child, log } = await pair({ childOptions: [[ChannelOption.AUTO_READ, false]] });
    const sent: string[] = [];
    client.writeAndFlush(ByteBuf.from(new Uint8Array(65_536))).addListener(() => sent.push("first"));
    const full = client.writeAndFlush("second").addListener(() => sent.push("second"));
    await turn();
    expect([client.isWritable, sent, full.isDone]).toEqual([false, [], false]);
    expect(log).toContain("client.writable false");
    child.read();
    await turn();
    expect([client.isWritable, sent]).toEqual([true, ["first", "second"]]);
    expect(log).toContain("client.writable true");
  });

  it("holds back the end of input like input", async () => {
    const { client, child } = await pair({ childOptions: [[ChannelOption.AUTO_READ, false]] });
    await client.close();
    await turn();
    expect(child.isActive).toBe(true);
    child.read();
    await child.closed;
    expect(child.closeCause).toBeUndefined();
  });
});

describe("half-closure", () => {
  const both: PairOptions = {
    clientOptions: [[ChannelOption.ALLOW_HALF_CLOSURE, true]],
    childOptions: [[ChannelOption.ALLOW_HALF_CLOSURE, true]],
  };

  it("ends one direction after what was flushed, and leaves the other", async () => {
    const { client, child, log } = await pair(both);
    client.writeAndFlush("last");
    await client.shutdownOutput();
    await turn();
    expect(log).toEqual([
      "client.WRITE last",
      "client.FLUSH",
      "client.SHUTDOWN",
      "child.read last",
      "child.readComplete",
      "child.READ",
      "client.event ChannelOutputShutdownEvent",
      "child.event ChannelInputShutdownEvent",
    ]);
    await expect(client.writeAndFlush("too late")).rejects.toEqual(code("OUTPUT_SHUTDOWN"));
    child.writeAndFlush("answer");
    expect((await client.messages().next()).value).toBe("answer");
    await child.shutdownOutput();
    await Promise.all([client.closed, child.closed]);
    expect([client.closeCause, child.closeCause]).toEqual([undefined, undefined]);
  });

  it("tells a handler that reads on, once, that there is no more", async () => {
    const { client, child, log } = await pair(both);
    await client.shutdownOutput();
    await turn();
    log.length = 0;
    child.read().read();
    expect(log).toEqual(["child.READ", "child.event ChannelInputShutdownReadComplete", "child.READ"]);
  });

  it("closes the other end, after sending what it has, when that does not allow it", async () => {
    const { client, child } = await pair({ childHandler: { channelRead: (ctx) => ctx.writeAndFlush("reply") } });
    client.writeAndFlush("request");
    client.shutdownOutput();
    const replies: unknown[] = [];
    for await (const reply of client.messages()) replies.push(reply);
    expect(replies).toEqual(["reply"]);
    await child.closed;
    expect(child.closeCause).toBeUndefined();
  });
});

describe("closing", () => {
  it("sends what was flushed first and tells the peer in order", async () => {
    const { client, child, log } = await pair();
    client.writeAndFlush("last");
    const lost = client.write("unflushed");
    const closing = client.close();
    expect(client.isOpen).toBe(false);
    await expect(lost).rejects.toEqual(code("CHANNEL_CLOSED"));
    await closing;
    await child.closed;
    expect(log).toEqual([
      "client.WRITE last",
      "client.FLUSH",
      "client.WRITE unflushed",
      "client.CLOSE",
      "child.read last",
      "child.readComplete",
      "child.READ",
      "client.inactive",
      "client.removed",
      "child.inactive",
      "child.removed",
    ]);
    expect([client.closeCause, child.closeCause]).toEqual([undefined, undefined]);
  });

  it("does not let two ends that close at once wait for each other", async () => {
    const { client, child } = await pair();
    const results = [client.writeAndFlush("a"), child.writeAndFlush("b"), client.close(), child.close()];
    await Promise.all(results);
    expect([client.closeCause, child.closeCause]).toEqual([undefined, undefined]);
  });

  it("waits for a reader no longer than the close deadline", async () => {
    const { client, child, clock, log } = await pair({
      clientOptions: [[ChannelOption.CLOSE_TIMEOUT_MILLIS, 500]],
      childOptions: [[ChannelOption.AUTO_READ, false]],
    });
    const write = client.writeAndFlush("never read");
    const closing = client.close();
    await turn();
    clock.advance(499);
    expect(write.isDone).toBe(false);
    clock.advance(1);
    await closing;
    await expect(write).rejects.toEqual(code("CLOSE_TIMEOUT"));
    await child.closed;
    expect(child.closeCause).toEqual(code("CONNECTION_RESET"));
    expect(log).toContain("child.caught CONNECTION_RESET");
    expect(clock.pending).toBe(0);
  });

  it("resets the peer when forced", async () => {
    const { client, child, log } = await pair();
    const write = client.writeAndFlush("lost");
    client.closeForcibly();
    await expect(write).rejects.toEqual(code("CHANNEL_CLOSED"));
    await Promise.all([client.closed, child.closed]);
    expect(client.closeCause).toBeUndefined();
    expect(child.closeCause).toEqual(code("CONNECTION_RESET"));
    expect(log.filter((entry) => entry.startsWith("child"))).toEqual([
      "child.caught CONNECTION_RESET",
      "child.inactive",
      "child.removed",
    ]);
  });

  it("fails what the closed peer will never take", async () => {
    const { client, child } = await pair({
      clientOptions: [
        [ChannelOption.AUTO_READ, false],
        [ChannelOption.ALLOW_HALF_CLOSURE, true],
      ],
      childOptions: [[ChannelOption.AUTO_READ, false]],
    });
    const waiting = client.writeAndFlush("a");
    await child.close();
    await expect(waiting).rejects.toEqual(code("CONNECTION_RESET"));
    await client.closed;
    expect(client.closeCause).toEqual(code("CONNECTION_RESET"));
  });

  it("resets a half-open end that writes to a peer that is gone", async () => {
    const { client, child } = await pair({ clientOptions: [[ChannelOption.ALLOW_HALF_CLOSURE, true]] });
    await child.close();
    await turn();
    expect(client.isActive).toBe(true);
    await expect(client.writeAndFlush("a")).rejects.toEqual(code("CONNECTION_RESET"));
  });

  it("delivers a message whose sender closes as soon as it is sent", async () => {
    for (const how of ["close", "closeForcibly"] as const) {
      const { server, client, child, log } = await pair();
      client.writeAndFlush("bye").addListener(() => client[how]());
      await child.closed;
      expect(log).toContain("child.read bye");
      await server.close();
    }
  });

  it("delivers nothing to an end that closed during the burst", async () => {
    const { client, child, log } = await pair({ childHandler: { channelRead: (ctx) => ctx.close() } });
    client.write("a");
    client.writeAndFlush("b");
    await child.closed;
    expect(log.filter((entry) => entry.includes(".read "))).toEqual(["child.read a"]);
    await client.closed;
  });

  it("disposes of a server with everything it has accepted", async () => {
    let client: Channel | undefined;
    {
      await using server = await new ServerBootstrap()
        .transport(local())
        .childHandler(() => {})
        .bind({ local: "server" });
      client = await new Bootstrap().transport(local()).connect({ local: "server" });
      await turn();
      expect(server.children.size).toBe(1);
    }
    await client.closed;
    expect(client.closeCause).toBeUndefined();
    await expect(new Bootstrap().transport(local()).connect({ local: "server" })).rejects.toThrow(SluiceError);
  });
});
