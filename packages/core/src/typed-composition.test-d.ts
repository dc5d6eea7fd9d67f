/** What compiles, what does not, and on which line: design law 7. */
import { describe, expectTypeOf, it } from "vitest";
import {
  Bootstrap,
  type ByteBuf,
  type Channel,
  ChannelDuplexHandler,
  ChannelGroup,
  type ChannelHandler,
  type ChannelHandlerContext,
  ChannelInboundHandler,
  ChannelOption,
  ChannelOutboundHandler,
  type ChannelPipeline,
  type ChannelPromise,
  CombinedChannelDuplexHandler,
  type DatagramPacket,
  type DatagramTransport,
  PassThroughHandler,
  type PlainHandler,
  ServerBootstrap,
  type ServerChannel,
  SimpleChannelInboundHandler,
  type SocketAddress,
  type Transport,
  type WorkerGroup,
} from "./index.js";

// Stand-ins with the types of the real ones.
class Framer extends ChannelInboundHandler<ByteBuf, ByteBuf, never> {}
class Prepender extends ChannelOutboundHandler<ByteBuf, ByteBuf> {}
class TextDecoder extends ChannelInboundHandler<ByteBuf, string, never> {}
class TextEncoder extends ChannelOutboundHandler<string, ByteBuf> {}
class JsonCodec<In, Out> extends ChannelDuplexHandler<ByteBuf, In, Out, ByteBuf> {}
class Idle extends PassThroughHandler {}
class Echo extends ChannelInboundHandler<string, never, string> {}

interface Request {
  readonly id: number;
}
interface Reply {
  readonly id: number;
  readonly ok: boolean;
}

declare const bytes: ChannelPipeline<ByteBuf, ByteBuf>;
declare const tcp: Transport<ByteBuf, ByteBuf>;
declare const udp: DatagramTransport<DatagramPacket<ByteBuf>, DatagramPacket<ByteBuf>>;

describe("a chain", () => {
  it("knows what reaches its tail and what may be written there", () => {
    expectTypeOf(bytes.addLast(new Framer())).toEqualTypeOf<ChannelPipeline<ByteBuf, ByteBuf>>();
    const lines = bytes.addLast(new Framer()).addLast(new TextDecoder()).addLast(new TextEncoder());
    expectTypeOf(lines).toEqualTypeOf<ChannelPipeline<string, string>>();
    const json = bytes.addLast(new Framer()).addLast(new Prepender()).addLast(new JsonCodec<Request, Reply>());
    expectTypeOf(json).toEqualTypeOf<ChannelPipeline<Request, Reply>>();
    expectTypeOf(lines.addLast(new Echo())).toEqualTypeOf<ChannelPipeline<never, string>>();
  });

  it("is left as it is by pass-through handlers, anywhere", () => {
    const json = bytes.addLast(new Idle()).addLast(new JsonCodec<Request, Reply>()).addLast(new Idle());
    expectTypeOf(json).toEqualTypeOf<ChannelPipeline<Request, Reply>>();
    expectTypeOf(json.addLast({})).toEqualTypeOf<ChannelPipeline<Request, Reply>>();
  });

  it("takes names", () => {
    const json = bytes
      .addLast("idle", new Idle())
      .addLast("json", new JsonCodec<Request, Reply>())
      .addLast("log", { channelReadComplete: (ctx) => ctx.fireChannelReadComplete() });
    expectTypeOf(json).toEqualTypeOf<ChannelPipeline<Request, Reply>>();
    bytes
      .addLast("idle", new Idle())
      // @ts-expect-error strings do not arrive here
      .addLast("echo", new Echo())
      .addLast("idle again", new Idle());
  });

  it("takes combined handlers by the types of their parts", () => {
    const text = new CombinedChannelDuplexHandler(new TextDecoder(), new TextEncoder());
    expectTypeOf(bytes.addLast(text)).toEqualTypeOf<ChannelPipeline<string, string>>();
    // @ts-expect-error bytes do not arrive behind it
    bytes.addLast(text).addLast(text);
    // @ts-expect-error the parts are the wrong way round
    new CombinedChannelDuplexHandler(new TextEncoder(), new TextDecoder());
    // @ts-expect-error the inbound part of one may not be a duplex handler: its write would never be called
    new CombinedChannelDuplexHandler(new JsonCodec(), new TextEncoder());
  });

  it("takes handlers that accept more than what arrives", () => {
    class Anything extends ChannelInboundHandler<unknown, number, never> {}
    class TextOrBytesEncoder extends ChannelOutboundHandler<string | ByteBuf, ByteBuf> {}
    const chain = bytes.addLast(new Anything()).addLast(new TextOrBytesEncoder());
    expectTypeOf(chain).toEqualTypeOf<ChannelPipeline<number, string | ByteBuf>>();
    class Untyped extends SimpleChannelInboundHandler {
      protected channelRead0(): void {}
    }
    expectTypeOf(bytes.addLast(new Untyped())).toEqualTypeOf<ChannelPipeline<any, ByteBuf>>();
  });

  it("can be generic", () => {
    function rpc<In, Out>(pipeline: ChannelPipeline<ByteBuf, ByteBuf>) {
      return pipeline
        .addLast(new Framer())
        .addLast(new JsonCodec<In, Out>())
        .addLast(new (class Matcher extends ChannelDuplexHandler<In, In, Out, Out> {})())
        .addLast({ channelRead: (ctx, message) => ctx.fireChannelRead(message) });
    }
    expectTypeOf(rpc<Request, Reply>(bytes)).toEqualTypeOf<ChannelPipeline<Request, Reply>>();
  });
});

