import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { turn } from "../fixtures/recorder.js";
import { connected } from "../fixtures/scripted-transport.js";
import { ChannelPromise, settle } from "./channel-promise.js";

const boom = new Error("boom");

function owned() {
  const unawaited: unknown[] = [];
  const owner = { unawaitedFailure: (error: Error) => unawaited.push(error) };
  return { promise: new ChannelPromise(owner), owner, unawaited };
}

// Nothing in here may end as a rejection that nobody handles.
const rejections: unknown[] = [];
const note = (reason: unknown) => rejections.push(reason);
beforeEach(() => {
  process.on("unhandledRejection", note);
});
afterEach(async () => {
  await turn();
  process.off("unhandledRejection", note);
  expect(rejections.splice(0)).toEqual([]);
});

describe("the state", () => {
  it("is settled once", () => {
    const succeeded = new ChannelPromise();
    expect([succeeded.isDone, succeeded.isSuccess, succeeded.cause]).toEqual([false, false, undefined]);
    succeeded.succeed();
    succeeded.fail(boom);
    expect([succeeded.isDone, succeeded.isSuccess, succeeded.cause]).toEqual([true, true, undefined]);
    const failed = new ChannelPromise();
    failed.fail(boom);
    failed.succeed();
    failed.fail(new Error("other"));
    expect([failed.isDone, failed.isSuccess, failed.cause]).toEqual([true, false, boom]);
  });
});

describe("listeners", () => {
  it("run synchronously, in order, once", () => {
    const promise = new ChannelPromise();
    const log: string[] = [];
    for (const name of ["a", "b", "c"]) promise.addListener((error) => log.push(`${name} ${error}`));
    promise.succeed();
    promise.succeed();
    expect(log).toEqual(["a undefined", "b undefined", "c undefined"]);
    promise.addListener((error) => log.push(`late ${error}`));
    expect(log).toHaveLength(4);
    const failed = new ChannelPromise().addListener((error) => log.push(`${error?.message}`));
    failed.fail(boom);
    expect(log.at(-1)).toBe("boom");
  });

  it("added by a listener run at once", () => {
    const promise = new ChannelPromise();
    const log: string[] = [];
    promise.addListener(() => {
      log.push("outer");
      promise.addListener(() => log.push("inner"));
    });
    promise.addListener(() => log.push("next"));
    promise.succeed();
    expect(log).toEqual(["outer", "inner", "next"]);
  });

  it("that throw are the owner's, and do not stop the others", () => {
    const { promise, unawaited } = owned();
    const log: string[] = [];
    promise.addListener(() => {
      throw boom;
    });
    promise.addListener(() => log.push("second"));
    promise.succeed();
    promise.addListener(() => {
      throw "text";
    });
    expect(log).toEqual(["second"]);
    expect(unawaited).toEqual([boom, expect.objectContaining({ code: "HANDLER_THREW", cause: "text" })]);
  });

  it("that throw are the completer's where there is no owner", () => {
    const promise = new ChannelPromise().addListener(() => {
      throw boom;
    });
    const { owner, unawaited } = owned();
    expect(() => promise.succeed()).toThrow(boom);
    const other = new ChannelPromise().addListener(() => {
      throw boom;
    });
    settle(other, undefined, owner);
    expect(unawaited).toEqual([boom]);
  });
});

