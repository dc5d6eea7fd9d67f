import { describe, expect, it } from "vitest";
import { ChunkReader } from "./chunk-source.js";

/** Sources that write down what is done with them. */
function generator(log: string[]) {
  return (async function* () {
    try {
      yield 1;
      yield 2;
    } finally {
      log.push("returned");
    }
  })();
}

function nodeStream(log: string[]) {
  return {
    destroy: () => log.push("destroyed"),
    [Symbol.asyncIterator]: () => generator(log),
  };
}

function webStream(log: string[]) {
  const chunks = [1, 2];
  const reader = {
    async read() {
      const value = chunks.shift();
      return value === undefined ? { done: true } : { done: false, value };
    },
    async cancel() {
      log.push("cancelled");
    },
  };
  return { getReader: () => reader };
}

const KINDS = [
  ["an async generator", generator, "returned"],
  ["a Node stream", nodeStream, "destroyed"],
  ["a web stream", webStream, "cancelled"],
] as const;

describe.each(KINDS)("%s", (_kind, make, closed) => {
  const open = (log: string[]) => make(log) as AsyncIterable<number>;

  it("is read to its end, and not closed then", async () => {
    const log: string[] = [];
    const reader = new ChunkReader(open(log));
    expect([(await reader.next()).value, (await reader.next()).value, (await reader.next()).done]).toEqual([
      1,
      2,
      true,
    ]);
    reader.ended();
    log.length = 0;
    await reader.close();
    expect(log).toEqual([]);
  });

  it("is closed once in the middle", async () => {
    const log: string[] = [];
    const reader = new ChunkReader(open(log));
    await reader.next();
    await Promise.all([reader.close(), reader.close()]);
    expect(log).toEqual([closed]);
  });

  it("is closed before it has been read, if there is something to close", async () => {
    const log: string[] = [];
    await new ChunkReader(open(log)).close();
    // A generator that has not begun has nothing to clean up.
    expect(log).toEqual(closed === "returned" ? [] : [closed]);
  });

  it("is opened by a function when the first chunk is asked for, and not at all otherwise", async () => {
    const log: string[] = [];
    let opened = 0;
    const openLater = async () => {
      opened++;
      return open(log);
    };
    await new ChunkReader(openLater).close();
    const reader = new ChunkReader(openLater);
    expect(opened).toBe(0);
    expect((await reader.next()).value).toBe(1);
    expect((await reader.next()).value).toBe(2);
    expect(opened).toBe(1);
  });

  it("is closed at once when it was given up while it was being opened", async () => {
    const log: string[] = [];
    let openNow = () => {};
    const opening = new Promise<void>((resolve) => {
      openNow = resolve;
    });
    const reader = new ChunkReader(async () => {
      await opening;
      return open(log);
    });
    const first = reader.next();
    await reader.close();
    openNow();
    expect((await first).done).toBe(true);
    expect(log).toEqual(closed === "returned" ? [] : [closed]);
  });
});

describe("ChunkReader", () => {
  it("rejects with what the source, opening it, or closing it fails with", async () => {
    const failing = new ChunkReader(() => {
      throw new Error("no such file");
    });
    await expect(failing.next()).rejects.toThrow("no such file");
    const closing = new ChunkReader({
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: 1 }),
        return: async () => {
          throw new Error("cannot close");
        },
      }),
    });
    await closing.next();
    await expect(closing.close()).rejects.toThrow("cannot close");
  });

  it("needs no return", async () => {
    const reader = new ChunkReader({
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 1 }) }),
    });
    await reader.next();
    await reader.close();
  });
});
