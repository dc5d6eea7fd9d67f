import { describe, expect, it } from "vitest";
import { type PoolAction, PoolMachine, type PoolMachineOptions } from "./pool-machine.js";
import type { PoolPlace, PoolPlaceState } from "./pool-place.js";
import { PoolWaiter } from "./pool-waiter.js";

/** A machine with its places and waiters numbered in the order in which they appear: `p1`, `w1` … */
class Scene {
  readonly machine: PoolMachine;
  readonly places: PoolPlace[] = [];
  readonly waiters: PoolWaiter[] = [];

  constructor(options: Partial<PoolMachineOptions> = {}) {
    this.machine = new PoolMachine({
      maxConnections: 1,
      maxWaiting: 10,
      order: "lifo",
      idleTimeoutMs: 100,
      minIdle: 0,
      ...options,
    });
  }

  p(number: number): PoolPlace {
    return this.places[number - 1] as PoolPlace;
  }

  w(number: number): PoolWaiter {
    return this.waiters[number - 1] as PoolWaiter;
  }

  acquire(): string {
    const waiter = new PoolWaiter(
      () => {},
      () => {},
    );
    this.waiters.push(waiter);
    return this.told(this.machine.acquire(waiter));
  }

  /** What is to be done, in words. */
  told(actions: PoolAction[]): string {
    return actions
      .map((action) => {
        if (action.do === "refuse")
          return `refuse ${this.#name(action.waiter)} ${(action.error as any).code ?? "error"}`;
        if (action.do === "connect") this.places.push(action.place);
        const place = `p${this.places.indexOf(action.place) + 1}`;
        if (action.do === "lease") return `lease ${place} to ${this.#name(action.waiter)}`;
        return action.do === "close" ? `close ${place} ${action.place.reason}` : `${action.do} ${place}`;
      })
      .join(", ");
  }

  #name(waiter: PoolWaiter): string {
    return `w${this.waiters.indexOf(waiter) + 1}`;
  }
}

/** How the first place of a machine with one place gets into each state. */
const PATHS: Record<string, (scene: Scene) => unknown> = {
  connecting: (s) => s.acquire(),
  "connecting for nobody": (s) => [s.acquire(), s.machine.abandoned(s.w(1))],
  leased: (s) => [s.acquire(), s.machine.connected(s.p(1), 0)],
  returning: (s) => [PATHS.leased?.(s), s.machine.released(s.p(1), "reusable")],
  idle: (s) => [PATHS.returning?.(s), s.machine.checked(s.p(1), "healthy", 0)],
  checking: (s) => [PATHS.idle?.(s), s.acquire()],
  "checking for nobody": (s) => [PATHS.checking?.(s), s.machine.abandoned(s.w(2))],
  closing: (s) => [PATHS.leased?.(s), s.machine.released(s.p(1), "discarded")],
  gone: (s) => [PATHS.closing?.(s), s.machine.ended(s.p(1))],
};

const EVENTS: Record<string, (scene: Scene) => string> = {
  acquire: (s) => s.acquire(),
  abandoned: (s) => s.told(s.p(1).waiter === undefined ? [] : s.machine.abandoned(s.p(1).waiter as PoolWaiter)),
  connected: (s) => s.told(s.machine.connected(s.p(1), 50)),
  connectFailed: (s) => s.told(s.machine.connectFailed(s.p(1), new Error("refused"))),
  healthy: (s) => s.told(s.machine.checked(s.p(1), "healthy", 50)),
  unhealthy: (s) => s.told(s.machine.checked(s.p(1), "unhealthy", 50)),
  dead: (s) => s.told(s.machine.checked(s.p(1), "dead", 50)),
  released: (s) => s.told(s.machine.released(s.p(1), "reusable")),
  discarded: (s) => s.told(s.machine.released(s.p(1), "discarded")),
  "released dead": (s) => s.told(s.machine.released(s.p(1), "dead")),
  ended: (s) => s.told(s.machine.ended(s.p(1))),
  expired: (s) => s.told(s.machine.expired(s.p(1))),
  evict: (s) => s.told(s.machine.evict(100)),
  close: (s) => s.told(s.machine.close()),
};

