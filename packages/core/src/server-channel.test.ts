import { describe, expect, it } from "vitest";
import { turn } from "../fixtures/recorder.js";
import { ChannelOption } from "./channel-option.js";
import { ManualClock } from "./embedded/index.js";
import {
  AttributeKey,
  Bootstrap,
  Channel,
  type ChannelHandler,
  ConnectionRefusedEvent,
  type ListenerSignals,
  ServerBootstrap,
  SluiceError,
  type Transport,
} from "./index.js";
import { local } from "./local/index.js";

const code = (code: string) => expect.objectContaining({ code });
const acceptFailed = () => new SluiceError("ACCEPT_FAILED");
const client = () => new Bootstrap().transport(local()).connect({ local: "server" });

describe("accepting", () => {
  it("sends each connection through the server's own pipeline, set up when it leaves it", async () => {
    const seen: string[] = [];
    const key = new AttributeKey<string>("key");
    const server = await new ServerBootstrap()
      .transport(local())
      .handler((p) =>
        p.addLast({
          channelRead: (ctx, child) => {
            seen.push(
              `${child instanceof Channel} ${child.isActive} ${child.pipeline.names()} ${child.attr(key).get()}`,
            );
            ctx.fireChannelRead(child);
          },
          channelReadComplete: (ctx) => {
            seen.push("burst");
            ctx.fireChannelReadComplete();
          },
        }),
      )
      .childHandler((p) =>
        p.addLast("child", {
          channelActive: (ctx) => {
            seen.push(`active ${ctx.channel.attr(key).get()} ${ctx.channel.getOption(ChannelOption.AUTO_READ)}`);
          },
        }),
      )
      .childAttr(key, "value")
      .childOption(ChannelOption.AUTO_READ, false)
      .bind({ local: "server" });
    await client();
    await turn();
    expect(seen).toEqual(["true false  undefined", "active value false", "burst"]);
    expect([server.children.size, server.pipeline.names()]).toEqual([1, ["handler#0", "acceptor"]]);
    await server.shutdown();
  });

  it("may be refused by a handler of the server", async () => {
    const server = await new ServerBootstrap()
      .transport(local())
      .handler((p) => p.addLast({ channelRead: (_ctx, child) => child.closeForcibly() }))
      .childHandler(() => {})
      .bind({ local: "server" });
    const refused = await client();
    await refused.closed;
    expect([refused.closeCause, server.children.size]).toEqual([code("CONNECTION_RESET"), 0]);
    await server.shutdown();
  });

  it("sets nothing up for a connection that is gone already", async () => {
    let initialised = 0;
    const server = await new ServerBootstrap()
      .transport(local())
      .handler((p) =>
        p.addLast({
          channelRead: (ctx, child) => {
            child.closeForcibly();
            ctx.fireChannelRead(child);
          },
        }),
      )
      .childHandler(() => {
        initialised++;
      })
      .bind({ local: "server" });
    await (await client()).closed;
    expect(initialised).toBe(0);
    await server.shutdown();
  });

  it("does not fail with one connection that cannot be set up", async () => {
    let calls = 0;
    const server = await new ServerBootstrap()
      .transport(local())
      .childHandler(() => {
        if (calls++ === 0) throw new Error("bad initialiser");
      })
      .bind({ local: "server" });
    const errors: unknown[] = [];
    server.children.on("error", (error, child) => errors.push([error, child.parent === server]));
    const first = await client();
    await first.closed;
    await client();
    await turn();
    expect(errors).toEqual([[new Error("bad initialiser"), true]]);
    expect([server.isActive, server.children.size]).toEqual([true, 1]);
    await server.shutdown();
  });

  it("tells of a child option its transport does not have", async () => {
    const server = await new ServerBootstrap()
      .transport(local())
      .childOption(ChannelOption.TCP_NODELAY, true)
      .childHandler(() => {})
      .bind({ local: "server" });
    const told = new Promise((resolve) => server.children.on("error", resolve));
    await (await client()).closed;
    expect(await told).toEqual(code("OPTION_UNSUPPORTED"));
    await server.shutdown();
  });
});

