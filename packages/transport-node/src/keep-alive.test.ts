import { Socket } from "node:net";
import { ChannelOption } from "@sluice/core";
import { describe, expect, it } from "vitest";
import { canTimeProbes, KeepAlive, type KeepAliveOptions } from "./keep-alive.js";

const { SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT } = ChannelOption;
const code = (expected: string) => expect.objectContaining({ code: expected });

/** A socket with the signatures of Node 26.4 (nodejs/node#63825), which writes down what reaches the system. */
class TimedSocket {
  readonly told: unknown[] = [];

  setKeepAlive(enable?: unknown, initialDelay?: number, interval?: number, count?: number): this {
    if (typeof enable === "object" && enable !== null) {
      const options = enable as { enable: boolean; initialDelay: number; interval: number; count: number };
      return this.setKeepAlive(options.enable, options.initialDelay, options.interval, options.count);
    }
    this.told.push([enable, initialDelay, interval, count]);
    return this;
  }
}

/** … and those of every Node before. */
class UntimedSocket {
  readonly told: unknown[] = [];

  setKeepAlive(enable?: unknown, initialDelay?: number): this {
    this.told.push([Boolean(enable), initialDelay]);
    return this;
  }
}

function told(set: readonly (readonly [ChannelOption<never>, unknown])[], socket = new TimedSocket()): unknown {
  const keepAlive = new KeepAlive({ canTimeProbes: true });
  for (const [option, value] of set) keepAlive.set(option as ChannelOption<unknown>, value);
  keepAlive.applyTo(socket as unknown as Socket);
  return socket.told[0];
}

describe("canTimeProbes", () => {
  it("tells by whether an options object is read", () => {
    expect(canTimeProbes(new TimedSocket() as unknown as Socket)).toBe(true);
    expect(canTimeProbes(new UntimedSocket() as unknown as Socket)).toBe(false);
  });

  it("agrees with the Node that runs this", () => {
    const [major, minor] = process.versions.node.split(".").map(Number) as [number, number];
    // Some later release of an older line may get it too: there the two may differ, which is the point of asking.
    if (major > 26 || (major === 26 && minor >= 4)) expect(canTimeProbes(new Socket())).toBe(true);
    if (major < 24) expect(canTimeProbes(new Socket())).toBe(false);
  });
});

describe("KeepAlive", () => {
  it.each([
    ["is off until it is turned on", [[TCP_KEEPIDLE, 60]], [false, 60_000, undefined, undefined]],
    ["leaves everything to the system", [[SO_KEEPALIVE, true]], [true, 0, undefined, undefined]],
    [
      "takes seconds",
      [
        [SO_KEEPALIVE, true],
        [TCP_KEEPIDLE, 60],
      ],
      [true, 60_000, undefined, undefined],
    ],
    [
      "takes them in any order",
      [
        [TCP_KEEPIDLE, 60],
        [SO_KEEPALIVE, true],
      ],
      [true, 60_000, undefined, undefined],
    ],
    [
      "passes interval and count on",
      [
        [SO_KEEPALIVE, true],
        [TCP_KEEPIDLE, 60],
        [TCP_KEEPINTVL, 15],
        [TCP_KEEPCNT, 4],
      ],
      [true, 60_000, 15_000, 4],
    ],
    [
      "says the system's idle time where it would be dropped with the interval",
      [
        [SO_KEEPALIVE, true],
        [TCP_KEEPINTVL, 15],
      ],
      [true, 7_200_000, 15_000, undefined],
    ],
    [
      "… or with the count",
      [
        [SO_KEEPALIVE, true],
        [TCP_KEEPCNT, 4],
      ],
      [true, 7_200_000, undefined, 4],
    ],
    [
      "may be turned off again",
      [
        [SO_KEEPALIVE, true],
        [SO_KEEPALIVE, false],
      ],
      [false, 0, undefined, undefined],
    ],
  ] as const)("%s", (_title, set, expected) => {
    expect(told(set as never)).toEqual(expected);
  });

  it.each([TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT])("refuses what $name cannot be", (option) => {
    const keepAlive = new KeepAlive({ canTimeProbes: true });
    for (const value of [0, -1, 1.5, Number.NaN, 32_768, "60", undefined]) {
      expect(() => keepAlive.set(option, value)).toThrow(code("INVALID_ARGUMENT"));
    }
    const limit = option === TCP_KEEPCNT ? 127 : 32_767;
    expect(() => keepAlive.set(option, limit + 1)).toThrow(code("INVALID_ARGUMENT"));
    keepAlive.set(option, limit);
  });

  it.each([TCP_KEEPINTVL, TCP_KEEPCNT])(
    "refuses $name where Node cannot set it, naming the version that can",
    (option) => {
      for (const options of [{}, { ifUnsupported: "refuse" }] as KeepAliveOptions[]) {
        const keepAlive = new KeepAlive({ ...options, canTimeProbes: false });
        expect(() => keepAlive.set(option, 5)).toThrow(code("OPTION_UNSUPPORTED"));
        expect(() => keepAlive.set(option, 5)).toThrow(`${option.name} needs Node.js 26.4`);
      }
    },
  );

  it("leaves out what Node cannot set if asked to, but no impossible value", () => {
    const keepAlive = new KeepAlive({ ifUnsupported: "ignore", canTimeProbes: false });
    const socket = new UntimedSocket();
    keepAlive.set(SO_KEEPALIVE, true);
    keepAlive.set(TCP_KEEPINTVL, 5);
    expect(() => keepAlive.set(TCP_KEEPCNT, 0)).toThrow(code("INVALID_ARGUMENT"));
    keepAlive.applyTo(socket as unknown as Socket);
    expect(socket.told).toEqual([[true, 0]]);
  });
});