/** What is done, and the state after it. What is not here changes nothing. */
const NOBODY_ELSE_WAITS: Record<string, Record<string, string>> = {
  connecting: {
    abandoned: " → connecting",
    connected: "lease p1 to w1 → leased",
    connectFailed: "refuse w1 error → gone",
    // The channel cannot end before it is there; if it did, the next attempt is the waiter's.
    ended: "connect p2 → gone",
    close: "refuse w1 POOL_CLOSED → connecting",
  },
  "connecting for nobody": {
    connected: " → idle",
    connectFailed: " → gone",
    ended: " → gone",
  },
  leased: {
    released: "check p1 → returning",
    discarded: "close p1 discarded → closing",
    "released dead": " → closing",
    ended: " → gone",
  },
  returning: {
    healthy: " → idle",
    unhealthy: "close p1 unhealthy → closing",
    dead: " → closing",
    ended: " → gone",
  },
  idle: {
    acquire: "check p1 → checking",
    ended: " → gone",
    expired: "close p1 lifetime → closing",
    evict: "close p1 idle → closing",
    close: "close p1 shutdown → closing",
  },
  checking: {
    healthy: "lease p1 to w2 → leased",
    unhealthy: "close p1 unhealthy → closing",
    dead: " → closing",
    ended: "connect p2 → gone",
    close: "refuse w2 POOL_CLOSED → checking",
  },
  "checking for nobody": {
    healthy: " → idle",
    unhealthy: "close p1 unhealthy → closing",
    dead: " → closing",
    ended: " → gone",
  },
  closing: { ended: " → gone" },
  gone: { acquire: "connect p2 → gone" },
};

/** The same with one more caller, who waits for the only place. */
const SOMEBODY_WAITS: Record<string, Record<string, string>> = {
  connecting: {
    connected: "lease p1 to w1 → leased",
    connectFailed: "refuse w1 error, connect p2 → gone",
    ended: "connect p2 → gone",
    close: "refuse w1 POOL_CLOSED, refuse w2 POOL_CLOSED → connecting",
  },
  leased: {
    released: "check p1 → returning",
    discarded: "close p1 discarded → closing",
    "released dead": " → closing",
    ended: "connect p2 → gone",
    close: "refuse w2 POOL_CLOSED → leased",
  },
  returning: {
    healthy: "lease p1 to w2 → leased",
    unhealthy: "close p1 unhealthy → closing",
    dead: " → closing",
    ended: "connect p2 → gone",
    close: "refuse w2 POOL_CLOSED → returning",
  },
  checking: {
    healthy: "lease p1 to w2 → leased",
    unhealthy: "close p1 unhealthy → closing",
    dead: " → closing",
    ended: "connect p2 → gone",
    close: "refuse w2 POOL_CLOSED, refuse w3 POOL_CLOSED → checking",
  },
  closing: {
    ended: "connect p2 → gone",
    close: "refuse w2 POOL_CLOSED → closing",
  },
};

/** The same when the pool has been closed meanwhile. */
const CLOSED: Record<string, Record<string, string>> = {
  connecting: { connected: "close p1 shutdown → closing", connectFailed: " → gone", ended: " → gone" },
  "connecting for nobody": { connected: "close p1 shutdown → closing", connectFailed: " → gone", ended: " → gone" },
  leased: {
    released: "close p1 shutdown → closing",
    discarded: "close p1 discarded → closing",
    "released dead": " → closing",
    ended: " → gone",
  },
  returning: {
    healthy: "close p1 shutdown → closing",
    unhealthy: "close p1 unhealthy → closing",
    dead: " → closing",
    ended: " → gone",
  },
  idle: { ended: " → gone" },
  checking: {
    healthy: "close p1 shutdown → closing",
    unhealthy: "close p1 unhealthy → closing",
    dead: " → closing",
    ended: " → gone",
  },
  "checking for nobody": {
    healthy: "close p1 shutdown → closing",
    unhealthy: "close p1 unhealthy → closing",
    dead: " → closing",
    ended: " → gone",
  },
  closing: { ended: " → gone" },
  gone: {},
};