describe("an error nobody handles", () => {
  const failing = async (listen: (server: any, child: Channel) => void) => {
    let child: Channel | undefined;
    const server = await new ServerBootstrap()
      .transport(local())
      .childHandler((p) => {
        child = p.channel;
      })
      .bind({ local: "server" });
    await client();
    await turn();
    listen(server, child as unknown as Channel);
    child?.pipeline.fireExceptionCaught(new Error("nobody's"));
    await child?.closed;
    expect(server.isActive).toBe(true);
    await server.shutdown();
  };

  it("is told to the child's listener, or else to those of children", async () => {
    const told: string[] = [];
    await failing((server, child) => {
      server.children.on("error", () => told.push("children"));
      child.on("error", () => told.push("child"));
    });
    await failing((server) => server.children.on("error", () => told.push("children")));
    expect(told).toEqual(["child", "children"]);
  });

  it("harms nobody although that listener throws", async () => {
    await failing((server) =>
      server.children.on("error", () => {
        throw new Error("listener");
      }),
    );
  });
});

describe("when the system cannot accept", () => {
  async function failingServer(handler: ChannelHandler = {}) {
    let signals: ListenerSignals | undefined;
    let reads = 0;
    const transport: Transport = {
      name: "scripted",
      createConnection: () => {
        throw new Error("no connections");
      },
      createListener: (listenerSignals) => {
        signals = listenerSignals;
        return {
          localAddress: undefined,
          remoteAddress: undefined,
          setOption: () => {},
          bind: () => queueMicrotask(() => listenerSignals.active()),
          read: () => reads++,
          close: () => queueMicrotask(() => listenerSignals.closed()),
          destroy: () => queueMicrotask(() => listenerSignals.closed()),
        };
      },
    };
    const clock = new ManualClock();
    const server = await new ServerBootstrap()
      .transport(transport)
      .clock(clock)
      .handler((p) => p.addLast(handler))
      .childHandler(() => {})
      .bind({});
    const errors: unknown[] = [];
    server.on("error", (error) => errors.push(error));
    return { server, clock, errors, signals: signals as unknown as ListenerSignals, reads: () => reads };
  }

  it("stops accepting for a second and says so", async () => {
    const { server, clock, errors, signals, reads } = await failingServer();
    expect(reads()).toBe(1);
    signals.acceptFailed(acceptFailed());
    signals.acceptFailed(acceptFailed());
    expect([server.autoRead, server.isActive, errors, clock.pending]).toEqual([
      false,
      true,
      [code("ACCEPT_FAILED"), code("ACCEPT_FAILED")],
      1,
    ]);
    clock.advance(999);
    expect([server.autoRead, reads()]).toEqual([false, 1]);
    clock.advance(1);
    expect([server.autoRead, reads()]).toEqual([true, 2]);
    await server.shutdown();
  });

  it("leaves alone a server whose autoRead somebody turned off", async () => {
    const { server, clock, signals } = await failingServer();
    server.autoRead = false;
    signals.acceptFailed(acceptFailed());
    expect(clock.pending).toBe(0);
    await server.shutdown();
  });

  it("closed meanwhile, begins nothing again", async () => {
    const { server, clock, signals, reads } = await failingServer();
    signals.acceptFailed(acceptFailed());
    await server.close();
    clock.advance(2000);
    expect(reads()).toBe(1);
  });

  it("shows it to the server's handlers first", async () => {
    const seen: string[] = [];
    const { server, errors, signals } = await failingServer({
      exceptionCaught: (_ctx, error) => seen.push((error as SluiceError).code),
    });
    signals.acceptFailed(acceptFailed());
    expect([seen, errors, server.autoRead]).toEqual([["ACCEPT_FAILED"], [], true]);
    await server.shutdown();
  });

  it("closes for any other error", async () => {
    const { server, errors, signals } = await failingServer();
    signals.failed(new Error("the socket broke"));
    await server.closed;
    expect(errors).toEqual([new Error("the socket broke")]);
  });

  it("resets a connection that arrives while the server closes", async () => {
    const { server, signals } = await failingServer();
    const verbs: string[] = [];
    server.close();
    const child = signals.accept((childSignals) => ({
      localAddress: undefined,
      remoteAddress: undefined,
      connect: () => {},
      read: () => {},
      accepts: () => true,
      flush: () => {},
      shutdownOutput: () => {},
      setOption: () => {},
      close: () => verbs.push("close"),
      destroy: () => {
        verbs.push("destroy");
        queueMicrotask(() => childSignals.closed());
      },
    }));
    signals.read(child);
    await child.closed;
    expect([verbs, server.children.size]).toEqual([["destroy"], 0]);
  });
});

