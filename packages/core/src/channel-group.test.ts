import { ByteBuf } from "@sluice/buffer";
import { describe, expect, it } from "vitest";
import { connected, scripted } from "../fixtures/scripted-transport.js";
import { ChannelGroup } from "./channel-group.js";
import { EmbeddedChannel } from "./embedded/index.js";
import { ServerBootstrap } from "./index.js";
import { local } from "./local/index.js";

const code = (code: string) => expect.objectContaining({ code });

function members(count: number) {
  const group = new ChannelGroup();
  const channels = Array.from({ length: count }, () => new EmbeddedChannel());
  for (const channel of channels) group.add(channel);
  return { group, channels };
}

describe("membership", () => {
  it("is that of a set", () => {
    const { group, channels } = members(2);
    const [a, b] = channels as [EmbeddedChannel, EmbeddedChannel];
    expect([group.size, group.has(a), [...group]]).toEqual([2, true, [a, b]]);
    expect([group.add(a), group.remove(b), group.remove(b), group.add(b)]).toEqual([false, true, false, true]);
    const other = new ChannelGroup();
    expect([other.add(a), other.size]).toEqual([true, 1]);
    group.clear();
    expect([group.size, other.size, a.isOpen]).toEqual([0, 1, true]);
    expect(b.listenerCount("close")).toBe(0);
  });

  it("ends with the channel", async () => {
    const { group, channels } = members(3);
    channels[1]?.finish();
    expect([...group]).toEqual([channels[0], channels[2]]);
    const all = group.allClosed();
    channels[0]?.closeForcibly();
    channels[2]?.close();
    await all;
    expect(group.size).toBe(0);
    expect(group.add(channels[0] as EmbeddedChannel)).toBe(false);
    await new ChannelGroup().allClosed();
  });

  it("may change while an operation walks over it", async () => {
    const { group, channels } = members(3);
    for (const channel of channels) {
      channel.pipeline.addLast({
        write: (ctx, message, completion) => {
          ctx.channel.close();
          group.add(new EmbeddedChannel());
          ctx.write(message, completion);
        },
      });
    }
    const { succeeded, failed } = await group.writeAndFlush("x");
    expect([succeeded, [...failed.keys()]]).toEqual([0, channels]);
    expect(group.size).toBe(3);
  });
});

describe("broadcast", () => {
  it("reaches every member and tells how it went", async () => {
    const { group, channels } = members(3);
    const broken = connected();
    group.add(broken.channel);
    const result = group.writeAndFlush("hello");
    broken.end.signals.failed(new Error("reset"));
    expect(await result).toEqual({ succeeded: 3, failed: new Map([[broken.channel, new Error("reset")]]) });
    for (const channel of channels) expect(channel.readOutbound()).toBe("hello");
    expect(await new ChannelGroup().write("x")).toEqual({ succeeded: 0, failed: new Map() });
  });

  it("separates write and flush", async () => {
    const { group, channels } = members(2);
    const writing = group.write("a");
    expect(channels[0]?.outboundMessages).toEqual([]);
    group.flush((channel) => channel === channels[0]);
    expect(channels.map(({ outboundMessages }) => outboundMessages)).toEqual([["a"], []]);
    group.flush();
    expect((await writing).succeeded).toBe(2);
  });

  it("can be for some", async () => {
    const { group, channels } = members(3);
    const result = await group.writeAndFlush("x", (channel) => channel !== channels[1]);
    expect([result.succeeded, channels.map(({ outboundMessages }) => outboundMessages.length)]).toEqual([2, [1, 0, 1]]);
  });

  it("shares bytes: one memory, indexes for each", async () => {
    const { group, channels } = members(2);
    const message = ByteBuf.from("hello");
    await group.writeAndFlush(message);
    const [a, b] = channels.map((channel) => channel.readOutbound<ByteBuf>() as ByteBuf) as [ByteBuf, ByteBuf];
    a.skipBytes(3);
    expect([a.toString(), b.toString(), message.toString()]).toEqual(["lo", "hello", "hello"]);
    expect([a.array === message.array, b.array === message.array, a === b]).toEqual([true, true, false]);
  });

  it("does not write to servers", async () => {
    const group = new ChannelGroup();
    const server = await new ServerBootstrap()
      .transport(local())
      .childHandler(() => {})
      .bind({ local: "group" });
    group.add(server);
    group.add(new EmbeddedChannel());
    expect(await group.writeAndFlush("x")).toEqual({ succeeded: 1, failed: new Map() });
    await server.close();
  });
});

describe("closing", () => {
  it("closes all, or some, and tells how it went", async () => {
    const { group, channels } = members(3);
    const refusing = connected({ close: (_ctx, completion) => completion?.fail(new Error("no")) });
    group.add(refusing.channel);
    await group.close({ matcher: (channel) => channel === channels[0] });
    expect(group.size).toBe(3);
    expect(await group.close()).toEqual({ succeeded: 2, failed: new Map([[refusing.channel, new Error("no")]]) });
    expect([...group]).toEqual([refusing.channel]);
  });

  it("fails what is queued when asked to", async () => {
    const { channel } = connected();
    const group = new ChannelGroup();
    group.add(channel);
    const write = channel.writeAndFlush("x");
    const closing = group.close({ pendingWrites: "fail" });
    await expect(write).rejects.toEqual(code("CHANNEL_CLOSED"));
    await closing;
  });

  it("closes servers before connections", async () => {
    const order: string[] = [];
    const group = new ChannelGroup();
    const connection = new EmbeddedChannel({
      close: (ctx, completion) => {
        order.push("connection");
        ctx.close(completion);
      },
    });
    group.add(connection);
    group.add(
      await new ServerBootstrap()
        .transport(local())
        .handler((p) =>
          p.addLast({
            close: (ctx, completion) => {
              order.push("server");
              ctx.close(completion);
            },
          }),
        )
        .childHandler(() => {})
        .bind({ local: "group" }),
    );
    await group.close();
    expect(order).toEqual(["server", "connection"]);
  });

  it("for good: what is added afterwards is closed at once", async () => {
    const group = new ChannelGroup();
    await group.close();
    const early = new EmbeddedChannel();
    expect(group.add(early)).toBe(true);
    await group.close({ stayClosed: true });
    const late = scripted().channel;
    expect([early.isOpen, group.add(late), group.size, late.isOpen]).toEqual([false, false, 0, false]);
    await group.close();
    expect(group.add(new EmbeddedChannel())).toBe(false);
  });
});