describe("a handler in the wrong place is an error on its own line", () => {
  it("a string handler before the framer", () => {
    bytes
      .addLast(new Idle())
      // @ts-expect-error it takes strings, bytes arrive
      .addLast(new Echo())
      .addLast(new Framer())
      .addLast(new TextDecoder());
  });

  it("a framer behind the decoder", () => {
    bytes
      .addLast(new TextDecoder())
      .addLast(new TextEncoder())
      // @ts-expect-error it takes bytes, strings arrive
      .addLast(new Framer())
      .addLast(new Idle());
  });

  it("an encoder missing", () => {
    bytes
      .addLast(new Framer())
      .addLast(new TextDecoder())
      // @ts-expect-error it writes strings, only bytes may be written here
      .addLast(new Echo())
      .addLast(new Idle());
  });

  it("an encoder too many", () => {
    bytes
      .addLast(new TextEncoder())
      // @ts-expect-error it hands on bytes, strings may be written here
      .addLast(new TextEncoder())
      .addLast(new Idle());
  });

  it("a codec before the idle handler that became one by mistake", () => {
    bytes
      .addLast(new JsonCodec<Request, Reply>())
      // @ts-expect-error requests arrive, not bytes
      .addLast(new JsonCodec<Request, Reply>())
      .addLast({});
  });
});

describe("an object literal is typed by its position", () => {
  it("knows what arrives and what may be written", () => {
    bytes.addLast(new JsonCodec<Request, Reply>()).addLast({
      channelRead(ctx, request) {
        expectTypeOf(request).toEqualTypeOf<Request>();
        expectTypeOf(ctx).toEqualTypeOf<ChannelHandlerContext<Request, Reply>>();
        ctx.writeAndFlush({ id: request.id, ok: true });
        // @ts-expect-error a misspelt field
        ctx.writeAndFlush({ id: request.id, okay: true });
        // @ts-expect-error a missing field
        ctx.write({ id: request.id });
        // @ts-expect-error a request has no name
        ctx.fireChannelRead(request.name);
      },
      write(ctx, reply, completion) {
        expectTypeOf(reply).toEqualTypeOf<Reply>();
        ctx.write(reply, completion);
      },
      userEventTriggered(ctx, event) {
        expectTypeOf(event).toEqualTypeOf<unknown>();
        ctx.fireUserEventTriggered(event);
      },
    });
  });

  it("may stand apart when its types are given", () => {
    const echo: PlainHandler<string, string> = { channelRead: (ctx, line) => ctx.write(line) };
    bytes.addLast(new TextDecoder()).addLast(new TextEncoder()).addLast(echo);
    // @ts-expect-error bytes arrive here
    bytes.addLast(echo);
  });

  it("may not misspell an event", () => {
    // @ts-expect-error a channel reads, it does not red
    bytes.addLast({ channelRed() {} });
  });
});