describe("a server channel", () => {
  it("cannot be connected, written to or half-closed", async () => {
    const server = await new ServerBootstrap()
      .transport(local())
      .childHandler(() => {})
      .bind({ local: "server" });
    await expect(server.connect({ local: "server" })).rejects.toEqual(code("INVALID_ARGUMENT"));
    await expect(server.shutdownOutput()).rejects.toEqual(code("INVALID_ARGUMENT"));
    await expect(server.writeAndFlush("x" as never)).rejects.toEqual(code("UNSUPPORTED_MESSAGE"));
    await expect(server.bind({ local: "again" })).rejects.toEqual(code("INVALID_ARGUMENT"));
    expect(server.isActive).toBe(true);
    await server.shutdown();
  });
});

describe("MAX_CONNECTIONS", () => {
  async function limited(limit: number) {
    const seen: unknown[] = [];
    const server = await new ServerBootstrap()
      .transport(local())
      .option(ChannelOption.MAX_CONNECTIONS, limit)
      .handler((p) => p.addLast({ userEventTriggered: (_ctx, event) => void seen.push(event) }))
      .childHandler((p) => p.addLast({ channelActive: () => void seen.push("active") }))
      .bind({ local: "server" });
    return { server, seen };
  }

  it("refuses what is beyond it before it has handlers, and counts and tells it", async () => {
    const { server, seen } = await limited(2);
    const clients = [await client(), await client()];
    const third = await client();
    await third.closed;
    expect(third.closeCause).toEqual(code("CONNECTION_RESET"));
    expect([server.children.size, server.refusedConnections, server.maxConnections]).toEqual([2, 1, 2]);
    expect(seen).toEqual(["active", "active", expect.any(ConnectionRefusedEvent)]);
    const { channel, reason } = seen[2] as ConnectionRefusedEvent;
    expect(reason).toMatchObject({ code: "TOO_MANY_CONNECTIONS", limit: 2 });
    expect([channel.isOpen, channel.closeCause, channel.pipeline.names()]).toEqual([false, reason, []]);
    expect(String(seen[2])).toBe("ConnectionRefusedEvent(TOO_MANY_CONNECTIONS)");

    clients[0]?.closeForcibly();
    await turn();
    const fourth = await client();
    await turn();
    expect([fourth.isActive, server.children.size, server.refusedConnections]).toEqual([true, 2, 1]);
    await server.shutdown();
  });

  it("has a default, and is an option of servers only", async () => {
    const server = await new ServerBootstrap()
      .transport(local())
      .childHandler(() => {})
      .bind({ local: "server" });
    expect([server.maxConnections, server.getOption(ChannelOption.MAX_CONNECTIONS)]).toEqual([65_536, 65_536]);
    server.setOption(ChannelOption.MAX_CONNECTIONS, Number.POSITIVE_INFINITY);
    for (const wrong of [0, -1, Number.NaN]) {
      expect(() => server.setOption(ChannelOption.MAX_CONNECTIONS, wrong)).toThrow(code("INVALID_ARGUMENT"));
    }
    const channel = await client();
    expect(() => channel.setOption(ChannelOption.MAX_CONNECTIONS, 1)).toThrow(code("OPTION_UNSUPPORTED"));
    await server.shutdown();
  });
});