describe.each<[string, Record<string, Record<string, string>>, (scene: Scene) => void]>([
  ["nobody else waits", NOBODY_ELSE_WAITS, (_s: Scene): void => {}],
  ["somebody waits", SOMEBODY_WAITS, (s: Scene): void => void s.acquire()],
  ["the pool is closed", CLOSED, (s: Scene): void => void s.machine.close()],
])("a place, while %s", (when, table, prepare) => {
  const cells = Object.keys(table).flatMap((from) => Object.keys(EVENTS).map((event) => [from, event] as const));

  it.each(cells)("%s, %s", (from, event) => {
    const scene = new Scene();
    PATHS[from]?.(scene);
    expect(scene.p(1).state).toBe(from.split(" ")[0]);
    prepare(scene);
    const before = scene.p(1).state;
    const told = EVENTS[event]?.(scene);
    const refused = `refuse w${scene.waiters.length} POOL_CLOSED → ${before}`;
    const unchanged = when === "the pool is closed" && event === "acquire" ? refused : ` → ${before}`;
    expect(`${told} → ${scene.p(1).state}`).toBe(table[from]?.[event] ?? unchanged);
    consistent(scene);
  });
});

describe("an expired channel", () => {
  it("finishes what it is used for, and is closed when it comes back", () => {
    for (const waits of [false, true]) {
      const scene = new Scene();
      PATHS.leased?.(scene);
      if (waits) scene.acquire();
      scene.machine.expired(scene.p(1));
      expect(scene.told(scene.machine.released(scene.p(1), "reusable"))).toBe("close p1 lifetime");
      expect(scene.told(scene.machine.ended(scene.p(1)))).toBe(waits ? "connect p2" : "");
    }
  });

  it("is closed after a check on its way back, and used once more after one on its way out", () => {
    const back = new Scene();
    PATHS.returning?.(back);
    back.machine.expired(back.p(1));
    expect(back.told(back.machine.checked(back.p(1), "healthy", 0))).toBe("close p1 lifetime");
    const out = new Scene();
    PATHS.checking?.(out);
    out.machine.expired(out.p(1));
    expect(out.told(out.machine.checked(out.p(1), "healthy", 0))).toBe("lease p1 to w2");
    const nobody = new Scene();
    PATHS["checking for nobody"]?.(nobody);
    nobody.machine.expired(nobody.p(1));
    expect(nobody.told(nobody.machine.checked(nobody.p(1), "healthy", 0))).toBe("close p1 lifetime");
  });
});

describe("waiters", () => {
  it("get channels in the order in which they came, whomever those were connected for", () => {
    const scene = new Scene({ maxConnections: 3 });
    expect([scene.acquire(), scene.acquire(), scene.acquire(), scene.acquire()]).toEqual([
      "connect p1",
      "connect p2",
      "connect p3",
      "",
    ]);
    expect(scene.told(scene.machine.connected(scene.p(3), 0))).toBe("lease p3 to w1");
    // w1's place has become w3's.
    expect(scene.p(1).waiter).toBe(scene.w(3));
    expect(scene.told(scene.machine.connectFailed(scene.p(1), new Error("refused")))).toBe(
      "refuse w3 error, connect p4",
    );
    expect(scene.told(scene.machine.connected(scene.p(4), 0))).toBe("lease p4 to w2");
    expect(scene.told(scene.machine.connected(scene.p(2), 0))).toBe("lease p2 to w4");
    consistent(scene);
  });

  it("take over an attempt whose waiter has left or was served otherwise", () => {
    const scene = new Scene({ maxConnections: 2 });
    PATHS.leased?.(scene);
    expect([scene.acquire(), scene.acquire()]).toEqual(["connect p2", ""]);
    scene.machine.released(scene.p(1), "reusable");
    expect(scene.told(scene.machine.checked(scene.p(1), "healthy", 0))).toBe("lease p1 to w2");
    expect(scene.p(2).waiter).toBe(scene.w(3));
    scene.machine.abandoned(scene.w(3));
    expect(scene.acquire()).toBe("");
    expect(scene.p(2).waiter).toBe(scene.w(4));
    consistent(scene);
  });

  it("cannot leave any more when a channel is on its way to them", () => {
    const scene = new Scene();
    PATHS.leased?.(scene);
    expect([scene.told(scene.machine.abandoned(scene.w(1))), scene.machine.waiting]).toEqual(["", 0]);
    consistent(scene);
  });

  it("keep their turn when the channel that was checked for them is not fit", () => {
    const scene = new Scene({ maxConnections: 2 });
    PATHS.leased?.(scene);
    scene.acquire();
    scene.machine.connected(scene.p(2), 0);
    for (const place of [scene.p(1), scene.p(2)]) {
      scene.machine.released(place, "reusable");
      scene.machine.checked(place, "healthy", 0);
    }
    expect([scene.acquire(), scene.acquire(), scene.acquire()]).toEqual(["check p2", "check p1", ""]);
    expect(scene.told(scene.machine.checked(scene.p(1), "unhealthy", 0))).toBe("close p1 unhealthy");
    expect(scene.told(scene.machine.checked(scene.p(2), "unhealthy", 0))).toBe("close p2 unhealthy");
    expect(scene.told(scene.machine.ended(scene.p(1)))).toBe("connect p3");
    expect(scene.p(3).waiter).toBe(scene.w(3));
    expect(scene.told(scene.machine.ended(scene.p(2)))).toBe("connect p4");
    expect(scene.p(4).waiter).toBe(scene.w(4));
    consistent(scene);
  });

  it("are refused beyond maxWaiting; those a place is under way for do not count", () => {
    const scene = new Scene({ maxWaiting: 1 });
    expect([scene.acquire(), scene.acquire(), scene.acquire()]).toEqual(["connect p1", "", "refuse w3 POOL_EXHAUSTED"]);
    expect(scene.machine.waiting).toBe(2);
    scene.machine.abandoned(scene.w(2));
    expect(scene.acquire()).toBe("");
    const none = new Scene({ maxWaiting: 0 });
    expect([none.acquire(), none.acquire()]).toEqual(["connect p1", "refuse w2 POOL_EXHAUSTED"]);
  });
});

