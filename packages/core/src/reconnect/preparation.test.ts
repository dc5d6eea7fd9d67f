import { describe, expect, it, vi } from "vitest";
import { reconnecting } from "../../fixtures/reconnecting.js";
import { turn } from "../../fixtures/recorder.js";
import { type PrepareContext, SluiceError } from "../index.js";

/** A hook that is ended by hand. */
function heldHook() {
  const contexts: PrepareContext[] = [];
  const ends: { resolve: (value?: unknown) => void; reject: (error: unknown) => void }[] = [];
  const prepare = (_channel: unknown, context: PrepareContext) => {
    contexts.push(context);
    return new Promise((resolve, reject) => ends.push({ resolve, reject }));
  };
  return { contexts, ends, prepare };
}

describe("prepare", () => {
  it("runs on each fresh channel, before messages flow", async () => {
    const { client, clock, connects, saw } = reconnecting({
      servers: [{ port: 1 }, { port: 2 }],
      prepare: (channel, { attempt, server }) => channel.send(`login ${attempt} at ${server.port}`),
    });
    client.send("a");
    const first = await connects();
    expect([client.state, client.channel, await saw()]).toEqual(["preparing", undefined, ["connecting 1 to 1"]]);
    first.takes();
    expect(await saw()).toEqual(["ready"]);
    first.takes();
    expect(first.sent).toEqual(["login 1 at 1", "a"]);
    first.signals.failed(new SluiceError("CONNECTION_RESET"));
    await turn();
    clock.advance(100);
    const second = await connects();
    second.takes();
    await turn();
    expect([second.sent, client.state]).toEqual([["login 2 at 2"], "ready"]);
    await client.close();
  });

  it("may read answers; what it leaves goes to messages()", async () => {
    const { client, connects } = reconnecting({
      prepare: async (channel) => {
        const { value } = await channel.messages().next();
        expect(value).toBe("welcome");
      },
    });
    const messages = client.messages();
    const end = await connects();
    end.delivers("welcome", "news");
    await client.ready();
    end.delivers("more");
    expect([(await messages.next()).value, (await messages.next()).value]).toEqual(["news", "more"]);
    await client.close();
  });

  it("need not be asynchronous", async () => {
    const { client, connects } = reconnecting({ prepare: () => {} });
    await connects();
    expect(client.state).toBe("ready");
    await client.close();
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no"))],
  ])("that %s fails the attempt", async (_how, prepare) => {
    const { client, connects, saw } = reconnecting({ prepare });
    const end = await connects();
    expect(await saw()).toEqual(["connecting 1 to 1", "attemptFailed 1 no", "waiting 100 for 2"]);
    expect(end.calls).toContain("destroy");
    await client.close();
  });

  it("fails the attempt when there is no timer for it", async () => {
    const { client, clock, connects, saw } = reconnecting({ prepare: () => {} });
    await turn();
    const schedule = vi.spyOn(clock, "schedule").mockImplementationOnce(() => {
      throw new SluiceError("TIMER_STOPPED");
    });
    await connects();
    expect((await saw()).slice(1)).toEqual(["attemptFailed 1 TIMER_STOPPED", "waiting 100 for 2"]);
    schedule.mockRestore();
    await client.close();
  });

  it("that takes too long fails the attempt, and is asked to end", async () => {
    const { ends, contexts, prepare } = heldHook();
    const { client, clock, connects, saw } = reconnecting({ prepare, prepareTimeoutMs: 50 });
    await connects();
    clock.advance(49);
    expect([client.state, contexts[0]?.signal.aborted]).toEqual(["preparing", false]);
    clock.advance(1);
    expect(client.state).toBe("discarding");
    expect(await saw()).toEqual(["connecting 1 to 1", "attemptFailed 1 PREPARE_TIMEOUT", "waiting 100 for 2"]);
    expect(contexts[0]?.signal.reason).toMatchObject({ code: "PREPARE_TIMEOUT", limit: 50 });
    clock.advance(100);
    await connects();
    // The outcome of the first one means nothing to the second attempt.
    ends[0]?.resolve();
    expect([await saw(), client.state]).toEqual([["connecting 2 to 1"], "preparing"]);
    ends[1]?.resolve();
    expect([await saw(), client.state]).toEqual([["ready"], "ready"]);
    await client.close();
  });

  it("whose channel dies makes one attempt of it, whatever the hook does", async () => {
    for (const late of ["resolve", "reject"] as const) {
      for (const before of [true, false]) {
        const { ends, contexts, prepare } = heldHook();
        const { client, clock, connects, saw } = reconnecting({ prepare });
        const end = await connects();
        if (before) ends[0]?.[late](new Error("hook"));
        end.signals.failed(new SluiceError("CONNECTION_RESET"));
        await turn();
        if (!before) ends[0]?.[late](new Error("hook"));
        const failure = before && late === "reject" ? "hook" : "CONNECTION_RESET";
        expect(await saw()).toEqual(["connecting 1 to 1", `attemptFailed 1 ${failure}`, "waiting 100 for 2"]);
        expect(contexts[0]?.signal.aborted).toBe(!before);
        expect(clock.pending).toBe(1);
        await client.close();
      }
    }
  });

  it("ends with the client", async () => {
    const { ends, contexts, prepare } = heldHook();
    const { client, clock, connects, saw } = reconnecting({ prepare });
    const end = await connects();
    await client.close();
    ends[0]?.resolve();
    expect(await saw()).toEqual(["connecting 1 to 1", "stopped"]);
    expect(contexts[0]?.signal.reason).toMatchObject({ code: "RECONNECT_STOPPED" });
    expect([end.calls.includes("destroy"), clock.pending]).toEqual([true, 0]);
  });

  it("may end the client itself", async () => {
    const { client, connects, saw } = reconnecting({ prepare: () => void client.close() });
    await connects();
    expect(await saw()).toEqual(["connecting 1 to 1", "stopped"]);
  });

  it("whose failure is not worth retrying stops the client", async () => {
    const { client, connects, saw } = reconnecting({
      prepare: () => Promise.reject(new Error("wrong password")),
      shouldRetry: (cause) => cause?.message !== "wrong password",
    });
    await connects();
    expect((await saw()).slice(1)).toEqual(["attemptFailed 1 wrong password", "stopped wrong password"]);
    await client.closed;
  });
});
