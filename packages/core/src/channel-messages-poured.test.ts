import { describe, expect, it } from "vitest";
import { turn } from "../fixtures/recorder.js";
import { connected } from "../fixtures/scripted-transport.js";
import { ChannelMessages } from "./channel-messages.js";

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** A sink, and channels that are going to be poured into it. */
function setup() {
  const channels: ReturnType<typeof connected>[] = [];
  const sink = new ChannelMessages<any>(() => channels.at(-1)?.channel.inbox.resume());
  const next = () => {
    const scene = connected();
    scene.channel.inbox.feed(sink);
    channels.push(scene);
    return scene;
  };
  return { sink, next, reader: () => sink.iterate(undefined) };
}

async function take(messages: AsyncIterator<unknown>, count: number): Promise<unknown[]> {
  const got: unknown[] = [];
  while (got.length < count) got.push((await messages.next()).value);
  return got;
}

describe("messages that are poured into others", () => {
  it("are read as one, in order, whether they came before or after", async () => {
    const { next, reader, sink } = setup();
    const messages = reader();
    const first = next();
    first.end.delivers("a", "b");
    first.channel.inbox.pour();
    first.end.delivers("c");
    await first.channel.close();
    const second = next();
    second.end.delivers("d");
    second.channel.inbox.pour();
    second.channel.inbox.pour();
    expect(await take(messages, 4)).toEqual(["a", "b", "c", "d"]);
    const waiting = messages.next();
    sink.end(undefined);
    expect(await waiting).toEqual({ value: undefined, done: true });
  });

  it("wake the reader who waits", async () => {
    const { next, reader } = setup();
    const waiting = reader().next();
    const { channel, end } = next();
    end.delivers("a");
    await turn();
    channel.inbox.pour();
    expect(await waiting).toEqual({ value: "a", done: false });
  });

  it("stay where they are without it, and with their channel", async () => {
    const { next, reader } = setup();
    const messages = reader();
    const lost = next();
    lost.end.delivers("a");
    expect(await take(lost.channel.messages(), 1)).toEqual(["a"]);
    lost.end.delivers("b");
    await lost.channel.close();
    const { channel, end } = next();
    channel.inbox.pour();
    end.delivers("c");
    expect(await take(messages, 1)).toEqual(["c"]);
    const apart = connected();
    apart.channel.inbox.pour();
    apart.end.delivers("d");
    expect(await take(apart.channel.messages(), 1)).toEqual(["d"]);
  });

  it("leave a reader of their own at the end, and a later one reads the sink", async () => {
    const { next } = setup();
    const { channel, end } = next();
    const own = channel.messages();
    end.delivers("a");
    expect(await take(own, 1)).toEqual(["a"]);
    const waiting = own.next();
    channel.inbox.pour();
    expect(await waiting).toEqual({ value: undefined, done: true });
    end.delivers("b");
    expect(await take(channel.messages(), 1)).toEqual(["b"]);
  });

  it("are kept for a reader of the sink, however many", async () => {
    const { next, reader } = setup();
    const messages = reader();
    const { channel, end } = next();
    end.delivers(...numbers(0, 500));
    channel.inbox.pour();
    expect(await take(messages, 500)).toEqual(numbers(0, 500));
  });

  it("are lost beyond a few when nobody reads, and whoever comes is told", async () => {
    const { next, reader } = setup();
    const { channel, end } = next();
    end.delivers(...numbers(0, 65));
    channel.inbox.pour();
    end.delivers("more");
    await expect(reader().next()).rejects.toMatchObject({ code: "MESSAGES_LOST", length: 66 });
    end.delivers("fresh");
    expect(await take(reader(), 1)).toEqual(["fresh"]);
  });

  it("tell a reader who came in the meantime what had been lost", async () => {
    const { next, reader } = setup();
    const { channel, end } = next();
    end.delivers(...numbers(0, 65));
    const waiting = reader().next();
    await turn();
    end.delivers("kept");
    channel.inbox.pour();
    await expect(waiting).rejects.toMatchObject({ code: "MESSAGES_LOST", length: 65 });
    expect(await take(reader(), 1)).toEqual(["kept"]);
  });
});

describe("the pauses of messages that are poured", () => {
  it("hold on the next channel too", async () => {
    const { next, reader } = setup();
    const messages = reader();
    const first = next();
    first.channel.inbox.pour();
    first.end.delivers(...numbers(0, 64));
    expect(first.end.saw()).toEqual([]);
    await first.channel.close();
    const second = next();
    second.end.delivers("x");
    expect(second.end.saw()).toEqual(["read"]);
    second.channel.inbox.pour();
    second.end.delivers("y");
    expect(second.end.saw()).toEqual([]);
    await take(messages, 49);
    expect(second.end.saw()).toEqual([]);
    await take(messages, 1);
    expect(second.end.saw()).toEqual(["read"]);
    expect(await take(messages, 16)).toEqual([...numbers(50, 64), "x", "y"]);
  });

  it("hold from the beginning of a channel when very many messages wait", async () => {
    const { next, reader } = setup();
    const messages = reader();
    const first = next();
    first.channel.inbox.pour();
    first.end.delivers(...numbers(0, 1023));
    await first.channel.close();
    const second = next();
    second.end.delivers("x");
    expect(second.end.saw()).toEqual(["read"]);
    second.channel.inbox.pour();
    await second.channel.close();
    const third = next();
    third.end.delivers("y");
    expect(third.end.saw()).toEqual([]);
    await take(messages, 1007);
    expect(third.end.saw()).toEqual([]);
    await take(messages, 1);
    expect(third.end.saw()).toEqual(["read"]);
  });

  it("end with the pouring if the reader keeps up", async () => {
    const { next, reader } = setup();
    const messages = reader();
    const waiting = take(messages, 60);
    const { channel, end } = next();
    end.delivers(...numbers(0, 64));
    expect(end.saw()).toEqual([]);
    channel.inbox.pour();
    expect(end.saw()).toEqual(["read"]);
    expect(await waiting).toEqual(numbers(0, 60));
  });

  it("begin with the pouring if not, and leave demand alone while autoRead is off", async () => {
    const { next, reader } = setup();
    const messages = reader();
    const { channel, end } = next();
    end.delivers(...numbers(0, 64));
    channel.inbox.pour();
    expect(end.saw()).toEqual([]);
    channel.autoRead = false;
    await take(messages, 60);
    expect(end.saw()).toEqual([]);
  });
});
