import { ByteBuf } from "@sluice/buffer";
import { describe, expect, it, vi } from "vitest";
import { reconnecting } from "../../fixtures/reconnecting.js";
import { turn } from "../../fixtures/recorder.js";
import { type ChannelHandler, type Completion, SluiceError } from "../index.js";

const code = (code: string) => expect.objectContaining({ code });
const large = () => ByteBuf.from(new Uint8Array(70_000));
const unsent = (log: string[]) => log.filter((entry) => entry.startsWith("unsent"));
const reset = () => new SluiceError("CONNECTION_RESET");

/** How promises end, in the order in which they do. */
function outcomes() {
  const list: string[] = [];
  const of = (name: string, sending: Promise<void>) =>
    sending.then(
      () => list.push(`${name} sent`),
      (error) => list.push(`${name} ${error.code ?? error.message}`),
    );
  return { list, of };
}

describe("a message", () => {
  it("is sent when the system has taken it", async () => {
    const { client, connects } = reconnecting();
    const end = await connects();
    const { list, of } = outcomes();
    of("a", client.send("a"));
    await turn();
    expect([list, client.inFlight, end.queue?.flushedLength]).toEqual([[], 1, 1]);
    end.takes();
    await turn();
    expect([list, client.inFlight, end.sent]).toEqual([["a sent"], 0, ["a"]]);
    await client.close();
  });

  it("waits for the channel, and goes before those that come later", async () => {
    const { client, connects } = reconnecting();
    client.send("a");
    client.send("b");
    expect([client.queuedMessages, client.queuedBytes]).toEqual([2, 2 * 98]);
    const end = await connects();
    client.send("c");
    end.takes();
    await turn();
    expect([end.sent, client.queuedMessages, client.queuedBytes]).toEqual([["a", "b", "c"], 0, 0]);
    await client.close();
  });

  it("waits while the channel is not writable, so that little is in flight", async () => {
    const { client, connects } = reconnecting();
    const end = await connects();
    const messages = [large(), large(), large()];
    for (const message of messages) client.send(message);
    for (const left of [2, 1, 0]) {
      expect([end.queue?.length, client.inFlight, client.queuedMessages]).toEqual([1, 1, left]);
      end.takes();
    }
    expect(end.sent).toEqual(messages);
    await client.close();
  });

  it("waits when as many are in flight as may be queued, though the channel would take more", async () => {
    const held: (Completion | undefined)[] = [];
    const holding: ChannelHandler = { write: (_ctx, _message, completion) => void held.push(completion) };
    const { client, connects } = reconnecting({ maxQueuedMessages: 2 }, holding);
    await connects();
    for (const message of ["a", "b", "c"]) client.send(message);
    expect([client.inFlight, client.queuedMessages]).toEqual([2, 1]);
    held[0]?.succeed();
    held[0]?.succeed();
    held[0]?.fail(new Error("late"));
    expect([client.inFlight, client.queuedMessages, held.length]).toEqual([2, 0, 3]);
    await client.close();
  });

  it("that sends another when it has been sent keeps the order", async () => {
    const { client, connects, ends } = reconnecting();
    await turn();
    const [first] = ends;
    if (first !== undefined) first.sendsAtOnce = true;
    client.send("a");
    client.send("b");
    const end = await connects();
    await client.send("c");
    expect(end.sent).toEqual(["a", "b", "c"]);
    expect(end.nestedFlushes).toBe(0);
    await client.close();
  });

  it("can be taken back while it waits, before it begins, and not when it has been written", async () => {
    const { client, connects, saw } = reconnecting();
    const controller = new AbortController();
    const remove = vi.spyOn(controller.signal, "removeEventListener");
    const { list, of } = outcomes();
    const { signal } = controller;
    of("a", client.send("a"));
    of("b", client.send("b", { signal }));
    of("c", client.send("c"));
    controller.abort("no");
    of("d", client.send("d", { signal }));
    expect(unsent(await saw())).toEqual(["unsent b ABORTED", "unsent d ABORTED"]);
    const late = new AbortController();
    const removed = vi.spyOn(late.signal, "removeEventListener");
    of("e", client.send("e", { signal: late.signal }));
    const end = await connects();
    late.abort();
    end.takes();
    await turn();
    expect([list, end.sent]).toEqual([
      ["b ABORTED", "d ABORTED", "a sent", "c sent", "e sent"],
      ["a", "c", "e"],
    ]);
    expect([remove.mock.calls.length, removed.mock.calls.length]).toEqual([1, 1]);
    await client.close();
  });

  it("is unsent when the client stops, and after that", async () => {
    const { client, saw } = reconnecting();
    const { list, of } = outcomes();
    of("a", client.send("a"));
    of("b", client.send("b"));
    const closing = client.close();
    of("c", client.send("c"));
    await closing;
    expect(await saw()).toEqual(["unsent a,b RECONNECT_STOPPED", "stopped"]);
    expect(list).toEqual(["a RECONNECT_STOPPED", "b RECONNECT_STOPPED", "c RECONNECT_STOPPED"]);
  });

  it("need not be awaited", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const { client, connects, end } = reconnecting({ maxQueuedMessages: 1 });
    client.send("a");
    client.send("b");
    await connects();
    end().signals.failed(reset());
    await turn();
    await client.close();
    await turn();
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe("a message whose channel is lost", () => {
  it("is uncertain if it was in flight, and goes over the next channel if it was not", async () => {
    const { client, clock, connects, saw } = reconnecting();
    const first = await connects();
    await saw();
    const { list, of } = outcomes();
    const [a, b] = [large(), large()];
    of("a", client.send("x"));
    of("b", client.send(a));
    of("c", client.send(b));
    of("d", client.send("y"));
    await turn();
    first.takes(1);
    expect([client.inFlight, client.queuedMessages]).toEqual([1, 2]);
    first.signals.failed(reset());
    of("e", client.send("z"));
    const uncertain: unknown[] = [];
    client.on("uncertain", (messages, error) => uncertain.push(messages, error.cause));
    expect(await saw()).toEqual([
      "disconnected CONNECTION_RESET",
      `uncertain ${a} DELIVERY_UNCERTAIN`,
      "waiting 100 for 2",
    ]);
    expect(uncertain).toEqual([[a], reset()]);
    clock.advance(100);
    const second = await connects();
    second.takes();
    second.takes();
    await turn();
    expect(list).toEqual(["a sent", "b DELIVERY_UNCERTAIN", "c sent", "d sent", "e sent"]);
    expect([first.sent, second.sent]).toEqual([["x"], [b, "y", "z"]]);
    await client.close();
  });

  it("is told together with the others, in the order of the writes", async () => {
    const { client, connects, saw } = reconnecting();
    const end = await connects();
    await saw();
    for (const message of ["a", "b", "c"]) client.send(message);
    end.signals.inputShutdown();
    end.signals.closed();
    expect(await saw()).toEqual(["disconnected", "uncertain a,b,c DELIVERY_UNCERTAIN", "waiting 100 for 2"]);
    await client.close();
  });

  it("is uncertain too when a handler has not let it out, as nobody can tell", async () => {
    const { client, connects, saw } = reconnecting({}, { write: () => {} });
    const end = await connects();
    await saw();
    client.send("a");
    end.signals.failed(reset());
    expect((await saw())[1]).toBe("uncertain a DELIVERY_UNCERTAIN");
    await client.close();
  });

  it("waits for the next one if the channel was only closing", async () => {
    const { client, clock, connects } = reconnecting();
    await connects();
    client.send("a");
    client.channel?.close();
    client.send("b");
    expect([client.inFlight, client.queuedMessages, client.state]).toEqual([1, 1, "ready"]);
    const [first] = [client.channel];
    first?.closeForcibly();
    await turn();
    clock.advance(100);
    const end = await connects();
    end.takes();
    expect(end.sent).toEqual(["b"]);
    await client.close();
  });
});

describe("a message that a living channel does not send", () => {
  it("is unsent, with what refused it, when the pipeline refuses it at once", async () => {
    const { client, connects, saw } = reconnecting(
      {},
      {
        write: (ctx, message, completion) => {
          if (message === "bad") throw new Error("cannot encode");
          ctx.write(message, completion);
        },
      },
    );
    client.send("a");
    const bad = client.send("bad");
    client.send("b");
    const end = await connects();
    end.takes();
    expect(end.sent).toEqual(["a", "b"]);
    await expect(bad).rejects.toThrow("cannot encode");
    await expect(client.send(undefined)).rejects.toEqual(code("UNSUPPORTED_MESSAGE"));
    expect(unsent(await saw())).toEqual(["unsent bad cannot encode", "unsent  UNSUPPORTED_MESSAGE"]);
    expect(client.state).toBe("ready");
    await client.close();
  });

  it("is uncertain when it fails later", async () => {
    const held: (Completion | undefined)[] = [];
    const { client, connects, saw } = reconnecting(
      { maxQueuedMessages: 1 },
      { write: (_ctx, _message, completion) => void held.push(completion) },
    );
    await connects();
    await saw();
    const a = client.send("a");
    client.send("b");
    held[0]?.fail(new Error("half of it"));
    await expect(a).rejects.toMatchObject({ code: "DELIVERY_UNCERTAIN", cause: new Error("half of it") });
    expect(await saw()).toEqual(["uncertain a DELIVERY_UNCERTAIN"]);
    expect([held.length, client.inFlight, client.state]).toEqual([2, 1, "ready"]);
    await client.close();
  });
});

describe("a full queue", () => {
  const three = { maxQueuedMessages: 3, maxQueuedBytes: 400 };

  it("refuses", async () => {
    const { client, saw } = reconnecting(three);
    for (const message of ["a", "b", "c"]) client.send(message);
    await expect(client.send("d")).rejects.toMatchObject({ code: "SEND_QUEUE_FULL", length: 98, limit: 400 });
    expect(unsent(await saw())).toEqual(["unsent d SEND_QUEUE_FULL"]);
    await client.close();
  });

  it("counts bytes too, and takes one message of any size when it is empty", async () => {
    const { client } = reconnecting(three);
    client.send(ByteBuf.from("x".repeat(1000)));
    expect(client.queuedBytes).toBe(1096);
    await expect(client.send("")).rejects.toEqual(code("SEND_QUEUE_FULL"));
    await client.close();
    const strings = reconnecting(three).client;
    strings.send("x".repeat(100));
    await expect(strings.send(new Uint8Array(9))).rejects.toEqual(code("SEND_QUEUE_FULL"));
    strings.send({});
    expect([strings.queuedMessages, strings.queuedBytes]).toEqual([2, 400]);
    await strings.close();
  });

  it("drops the oldest", async () => {
    const { client, connects, saw } = reconnecting({ ...three, whenFull: "drop-oldest" });
    const a = client.send("a");
    for (const message of ["b", "c", "d"]) client.send(message);
    await expect(a).rejects.toEqual(code("MESSAGE_DROPPED"));
    client.send("x".repeat(60));
    expect(unsent(await saw())).toEqual([
      "unsent a MESSAGE_DROPPED",
      "unsent b MESSAGE_DROPPED",
      "unsent c MESSAGE_DROPPED",
    ]);
    client.send("y".repeat(200));
    const end = await connects();
    end.takes();
    expect(end.sent).toEqual(["y".repeat(200)]);
    await client.close();
  });

  it("lets so many wait", async () => {
    const { client, connects } = reconnecting({ ...three, whenFull: "wait", maxWaiting: 2 });
    for (const message of ["a", "b", "c", "d", "e"]) client.send(message);
    await expect(client.send("f")).rejects.toEqual(code("SEND_QUEUE_FULL"));
    const end = await connects();
    while (end.sent.length < 5) end.takes();
    expect(end.sent).toEqual(["a", "b", "c", "d", "e"]);
    await client.close();
  });
});

describe("sizeOf", () => {
  it("says what a message counts for", async () => {
    const { client } = reconnecting({ sizeOf: (message) => message.size, maxQueuedBytes: 100 });
    client.send({ size: 0 });
    client.send({ size: 100 });
    expect(client.queuedBytes).toBe(100);
    await expect(client.send({ size: 1 })).rejects.toEqual(code("SEND_QUEUE_FULL"));
    await client.close();
  });

  it("makes a message unsent when it fails", async () => {
    const { client, saw } = reconnecting({ sizeOf: (message) => message.size });
    await expect(client.send({ size: Number.NaN })).rejects.toEqual(code("INVALID_ARGUMENT"));
    await expect(client.send({ size: Number.POSITIVE_INFINITY })).rejects.toEqual(code("INVALID_ARGUMENT"));
    await expect(client.send(undefined)).rejects.toThrow(TypeError);
    expect(unsent(await saw())).toHaveLength(3);
    expect(client.queuedBytes).toBe(0);
    await client.close();
  });
});
