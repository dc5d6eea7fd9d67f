import { describe, expect, it } from "vitest";
import { reconnecting } from "../../fixtures/reconnecting.js";
import { turn } from "../../fixtures/recorder.js";
import { SluiceError } from "../index.js";

const code = (code: string) => expect.objectContaining({ code });
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

async function take(messages: AsyncIterator<unknown>, count: number): Promise<unknown[]> {
  const got: unknown[] = [];
  while (got.length < count) got.push((await messages.next()).value);
  return got;
}

describe("messages()", () => {
  it("goes on over channels, in order, and ends with the client", async () => {
    const { client, clock, connects } = reconnecting();
    const got: unknown[] = [];
    const reading = (async () => {
      for await (const message of client.messages()) got.push(message);
    })();
    for (const [i, messages] of [["a", "b"], [], ["c"]].entries()) {
      const end = await connects();
      if (messages.length > 0) end.delivers(...messages);
      end.signals.failed(new SluiceError("CONNECTION_RESET"));
      await turn();
      clock.advance(100 * 2 ** i);
    }
    await client.close();
    await reading;
    expect(got).toEqual(["a", "b", "c"]);
  });

  it("throws what stopped the client, after the messages before it", async () => {
    const { client, connects } = reconnecting({ shouldRetry: () => false });
    const messages = client.messages();
    const end = await connects();
    end.delivers("a");
    end.signals.failed(new SluiceError("CONNECTION_RESET"));
    await client.closed;
    expect((await messages.next()).value).toBe("a");
    await expect(messages.next()).rejects.toEqual(code("CONNECTION_RESET"));
    expect(await messages.next()).toEqual({ value: undefined, done: true });
  });

  it("keeps a few messages for the first reader, over channels", async () => {
    const { client, clock, connects } = reconnecting();
    const first = await connects();
    first.delivers("a");
    first.signals.inputShutdown();
    await turn();
    clock.advance(100);
    (await connects()).delivers("b");
    expect(await take(client.messages(), 2)).toEqual(["a", "b"]);
    const end = await connects();
    await client.close();
    expect(end.calls).toContain("close");
  });

  it("takes one reader at a time, who can be given up", async () => {
    const { client } = reconnecting();
    const controller = new AbortController();
    const waiting = client.messages({ signal: controller.signal }).next();
    await expect(client.messages().next()).rejects.toEqual(code("MESSAGES_BUSY"));
    controller.abort();
    await expect(waiting).rejects.toEqual(code("ABORTED"));
    await client.close();
    expect(await client.messages().next()).toEqual({ value: undefined, done: true });
  });

  it("pauses reading while the reader is behind, on the next channel too", async () => {
    const { client, clock, connects } = reconnecting();
    const messages = client.messages();
    const first = await connects();
    first.saw();
    first.delivers(...numbers(0, 64));
    expect(first.saw()).toEqual([]);
    first.signals.failed(new SluiceError("CONNECTION_RESET"));
    await turn();
    clock.advance(100);
    const second = await connects();
    expect([client.state, second.saw()]).toEqual(["ready", ["connect", "read"]]);
    second.delivers(64);
    expect(second.saw()).toEqual([]);
    expect(await take(messages, 49)).toEqual(numbers(0, 49));
    expect(second.saw()).toEqual(["read"]);
    second.delivers(65);
    expect(await take(messages, 17)).toEqual(numbers(49, 66));
    await client.close();
  });

  it("does not keep a fresh channel from being prepared while its reader waits to send", async () => {
    const { client, clock, connects } = reconnecting({
      prepare: async (channel, { attempt }) => {
        if (attempt > 1) await channel.messages().next();
      },
    });
    const messages = client.messages();
    const first = await connects();
    first.delivers(...numbers(0, 100));
    first.signals.failed(new SluiceError("CONNECTION_RESET"));
    await turn();
    expect((await messages.next()).value).toBe(0);
    const replying = client.send("reply");
    clock.advance(100);
    const second = await connects();
    expect(second.saw()).toContain("read");
    second.delivers("welcome");
    await turn();
    second.takes();
    await replying;
    expect(await take(messages, 99)).toEqual(numbers(1, 100));
    await client.close();
  });

  it("leaves what arrived on a channel that was never ready", async () => {
    const { client, clock, connects } = reconnecting({ prepare: () => new Promise(() => {}) });
    const messages = client.messages();
    const end = await connects();
    end.delivers("a");
    end.signals.failed(new SluiceError("CONNECTION_RESET"));
    await turn();
    clock.advance(100);
    await client.close();
    expect(await messages.next()).toEqual({ value: undefined, done: true });
  });
});
