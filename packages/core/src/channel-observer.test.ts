import { afterEach, describe, expect, it } from "vitest";
import { type ChannelObserver, observeChannels } from "./channel-observer.js";
import { EmbeddedChannel } from "./embedded/index.js";
import {
  Bootstrap,
  type Channel,
  ChannelOption,
  ServerBootstrap,
  ServerChannel,
  WriteBufferWaterMark,
} from "./index.js";
import { local } from "./local/index.js";

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

/** Notes what it is told, in order. */
function observing(only?: (channel: Channel) => boolean) {
  const log: string[] = [];
  const note = (event: string) => (channel: Channel) => {
    if (only?.(channel) ?? true) log.push(`${event} ${channel.id}`);
  };
  const observer: ChannelObserver = {
    active: note("active"),
    inactive: note("inactive"),
    writability: note("writability"),
    close: note("close"),
    exception: (channel, error) => log.push(`exception ${channel.id} ${error.message}`),
  };
  const end = observeChannels(observer);
  endings.push(end);
  return { log, end };
}

describe("an observer", () => {
  it("is told of the life of every channel, servers included", async () => {
    const { log } = observing();
    const server = await new ServerBootstrap()
      .transport(local())
      .childHandler((p) => p)
      .bind({ local: "observed" });
    const client = await new Bootstrap()
      .transport(local())
      .handler((p) => p)
      .connect({ local: "observed" });
    await expect.poll(() => server.children.size).toBe(1);
    const [child] = server.children;
    await client.close();
    await child?.closed;
    await server.shutdown();
    const of = (channel: Channel | undefined) => log.filter((line) => line.endsWith(` ${channel?.id}`));
    for (const channel of [server, client, child]) {
      expect(of(channel).map((line) => line.split(" ")[0])).toEqual(["active", "inactive", "close"]);
    }
    expect(log).toHaveLength(9);
  });

  it("is told that a channel that never was active is over", async () => {
    const { log } = observing();
    const connecting = new Bootstrap()
      .transport(local())
      .handler((p) => p)
      .connect({ local: "nobody" });
    await expect(connecting).rejects.toMatchObject({ code: "CONNECT_REFUSED" });
    await Promise.resolve();
    expect(log.map((line) => line.split(" ")[0])).toEqual(["close"]);
  });

  it("is told of writability", () => {
    const { log } = observing();
    const channel = new EmbeddedChannel();
    channel.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(10, 20));
    channel.writeOneOutbound("a");
    channel.flushOutbound();
    expect(log).toEqual([`active ${channel.id}`, `writability ${channel.id}`, `writability ${channel.id}`]);
  });

  it("is told of errors nobody dealt with", async () => {
    const { log } = observing();
    const { client, close } = await connected();
    client.on("error", () => {});
    client.pipeline.fireExceptionCaught(new Error("nobody's"));
    expect(log.at(-1)).toBe(`exception ${client.id} nobody's`);
    await close();
  });

  it("may end, and others go on", () => {
    const [one, other] = [observing(), observing()];
    one.end();
    const channel = new EmbeddedChannel();
    expect([one.log, other.log]).toEqual([[], [`active ${channel.id}`]]);
  });

  it("that throws fails the channel, as a listener does, and nothing else", async () => {
    endings.push(
      observeChannels({
        active: (channel) => {
          if (channel.parent === undefined && !(channel instanceof ServerChannel)) throw new Error("observer");
        },
      }),
    );
    const { log } = observing();
    const { client, close } = await connected();
    await client.closed;
    expect(client.closeCause?.message).toBe("observer");
    expect(log).toContain(`exception ${client.id} observer`);
    await close();
  });

  it("that throws when told of an exception hides neither the error nor the end", async () => {
    endings.push(
      observeChannels({
        exception: () => {
          throw new Error("again");
        },
      }),
    );
    const { client, close } = await connected();
    client.pipeline.fireExceptionCaught(new Error("first"));
    await client.closed;
    expect(client.closeCause?.message).toBe("first");
    await close();
  });
});

/** A client of a server inside the process. */
async function connected() {
  const server = await new ServerBootstrap()
    .transport(local())
    .childHandler((p) => p)
    .bind({ local: "observed" });
  const client = await new Bootstrap()
    .transport(local())
    .handler((p) => p)
    .connect({ local: "observed" });
  return {
    client,
    async close() {
      await client.close();
      await server.shutdown();
    },
  };
}
