import { describe, expect, it } from "vitest";
import { turn } from "../fixtures/recorder.js";
import { connected } from "../fixtures/scripted-transport.js";

const code = (code: string) => expect.objectContaining({ code });
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

async function all<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = [];
  for await (const message of messages) got.push(message);
  return got;
}

describe("messages()", () => {
  it("gives what reaches the tail, in order, and ends with the channel", async () => {
    const { channel, end } = connected();
    const reading = all(channel.messages());
    end.delivers("a", "b");
    await turn();
    end.delivers("c");
    channel.close();
    expect(await reading).toEqual(["a", "b", "c"]);
  });

  it("gives what is left after the channel has closed, then ends, for every later reader too", async () => {
    const { channel, end } = connected();
    end.delivers("a", "b");
    await channel.close();
    expect(await all(channel.messages())).toEqual(["a", "b"]);
    expect(await all(channel.messages())).toEqual([]);
    const untouched = connected().channel;
    await untouched.close();
    expect(await all(untouched.messages())).toEqual([]);
  });

  it("throws what closed the channel, after the messages before it", async () => {
    const reset = new Error("reset");
    const { channel, end } = connected();
    const messages = channel.messages();
    end.delivers("a");
    end.signals.failed(reset);
    await channel.closed;
    expect(await messages.next()).toEqual({ value: "a", done: false });
    await expect(messages.next()).rejects.toBe(reset);
    expect(await messages.next()).toEqual({ value: undefined, done: true });
    await expect(channel.messages().next()).rejects.toBe(reset);
    const late = connected();
    late.end.signals.failed(reset);
    await late.channel.closed;
    await expect(late.channel.messages().next()).rejects.toBe(reset);
  });

  it("wakes a reader that waits", async () => {
    const { channel, end } = connected();
    const messages = channel.messages();
    const [first, second] = [messages.next(), messages.next()];
    await turn();
    end.delivers("a", "b");
    expect(await Promise.all([first, second])).toEqual([
      { value: "a", done: false },
      { value: "b", done: false },
    ]);
    const waiting = [messages.next(), messages.next()];
    channel.close();
    expect(await Promise.all(waiting)).toEqual([
      { value: undefined, done: true },
      { value: undefined, done: true },
    ]);
  });

  it("lets one read at a time, and another after it", async () => {
    const { channel, end } = connected();
    const first = channel.messages();
    const second = channel.messages();
    end.delivers("a", "b", "c");
    await first.next();
    await expect(second.next()).rejects.toEqual(code("MESSAGES_BUSY"));
    expect(await second.next()).toEqual({ value: undefined, done: true });
    await first.return?.();
    expect(await first.next()).toEqual({ value: undefined, done: true });
    const third = channel.messages();
    expect((await third.next()).value).toBe("b");
    await expect(all(channel.messages())).rejects.toEqual(code("MESSAGES_BUSY"));
  });
});

describe("a reader that stops", () => {
  it("by break: the rest is there for the next", async () => {
    const { channel, end } = connected();
    end.delivers("a", "b", "c");
    for await (const message of channel.messages()) {
      expect(message).toBe("a");
      break;
    }
    await channel.close();
    expect(await all(channel.messages())).toEqual(["b", "c"]);
  });

  it("by return while it waits: at once", async () => {
    const { channel } = connected();
    const messages = channel.messages();
    const waiting = messages.next();
    await messages.return?.();
    expect(await waiting).toEqual({ value: undefined, done: true });
    await channel[Symbol.asyncDispose]();
  });

  it("by disposal", async () => {
    const { channel, end } = connected();
    end.delivers("a", "b");
    {
      await using messages = channel.messages() as AsyncIterableIterator<any> & AsyncDisposable;
      expect((await messages.next()).value).toBe("a");
    }
    expect((await channel.messages().next()).value).toBe("b");
  });

  it("by its signal, whether it waits or has plenty", async () => {
    const { channel, end } = connected();
    const controller = new AbortController();
    const waiting = channel.messages({ signal: controller.signal }).next();
    await turn();
    controller.abort("enough");
    await expect(waiting).rejects.toMatchObject({ code: "ABORTED", cause: "enough" });

    const second = new AbortController();
    end.delivers("a", "b");
    const messages = channel.messages({ signal: second.signal });
    expect((await messages.next()).value).toBe("a");
    second.abort();
    await expect(messages.next()).rejects.toEqual(code("ABORTED"));
    expect(await messages.next()).toEqual({ value: undefined, done: true });

    await expect(channel.messages({ signal: AbortSignal.abort() }).next()).rejects.toEqual(code("ABORTED"));
    expect((await channel.messages().next()).value).toBe("b");
  });

  it("leaves no listener on its signal", async () => {
    let listeners = 0;
    const signal = {
      aborted: false,
      addEventListener: () => listeners++,
      removeEventListener: () => listeners--,
    } as unknown as AbortSignal;
    const { channel, end } = connected();
    end.delivers("a");
    for await (const _ of channel.messages({ signal })) break;
    expect(listeners).toBe(0);
  });
});

describe("before the first reader", () => {
  it("keeps a few messages", async () => {
    const { channel, end } = connected();
    end.delivers(...numbers(0, 64));
    const reading = all(channel.messages());
    end.delivers(64);
    channel.close();
    expect(await reading).toEqual(numbers(0, 65));
  });

  it("says once how many were lost when there were more", async () => {
    const { channel, end } = connected();
    end.delivers(...numbers(0, 65));
    end.delivers(65, 66);
    await expect(channel.messages().next()).rejects.toMatchObject({ code: "MESSAGES_LOST", length: 67 });
    end.delivers("fresh");
    expect((await channel.messages().next()).value).toBe("fresh");
  });

  it("goes on reading without one", () => {
    const { end } = connected();
    end.delivers(...numbers(0, 1000));
    expect(end.saw()).toEqual(["read"]);
  });
});

describe("back-pressure", () => {
  it("stops asking for input at 64 waiting messages and goes on at 16", async () => {
    const { channel, end } = connected();
    const messages = channel.messages();
    end.delivers(...numbers(0, 63));
    expect(end.saw()).toEqual(["read"]);
    end.delivers(63);
    expect(end.saw()).toEqual([]);
    for (const i of numbers(0, 47)) expect((await messages.next()).value).toBe(i);
    expect(end.saw()).toEqual([]);
    expect((await messages.next()).value).toBe(47);
    expect(end.saw()).toEqual(["read"]);
    end.delivers(64);
    expect(end.saw()).toEqual(["read"]);
    await channel.close();
    expect(await all(messages)).toEqual(numbers(48, 65));
  });

  it("drops nothing, however large a burst", async () => {
    const { channel, end } = connected();
    const messages = channel.messages();
    end.delivers(...numbers(0, 5000));
    const got: unknown[] = [];
    for await (const message of messages) if (got.push(message) === 5000) break;
    expect([got, end.saw()]).toEqual([numbers(0, 5000), ["read"]]);
  });

  it("leaves demand alone while autoRead is off, also when it is turned on again", async () => {
    const { channel, end } = connected();
    channel.autoRead = false;
    const messages = channel.messages();
    end.delivers(...numbers(0, 64));
    for (const _ of numbers(0, 64)) await messages.next();
    expect(end.saw()).toEqual([]);
    end.delivers(...numbers(0, 64));
    channel.autoRead = true;
    expect(end.saw()).toEqual([]);
    for (const _ of numbers(0, 64)) await messages.next();
    expect(end.saw()).toEqual(["read"]);
  });
});
