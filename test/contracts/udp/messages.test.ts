/** Datagrams over real sockets: what arrives, from whom, and what cannot be sent. */
import { Bootstrap, ByteBuf, ChannelOption, DatagramPacket, ServerBootstrap, udp } from "sluice";
import { describe, expect, it, type TestContext } from "vitest";
import { addressOf, bound, closedLater, connected, nextError, packet, texts } from "./loopback.js";

const code = (code: string) => expect.objectContaining({ code });

/** As much as fits into an IPv4 packet beside its headers. */
const LONGEST_IPV4 = 65_507;
const LONGEST_IPV6 = 65_527;

describe("a bound channel", () => {
  it("gets packets that say where they come from, and answers them", async () => {
    const service = await bound((bootstrap) =>
      bootstrap.handler((p) =>
        p.addLast({
          channelRead(ctx, query) {
            const text = `${query.content} came from ${query.sender?.port} to ${query.recipient.port}`;
            ctx.writeAndFlush(query.reply(ByteBuf.from(text)));
          },
        }),
      ),
    );
    const [one, other] = [await bound(), await bound()];
    one.writeAndFlush(packet(service, "a"));
    other.writeAndFlush(packet(service, "b"));
    const { port } = addressOf(service);
    expect(await texts(one, 1)).toEqual([`a came from ${addressOf(one).port} to ${port}`]);
    expect(await texts(other, 1)).toEqual([`b came from ${addressOf(other).port} to ${port}`]);
  });

  it("sends to names as well, in the order of the writes", async () => {
    const [service, sender] = [await bound(), await bound()];
    const { port } = addressOf(service);
    for (const [i, host] of ["127.0.0.1", "localhost", "127.0.0.1"].entries())
      sender.write(packet({ host, port }, `${i}`));
    sender.flush();
    expect(await texts(service, 3)).toEqual(["0", "1", "2"]);
  });

  it("refuses what is no packet of bytes, and recipients that can be none", async () => {
    const channel = await bound();
    await expect(channel.write(ByteBuf.from("x") as never)).rejects.toEqual(code("UNSUPPORTED_MESSAGE"));
    const text = new DatagramPacket({ content: "text", recipient: addressOf(channel) });
    await expect(channel.write(text as never)).rejects.toEqual(code("UNSUPPORTED_MESSAGE"));
    for (const port of [0, 65_536, 1.5]) {
      const wrong = channel.write(packet({ host: "127.0.0.1", port }, "x"));
      await expect(wrong).rejects.toEqual(code("INVALID_ARGUMENT"));
    }
    expect(channel.isActive).toBe(true);
  });

  it("does not send to the other family, nor to broadcast addresses without SO_BROADCAST", async () => {
    const channel = await bound();
    await expect(channel.writeAndFlush(packet({ host: "::1", port: 9 }, "x"))).rejects.toEqual(
      code("DATAGRAM_NOT_SENT"),
    );
    const broadcast = packet({ host: "127.255.255.255", port: addressOf(channel).port }, "to all");
    await expect(channel.writeAndFlush(broadcast)).rejects.toEqual(code("DATAGRAM_NOT_SENT"));
    channel.setOption(ChannelOption.SO_BROADCAST, true);
    await channel.writeAndFlush(broadcast);
    expect(channel.isActive).toBe(true);
  });
});

