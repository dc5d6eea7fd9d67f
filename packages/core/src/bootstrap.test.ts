import { describe, expect, it } from "vitest";
import { type ScriptedConnection, scriptedTransport } from "../fixtures/scripted-transport.js";
import { ManualClock } from "./embedded/index.js";
import { AttributeKey, Bootstrap, ChannelOption, ServerBootstrap, systemClock, WriteBufferWaterMark } from "./index.js";
import { local } from "./local/index.js";

const code = (code: string) => expect.objectContaining({ code });

describe("Bootstrap", () => {
  it("sets up handlers, options and attributes, in that order, and connects", async () => {
    const ends: ScriptedConnection[] = [];
    const clock = new ManualClock();
    const key = new AttributeKey<number>("n");
    const seen: unknown[] = [];
    const connecting = new Bootstrap()
      .transport(scriptedTransport(ends))
      .clock(clock)
      .option(ChannelOption.TCP_NODELAY, false)
      .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 5)
      .attr(key, 7)
      .handler((p) => {
        seen.push(p.channel.getOption(ChannelOption.TCP_NODELAY), p.channel.attr(key).get());
        p.addLast("connect", {
          connect: (ctx, options, completion) => {
            seen.push(options.port, ctx.channel.attr(key).get());
            ctx.connect(options, completion);
          },
        });
      })
      .connect({ port: 9 });
    const [end] = ends as [ScriptedConnection];
    expect(seen).toEqual([undefined, undefined, 9, 7]);
    expect([end.saw(), clock.nextDeadline]).toEqual([["setOption TCP_NODELAY false", "connect"], 5]);
    end.signals.active();
    const channel = await connecting;
    expect([channel.isActive, channel.attr(key).get(), channel.clock]).toEqual([true, 7, clock]);
  });

  it("can be used again and again", async () => {
    const ends: ScriptedConnection[] = [];
    const bootstrap = new Bootstrap().transport(scriptedTransport(ends)).handler((p) => p.addLast({}));
    const connecting = [bootstrap.connect({}), bootstrap.connect({})];
    for (const end of ends) end.signals.active();
    const [a, b] = await Promise.all(connecting);
    expect([a === b, a?.id === b?.id, a?.clock]).toEqual([false, false, systemClock]);
  });

  it("rejects, and leaves nothing open, when something fails on the way", async () => {
    const ends: ScriptedConnection[] = [];
    const make = () => new Bootstrap().transport(scriptedTransport(ends));
    await expect(new Bootstrap().connect({})).rejects.toEqual(code("INVALID_ARGUMENT"));
    const initialiser = make().handler(() => {
      throw new Error("initialiser");
    });
    await expect(initialiser.connect({})).rejects.toThrow("initialiser");
    await expect(make().option(ChannelOption.MAX_OUTBOUND_BYTES, 0).connect({})).rejects.toEqual(
      code("INVALID_ARGUMENT"),
    );
    const refused = make().connect({});
    ends[2]?.signals.connectFailed(new Error("refused"));
    await expect(refused).rejects.toThrow("refused");
    const held = make().handler((p) => p.addLast({ connect: (_ctx, _options, c) => c.fail(new Error("held")) }));
    await expect(held.connect({})).rejects.toThrow("held");
    expect(ends.map(({ calls }) => calls.filter((verb) => verb === "destroy").length)).toEqual([1, 1, 1, 1]);
  });
});

describe("ServerBootstrap", () => {
  it("needs a transport and a childHandler", async () => {
    await expect(new ServerBootstrap().childHandler(() => {}).bind({})).rejects.toThrow("needs a transport");
    await expect(new ServerBootstrap().transport(local()).bind({})).rejects.toThrow("needs a childHandler");
  });

  it("sets up the server with handlers, options and attributes of its own", async () => {
    const key = new AttributeKey<string>("role");
    const server = await new ServerBootstrap()
      .transport(local())
      .handler((p) => p.addLast("counter", {}))
      .option(ChannelOption.AUTO_READ, false)
      .attr(key, "server")
      .childHandler(() => {})
      .bind({ local: "bootstrap" });
    expect([server.pipeline.names(), server.autoRead, server.attr(key).get()]).toEqual([
      ["counter", "acceptor"],
      false,
      "server",
    ]);
    await server.shutdown();
  });

  it("rejects when the server cannot be set up", async () => {
    const make = () => new ServerBootstrap().transport(local()).childHandler(() => {});
    const initialiser = make().handler(() => {
      throw new Error("initialiser");
    });
    await expect(initialiser.bind({ local: "bootstrap" })).rejects.toThrow("initialiser");
    await expect(make().bind({ local: "bootstrap", signal: AbortSignal.abort() })).rejects.toEqual(code("ABORTED"));
    const server = await make().bind({ local: "bootstrap" });
    await server.shutdown();
  });
});

describe("options", () => {
  it.each([
    [ChannelOption.CONNECT_TIMEOUT_MILLIS, -1],
    [ChannelOption.CONNECT_TIMEOUT_MILLIS, Number.NaN],
    [ChannelOption.CONNECT_TIMEOUT_MILLIS, Number.POSITIVE_INFINITY],
    [ChannelOption.CLOSE_TIMEOUT_MILLIS, -1],
    [ChannelOption.CLOSE_TIMEOUT_MILLIS, Number.POSITIVE_INFINITY],
    [ChannelOption.MAX_OUTBOUND_BYTES, 0],
    [ChannelOption.MAX_OUTBOUND_BYTES, Number.NaN],
    [ChannelOption.WRITE_BUFFER_WATER_MARK, { low: 2, high: 1 }],
    [ChannelOption.WRITE_BUFFER_WATER_MARK, { low: "a" }],
  ] as [ChannelOption<any>, unknown][])("refuse impossible values: %o", async (option, value) => {
    const connecting = new Bootstrap().transport(scriptedTransport([])).option(option, value).connect({});
    await expect(connecting).rejects.toEqual(code("INVALID_ARGUMENT"));
  });

  it("take water marks of any make", async () => {
    const ends: ScriptedConnection[] = [];
    const connecting = new Bootstrap()
      .transport(scriptedTransport(ends))
      .option(ChannelOption.WRITE_BUFFER_WATER_MARK, { low: 1, high: 100 })
      .connect({});
    ends[0]?.signals.active();
    const channel = await connecting;
    expect(channel.bytesBeforeUnwritable).toBe(101);
    channel.write("x");
    expect([channel.isWritable, channel.bytesBeforeUnwritable, channel.bytesBeforeWritable]).toEqual([false, 0, 104]);
    channel.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WriteBufferWaterMark.DEFAULT);
    expect(channel.isWritable).toBe(true);
    channel.setOption(ChannelOption.MAX_OUTBOUND_BYTES, 150);
    await expect(channel.write("y")).rejects.toEqual(code("OUTBOUND_BUFFER_FULL"));
  });

  it("are known again by getOption", async () => {
    const ends: ScriptedConnection[] = [];
    const connecting = new Bootstrap()
      .transport(scriptedTransport(ends))
      .option(ChannelOption.SO_KEEPALIVE, true)
      .connect({});
    ends[0]?.signals.active();
    const channel = await connecting;
    expect([channel.getOption(ChannelOption.SO_KEEPALIVE), channel.getOption(ChannelOption.TCP_NODELAY)]).toEqual([
      true,
      undefined,
    ]);
  });
});