describe("edits at run time", () => {
  it("stay possible and are not checked", () => {
    const json = bytes.addLast("json", new JsonCodec<Request, Reply>());
    expectTypeOf(json.addFirst(new Echo())).toEqualTypeOf<ChannelPipeline<Request, Reply>>();
    json.addBefore("json", "framer", new Framer(), new Prepender()).addAfter(JsonCodec, new Idle(), "echo", new Echo());
    expectTypeOf(json.remove(Framer)).toEqualTypeOf<ChannelHandler>();
    json.replace("echo", "idle", new Idle());
    expectTypeOf(json.get(Idle)).toEqualTypeOf<Idle | undefined>();
    expectTypeOf(json.get("idle")).toEqualTypeOf<ChannelHandler | undefined>();
  });

  it("a list of handlers says nothing of what is behind it", () => {
    const listed = bytes.addLast(new Framer(), new TextDecoder());
    expectTypeOf(listed).toEqualTypeOf<ChannelPipeline<unknown, never>>();
    // @ts-expect-error so a string handler does not fit behind it
    listed.addLast(new Echo());
    // @ts-expect-error nor may anything be written
    listed.addLast({ channelRead: (ctx) => ctx.write("x") });
  });

  it("a pipeline is not mistaken for one of other types", () => {
    const lines: ChannelPipeline<string, string> = bytes.addLast(new TextDecoder()).addLast(new TextEncoder());
    expectTypeOf(lines.write).parameter(0).toEqualTypeOf<string>();
    // @ts-expect-error bytes reach this tail
    const wrong: ChannelPipeline<string, ByteBuf> = bytes;
    return [lines, wrong];
  });
});

describe("a Bootstrap", () => {
  it("gives channels typed by the pipeline that the initialiser returns", async () => {
    const bootstrap = new Bootstrap()
      .transport(tcp)
      .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 1000)
      .handler((p) => p.addLast(new Framer()).addLast(new JsonCodec<Reply, Request>()).addLast(new Idle()));
    const channel = await bootstrap.connect({ port: 1 });
    expectTypeOf(channel).toEqualTypeOf<Channel<Reply, Request>>();
    expectTypeOf(channel.write({ id: 1 })).toEqualTypeOf<ChannelPromise>();
    expectTypeOf(channel.send).parameter(0).toEqualTypeOf<Request>();
    for await (const reply of channel.messages()) expectTypeOf(reply).toEqualTypeOf<Reply>();
    // @ts-expect-error a request has an id
    channel.write({ ok: true });
    // @ts-expect-error bytes are made further down
    await channel.send("text");
  });

  it("gives bytes without an initialiser, and anything with one that returns nothing", async () => {
    const raw = await new Bootstrap().transport(tcp).connect({ port: 1 });
    expectTypeOf(raw).toEqualTypeOf<Channel<ByteBuf, ByteBuf>>();
    const initialised = await new Bootstrap()
      .transport(tcp)
      .handler((p) => {
        p.addLast(new Framer());
      })
      .connect({ port: 1 });
    expectTypeOf(initialised).toEqualTypeOf<Channel<any, any>>();
  });

  it("reports a misfit inside the initialiser on its line", () => {
    new Bootstrap().transport(tcp).handler((p) =>
      p
        .addLast(new Framer())
        // @ts-expect-error strings do not arrive here
        .addLast(new Echo())
        .addLast(new Idle()),
    );
  });

  it("binds, or connects, channels of a datagram transport", async () => {
    const bootstrap = new Bootstrap().transport(udp).handler((p) => p.addLast(new Idle()));
    const packets = await bootstrap.option(ChannelOption.SO_BROADCAST, true).bind({ port: 1 });
    expectTypeOf(packets).toEqualTypeOf<Channel<DatagramPacket<ByteBuf>, DatagramPacket<ByteBuf>>>();
    expectTypeOf(await bootstrap.connect({ port: 1 })).toEqualTypeOf(packets);
  });

  it("binds no channel of a transport of connections, and a ServerBootstrap none of datagrams", () => {
    // @ts-expect-error a ServerBootstrap does
    new Bootstrap().transport(tcp).bind({ port: 1 });
    // @ts-expect-error no transport has been chosen
    new Bootstrap().bind({ port: 1 });
    // @ts-expect-error there are no connections to accept
    new ServerBootstrap().transport(udp);
  });

  it("checks the values of options", () => {
    // @ts-expect-error a number of milliseconds
    new Bootstrap().option(ChannelOption.CONNECT_TIMEOUT_MILLIS, "soon");
    // @ts-expect-error a boolean
    new ServerBootstrap().childOption(ChannelOption.TCP_NODELAY, 1);
  });
});

