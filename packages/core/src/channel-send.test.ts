import { ByteBuf } from "@sluice/buffer";
import { describe, expect, it } from "vitest";
import { turn } from "../fixtures/recorder.js";
import { connected, scripted } from "../fixtures/scripted-transport.js";

const code = (code: string) => expect.objectContaining({ code });
const large = () => ByteBuf.from(new Uint8Array(70_000));

describe("send()", () => {
  it("writes, flushes and resolves when the message is out", async () => {
    const { channel, end } = connected();
    let done = false;
    const sending = channel.send("a").then(() => {
      done = true;
    });
    await turn();
    expect([end.saw(), done]).toEqual([["flush 1"], false]);
    end.takes();
    await sending;
    expect(end.sent).toEqual(["a"]);
  });

  it("waits for room", async () => {
    const { channel, end } = connected();
    const first = channel.send(large());
    const order: string[] = [];
    const second = channel.send("b").then(() => order.push("b"));
    const third = channel.send("c").then(() => order.push("c"));
    await turn();
    expect([channel.isWritable, end.queue?.length]).toEqual([false, 1]);
    end.takes();
    await first;
    await turn();
    expect(end.queue?.length).toBe(2);
    end.takes();
    await Promise.all([second, third]);
    expect(order).toEqual(["b", "c"]);
  });

  it("lets those that wait in one by one", async () => {
    const { channel, end } = connected();
    const sends = [1, 2, 3].map(() => channel.send(large()));
    await turn();
    for (let left = 3; left > 0; left--) {
      expect(end.queue?.length).toBe(1);
      end.takes();
      await turn();
    }
    await Promise.all(sends);
  });

  it("can be given up while it waits, before it begins, and not after", async () => {
    const { channel, end } = connected();
    await expect(channel.send("a", { signal: AbortSignal.abort("no") })).rejects.toMatchObject({
      code: "ABORTED",
      cause: "no",
    });
    expect(end.saw()).toEqual([]);
    const first = channel.send(large());
    const controller = new AbortController();
    const waiting = channel.send("b", { signal: controller.signal });
    await turn();
    controller.abort();
    await expect(waiting).rejects.toEqual(code("ABORTED"));
    const late = new AbortController();
    end.takes();
    await first;
    const sent = channel.send("c", { signal: late.signal });
    await turn();
    late.abort();
    end.takes();
    await sent;
    expect(end.sent.slice(1)).toEqual(["c"]);
  });

  it("fails when the channel closes while it waits or goes on", async () => {
    const { channel, end } = connected();
    const going = channel.send(large());
    const waiting = channel.send("b");
    await turn();
    end.signals.failed(new Error("reset"));
    await expect(going).rejects.toThrow("reset");
    await expect(waiting).rejects.toEqual(code("CHANNEL_CLOSED"));
    await expect(channel.send("c")).rejects.toMatchObject({ code: "CHANNEL_CLOSED", cause: new Error("reset") });
  });

  it("fails before the channel is connected, and after its output was shut down", async () => {
    const { channel, end } = scripted();
    await expect(channel.send("a")).rejects.toEqual(code("CHANNEL_NOT_ACTIVE"));
    channel.connect({});
    end.signals.active();
    channel.write(large()).addListener(() => {});
    const waiting = channel.send("b");
    await turn();
    channel.shutdownOutput();
    await expect(waiting).rejects.toEqual(code("OUTPUT_SHUTDOWN"));
    await expect(channel.send("c")).rejects.toEqual(code("OUTPUT_SHUTDOWN"));
  });

  it("leaves no listeners behind", async () => {
    const { channel, end } = connected();
    const before = channel.eventNames().map((name) => channel.listenerCount(name));
    const first = channel.send(large());
    const controller = new AbortController();
    const waits = Promise.allSettled([channel.send("b"), channel.send("c", { signal: controller.signal })]);
    await turn();
    controller.abort();
    end.takes();
    await first;
    await turn();
    end.takes();
    await waits;
    expect(channel.eventNames().map((name) => channel.listenerCount(name))).toEqual(before);
  });

  it("fails with what a handler made of the message", async () => {
    const { channel } = connected({
      write: () => {
        throw new Error("cannot encode");
      },
    });
    await expect(channel.send("a")).rejects.toThrow("cannot encode");
    expect(channel.isActive).toBe(true);
  });

  it("that nobody awaits tells its failure where those of writes are told, and rejects nothing", async () => {
    const errors: Error[] = [];
    const { channel } = connected({
      write: () => {
        throw new Error("cannot encode");
      },
      exceptionCaught: (_ctx, error) => void errors.push(error),
    });
    channel.send("a");
    await turn();
    expect(errors).toEqual([new Error("cannot encode")]);
    const caught = channel.send("b").catch((error: unknown) => error);
    expect(await caught).toEqual(new Error("cannot encode"));
    await turn();
    expect(errors).toHaveLength(1);
  });

  it("that nobody awaits is given up in silence: who has the signal knows", async () => {
    const { channel, end, log } = connected();
    channel.send(large());
    const controller = new AbortController();
    channel.send("b", { signal: controller.signal });
    channel.send("c", { signal: AbortSignal.abort() });
    controller.abort();
    await turn();
    end.takes();
    await turn();
    expect([channel.isActive, end.sent.length]).toEqual([true, 1]);
    expect(log.filter((line) => line.startsWith("on error"))).toEqual([]);
  });

  it("waits behind those that wait, also when there is room for a moment", async () => {
    const { channel, end } = connected();
    channel.send(large());
    channel.on("writability", (writable) => {
      if (writable) channel.send("from the listener");
    });
    channel.send("b");
    end.takes();
    await turn();
    end.takes();
    expect(end.sent.slice(1)).toEqual(["b", "from the listener"]);
  });
});