describe("a connected channel", () => {
  it("has bytes as messages, and hears its peer only", async () => {
    const [peer, stranger] = [await bound(), await bound()];
    const channel = await connected(peer);
    channel.writeAndFlush(ByteBuf.from("hello"));
    expect(await texts(peer, 1)).toEqual(["hello"]);
    await stranger.writeAndFlush(packet(channel, "I am somebody else"));
    peer.writeAndFlush(packet(channel, "welcome"));
    expect(await texts(channel, 1)).toEqual(["welcome"]);
    expect(channel.remoteAddress).toEqual(addressOf(peer));
  });

  it("can have packets as messages, to its peer and to nobody else", async () => {
    const [peer, stranger] = [await bound(), await bound()];
    const { port } = addressOf(peer);
    const channel = closedLater(await new Bootstrap().transport(udp()).connect({ host: "localhost", port }));
    for (const host of ["localhost", "127.0.0.1"]) await channel.writeAndFlush(packet({ host, port }, host));
    await expect(channel.writeAndFlush(packet(stranger, "x"))).rejects.toEqual(code("INVALID_ARGUMENT"));
    expect(await texts(peer, 2)).toEqual(["localhost", "127.0.0.1"]);
  });

  it("comes from the port it is told to", async () => {
    const peer = await bound();
    const spare = await bound();
    const localPort = addressOf(spare).port;
    await spare.close();
    const options = { ...addressOf(peer), localAddress: "127.0.0.1", localPort };
    const channel = closedLater(await new Bootstrap().transport(udp()).connect(options));
    expect(channel.localAddress).toMatchObject({ host: "127.0.0.1", port: localPort });
  });

  it("is told that nobody listens at the peer, and goes on: somebody may, later", async () => {
    const peer = await bound();
    const channel = await connected(peer);
    const { port } = addressOf(peer);
    await peer.close();
    const error = nextError(channel);
    await channel.writeAndFlush(ByteBuf.from("anybody there?"));
    expect(await error).toEqual(code("PEER_UNREACHABLE"));
    const successor = closedLater(await new Bootstrap().transport(udp()).bind({ host: "127.0.0.1", port }));
    await channel.writeAndFlush(ByteBuf.from("and now?"));
    expect(await texts(successor, 1)).toEqual(["and now?"]);
  });
});

describe("datagrams of any length", () => {
  it("arrive whole: none, one, many and as many bytes as fit", async () => {
    const service = await bound();
    const channel = await connected(service);
    for (const length of [0, 1, 2049, LONGEST_IPV4]) {
      const bytes = ByteBuf.from(new Uint8Array(length).fill(length));
      await channel.writeAndFlush(bytes.duplicate());
      for await (const { content } of service.messages()) {
        expect([content.readableBytes, content.equals(bytes)]).toEqual([length, true]);
        break;
      }
    }
  });

  it("are DATAGRAM_TOO_LONG when the system cannot send them, and the next one is sent", async () => {
    const service = await bound();
    const channel = await connected(service);
    const tooLong = channel.writeAndFlush(ByteBuf.from(new Uint8Array(LONGEST_IPV4 + 1)));
    channel.writeAndFlush(ByteBuf.from("short"));
    await expect(tooLong).rejects.toMatchObject({ code: "DATAGRAM_TOO_LONG", length: LONGEST_IPV4 + 1 });
    expect(await texts(service, 1)).toEqual(["short"]);
  });

  it("are dropped with DATAGRAM_TOO_LONG when they are longer than the limit, in their place", async () => {
    const log: string[] = [];
    const service = await bound(
      (bootstrap) =>
        bootstrap.handler((p) =>
          p.addLast({
            channelRead(ctx, message) {
              log.push(String(message.content));
              ctx.fireChannelRead(message);
            },
            exceptionCaught: (_ctx, error) => log.push(error.message.replace(/ from .*? is /, " is ")),
          }),
        ),
      { maxDatagramBytes: 5 },
    );
    const channel = await connected(service);
    for (const text of ["12345", "123456", "1"]) channel.write(ByteBuf.from(text));
    channel.flush();
    await texts(service, 2);
    expect(log).toEqual(["12345", "a datagram of 6 bytes is longer than 5", "1"]);
  });
});