describe("a ServerBootstrap", () => {
  it("is typed from end to end", async () => {
    const bootstrap = new ServerBootstrap()
      .transport(tcp)
      .option(ChannelOption.SO_BACKLOG, 1024)
      .childOption(ChannelOption.TCP_NODELAY, true)
      .childHandler((p) =>
        p
          .addLast(new Idle())
          .addLast(new Framer())
          .addLast(new Prepender())
          .addLast(new JsonCodec<Request, Reply>())
          .addLast({
            channelRead(ctx, request) {
              ctx.writeAndFlush({ id: request.id, ok: true });
              // @ts-expect-error another shape
              ctx.writeAndFlush({ id: request.id, ok: "yes" });
            },
          }),
      )
      .handler((p) => p.addLast({ channelRead: (ctx, child) => ctx.fireChannelRead(child) }));
    await using server = await bootstrap.bind({ host: "127.0.0.1", port: 9000 });
    expectTypeOf(server).toEqualTypeOf<ServerChannel<Request, Reply>>();
    await server.children.writeAndFlush({ id: 1, ok: true });
    // @ts-expect-error what is broadcast is typed as well
    await server.children.writeAndFlush({ id: 1 });
    for (const child of server.children) expectTypeOf(child).toEqualTypeOf<Channel<Request, Reply>>();
  });

  it("with workers gives a server or a group of them", async () => {
    const bootstrap = new ServerBootstrap()
      .workers(2)
      .transport(tcp)
      .childHandler((p) => p.addLast(new Framer()).addLast(new Prepender()).addLast(new JsonCodec<Request, Reply>()));
    await using server = await bootstrap.bind({ port: 9000 });
    expectTypeOf(server).toEqualTypeOf<ServerChannel<Request, Reply> | WorkerGroup>();
    expectTypeOf(server.localAddress).toEqualTypeOf<SocketAddress>();
    await server.shutdown({ quietMs: 100 });
    await server.closed;
  });

  it("reports a framer behind the codec on its line", () => {
    new ServerBootstrap().transport(tcp).childHandler((p) =>
      p
        .addLast(new JsonCodec<Request, Reply>())
        // @ts-expect-error it takes bytes
        .addLast(new Framer())
        .addLast({ channelRead: () => {} }),
    );
  });
});

describe("a ReconnectingClient", () => {
  it("is typed by the pipeline", async () => {
    await using client = new Bootstrap()
      .transport(tcp)
      .handler((p) => p.addLast(new Framer()).addLast(new Prepender()).addLast(new JsonCodec<Reply, Request>()))
      .reconnect({
        servers: [{ host: "a", port: 1 }],
        prepare: async (channel) => {
          expectTypeOf(channel).toEqualTypeOf<Channel<Reply, Request>>();
          await channel.send({ id: 1 });
        },
      });
    expectTypeOf(client.channel).toEqualTypeOf<Channel<Reply, Request> | undefined>();
    expectTypeOf(await client.ready()).toEqualTypeOf<Channel<Reply, Request>>();
    client.on("uncertain", (messages) => expectTypeOf(messages).toEqualTypeOf<readonly Request[]>());
    for await (const reply of client.messages()) expectTypeOf(reply).toEqualTypeOf<Reply>();
    await client.send({ id: 2 });
    // @ts-expect-error another shape
    await client.send({ ok: true });
  });

  it("refuses a signal for one server alone", () => {
    // @ts-expect-error it is the client's
    new Bootstrap().transport(tcp).reconnect({ servers: [{ port: 1, signal: AbortSignal.timeout(1) }] });
  });
});

describe("a ChannelGroup", () => {
  it("takes channels of its types", () => {
    const group = new ChannelGroup<string, string>();
    expectTypeOf(group.add).parameter(0).toEqualTypeOf<Channel<string, string>>();
    // @ts-expect-error requests may be written to this one
    group.add({} as Channel<string, Request>);
    // @ts-expect-error replies come from this one
    group.add({} as Channel<Reply, string>);
  });
});