describe("as a promise", () => {
  it("can be awaited before and after it is done", async () => {
    const promise = new ChannelPromise();
    const waiting = (async () => {
      await promise;
      return "done";
    })();
    promise.succeed();
    expect(await waiting).toBe("done");
    expect(await promise).toBeUndefined();
    const failed = new ChannelPromise();
    failed.fail(boom);
    await expect(failed).rejects.toBe(boom);
    await expect(failed).rejects.toBe(boom);
  });

  it("has then, catch and finally", async () => {
    const { promise, unawaited } = owned();
    promise.succeed();
    expect(await promise.then(() => 1)).toBe(1);
    expect(await promise.catch(() => 2)).toBeUndefined();
    let ran = 0;
    await promise.finally(() => ran++);
    const failing = owned();
    failing.promise.fail(boom);
    expect(await failing.promise.then(null, () => 3)).toBe(3);
    expect(await failing.promise.catch((error) => error)).toBe(boom);
    await expect(failing.promise.finally(() => ran++)).rejects.toBe(boom);
    await expect(failing.promise.then(() => 4)).rejects.toBe(boom);
    expect([ran, unawaited, failing.unawaited]).toEqual([2, [], []]);
  });

  it("works with Promise.all, allSettled, race and any", async () => {
    const make = (error?: Error) => {
      const { promise } = owned();
      if (error) promise.fail(error);
      else promise.succeed();
      return promise;
    };
    expect(await Promise.all([make(), make()])).toEqual([undefined, undefined]);
    await expect(Promise.all([make(), make(boom), make(boom)])).rejects.toBe(boom);
    expect((await Promise.allSettled([make(), make(boom)])).map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
    ]);
    await expect(Promise.race([make(boom), make()])).rejects.toBe(boom);
    expect(await Promise.any([make(boom), make()])).toBeUndefined();
    const late = owned();
    const all = Promise.all([late.promise, make()]);
    await turn();
    late.promise.fail(boom);
    await expect(all).rejects.toBe(boom);
    expect(late.unawaited).toEqual([]);
  });
});

describe("a failure", () => {
  it("that nobody listens for is the owner's, some jobs later", async () => {
    const { promise, unawaited } = owned();
    promise.fail(boom);
    expect(unawaited).toEqual([]);
    await turn();
    expect(unawaited).toEqual([boom]);
  });

  it("is nobody's without an owner, and silent after success", async () => {
    new ChannelPromise().fail(boom);
    const { promise, unawaited } = owned();
    promise.succeed();
    promise.fail(boom);
    await turn();
    expect(unawaited).toEqual([]);
  });

  it("is the listener's when one comes in time, however the promise is handed on", async () => {
    const ways: ((promise: ChannelPromise) => unknown)[] = [
      (promise) => promise.addListener(() => {}),
      async (promise) => {
        await promise;
      },
      async (promise) => promise,
      async (promise) => {
        await Promise.all([promise]);
      },
      async (promise) => {
        await Promise.all([(async () => promise)()]);
      },
      async (promise) => {
        await (async () => await (async () => promise)())();
      },
      (promise) => Promise.resolve(promise),
      (promise) => Promise.resolve().then(() => promise),
    ];
    for (const way of ways) {
      const { promise, unawaited } = owned();
      promise.fail(boom);
      const result = way(promise);
      if (result instanceof Promise) await expect(result, String(way)).rejects.toBe(boom);
      await turn();
      expect(unawaited, String(way)).toEqual([]);
    }
  });

  it("awaited much later is told to both", async () => {
    const { promise, unawaited } = owned();
    promise.fail(boom);
    await turn();
    await expect(promise).rejects.toBe(boom);
    expect(unawaited).toEqual([boom]);
  });
});

describe("of a channel's write", () => {
  const late = { code: "UNSUPPORTED_MESSAGE" };

  it("fails its channel when nobody awaits it", async () => {
    const { channel, log } = connected();
    channel.write(undefined);
    expect(log).toEqual([]);
    await channel.closed;
    expect(log).toEqual(["on error UNSUPPORTED_MESSAGE", "on inactive", "on close UNSUPPORTED_MESSAGE"]);
  });

  it("leaves its channel alone when somebody does", async () => {
    const { channel, log } = connected();
    await expect(channel.write(undefined)).rejects.toMatchObject(late);
    const results = await Promise.allSettled([channel.write(null), channel.writeAndFlush(undefined)]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    channel.write(null).addListener(() => {});
    await turn();
    expect([log, channel.isActive]).toEqual([[], true]);
  });

  it("goes to exceptionCaught from the head, where a handler may deal with it", async () => {
    const caught: Error[] = [];
    const { channel, log } = connected({ exceptionCaught: (_ctx, error) => caught.push(error) });
    channel.write(undefined);
    channel.pipeline.write(undefined);
    expect(caught).toEqual([expect.objectContaining(late)]);
    await turn();
    expect(caught).toEqual([expect.objectContaining(late), expect.objectContaining(late)]);
    expect([log, channel.isActive]).toEqual([[], true]);
  });
});