describe("idle channels", () => {
  /** Three of them, idle since 0, 10 and 20. */
  function threeIdle(options: Partial<PoolMachineOptions>): Scene {
    const scene = new Scene({ maxConnections: 3, ...options });
    for (let i = 1; i <= 3; i++) scene.acquire();
    for (let i = 1; i <= 3; i++) scene.machine.connected(scene.p(i), 0);
    for (let i = 1; i <= 3; i++) {
      scene.machine.released(scene.p(i), "reusable");
      scene.machine.checked(scene.p(i), "healthy", (i - 1) * 10);
    }
    return scene;
  }

  it("are taken youngest first, or oldest first", () => {
    const lifo = threeIdle({ order: "lifo" });
    expect([lifo.acquire(), lifo.acquire(), lifo.acquire()]).toEqual(["check p3", "check p2", "check p1"]);
    const fifo = threeIdle({ order: "fifo" });
    expect([fifo.acquire(), fifo.acquire(), fifo.acquire()]).toEqual(["check p1", "check p2", "check p3"]);
  });

  it("are evicted when their time has come, down to minIdle", () => {
    const scene = threeIdle({ minIdle: 1 });
    expect(scene.machine.nextEviction).toBe(100);
    expect(scene.told(scene.machine.evict(99))).toBe("");
    expect(scene.told(scene.machine.evict(100))).toBe("close p1 idle");
    expect(scene.machine.nextEviction).toBe(110);
    expect(scene.told(scene.machine.evict(500))).toBe("close p2 idle");
    expect(scene.machine.nextEviction).toBeUndefined();
    const never = threeIdle({ idleTimeoutMs: 0 });
    expect([never.machine.nextEviction, never.told(never.machine.evict(1e9))]).toEqual([undefined, ""]);
  });
});

/** What every event has to leave true. */
function consistent({ machine, places, waiters }: Scene): void {
  const states: PoolPlaceState[] = ["connecting", "checking", "leased", "returning", "idle", "closing"];
  const taken = places.filter(({ state }) => state !== "gone");
  expect(machine.size).toBe(taken.length);
  for (const state of states) expect(machine.count(state)).toBe(places.filter((place) => place.state === state).length);
  const waiting = waiters.filter((waiter) => waiter.isWaiting);
  expect(machine.waiting).toBe(waiting.length);
  for (const waiter of waiting) if (waiter.place !== undefined) expect(waiter.place.waiter).toBe(waiter);
  for (const { waiter, state } of places) {
    if (waiter === undefined) continue;
    expect(waiting).toContain(waiter);
    expect(["connecting", "checking"]).toContain(state);
  }
}