describe("IPv6", () => {
  it("carries datagrams, longer ones than IPv4", async (context) => {
    const service = await boundToIPv6(context);
    const channel = await connected(service);
    await channel.writeAndFlush(ByteBuf.from(new Uint8Array(LONGEST_IPV6)));
    for await (const { content, sender } of service.messages()) {
      expect([content.readableBytes, sender?.host, sender?.family]).toEqual([LONGEST_IPV6, "::1", "IPv6"]);
      break;
    }
  });

  it("serves IPv4 as well, both ways", async (context) => {
    await boundToIPv6(context);
    const service = await bound(undefined, { family: "IPv6" }, { host: "::", port: 0 });
    const { port } = addressOf(service);
    const client = await bound();
    client.writeAndFlush(packet({ host: "127.0.0.1", port }, "four"));
    for await (const { sender } of service.messages()) {
      expect(sender?.host).toBe("::ffff:127.0.0.1");
      break;
    }
    service.writeAndFlush(packet(client, "six"));
    expect(await texts(client, 1)).toEqual(["six"]);
  });

  it("leaves IPv4 alone when told so", async (context) => {
    await boundToIPv6(context);
    const service = await bound(undefined, { ipv6Only: true }, { host: "::", port: 0 });
    const four = await new Bootstrap().transport(udp()).bind({ host: "0.0.0.0", port: addressOf(service).port });
    closedLater(four);
    await expect(service.writeAndFlush(packet({ host: "127.0.0.1", port: 9 }, "x"))).rejects.toEqual(
      code("DATAGRAM_NOT_SENT"),
    );
  });
});

describe("what cannot be opened", () => {
  const bootstrap = () => new Bootstrap().transport(udp());

  it("an address that is taken, unless it may be shared", async () => {
    const { port } = addressOf(await bound());
    await expect(bootstrap().bind({ host: "127.0.0.1", port })).rejects.toEqual(code("ADDRESS_IN_USE"));
    const sharing = () => bootstrap().option(ChannelOption.SO_REUSEADDR, true);
    const first = closedLater(await sharing().bind({ host: "127.0.0.1", port: 0 }));
    closedLater(await sharing().bind({ host: "127.0.0.1", port: addressOf(first).port }));
  });

  it.each([
    ["a port that is none", { port: 70_000 }, "INVALID_ARGUMENT"],
    ["an address of another machine", { host: "192.0.2.1", port: 0 }, "ADDRESS_UNAVAILABLE"],
  ])("%s", async (_what, options, expected) => {
    await expect(bootstrap().bind(options)).rejects.toEqual(code(expected));
  });

  it("a peer's port that is none, and a bind that is aborted", async () => {
    await expect(bootstrap().connect({ host: "127.0.0.1", port: 70_000 })).rejects.toEqual(code("INVALID_ARGUMENT"));
    await expect(bootstrap().bind({ port: 0, signal: AbortSignal.abort() })).rejects.toEqual(code("ABORTED"));
  });

  it("options of other transports, and buffers larger than the system grants", async () => {
    const nagle = bootstrap().option(ChannelOption.TCP_NODELAY, true);
    await expect(nagle.bind({ port: 0 })).rejects.toEqual(code("OPTION_UNSUPPORTED"));
    const channel = await bound((b) => b.option(ChannelOption.SO_RCVBUF, 8192).option(ChannelOption.IP_TTL, 3));
    expect(() => channel.setOption(ChannelOption.SO_RCVBUF, 2 ** 31 - 1)).toThrow(code("OPTION_UNSUPPORTED"));
  });

  it("a server: there are no connections to accept", async () => {
    const server = new ServerBootstrap().transport(udp() as never).childHandler(() => {});
    await expect(server.bind({ port: 0 })).rejects.toEqual(code("INVALID_ARGUMENT"));
  });

  it("a limit that is none", () => {
    expect(() => udp({ maxDatagramBytes: 0 })).toThrow(code("INVALID_ARGUMENT"));
    expect(() => udp({ maxWaitingBytes: Number.NaN })).toThrow(code("INVALID_ARGUMENT"));
  });
});

async function boundToIPv6(context: TestContext) {
  try {
    return await bound(undefined, {}, { host: "::1", port: 0 });
  } catch {
    return context.skip("there is no IPv6 here");
  }
}
