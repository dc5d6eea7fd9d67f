import { setTimeout } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CableLab, type Ends } from "./pulled-cables/cable-lab.js";
import { expectInTime, TIMES } from "./pulled-cables/heartbeat-promise.js";
import type { Journals } from "./pulled-cables/journals.js";
import { monotonicMs } from "./pulled-cables/monotonic.mjs";
import { type NamespacePair, SIDES, type Side } from "./pulled-cables/namespace-pair.js";

const CONNECT_TIMEOUT_MS = 300;
const BACK_OFF = { initialDelayMs: 100, maxDelayMs: 400 };
/** How long an outage lasts beyond its being noticed: some attempts fail, and some notes have to wait. */
const OUTAGE_MS = 800;
/** An attempt that was under way fails, the longest delay passes, the next succeeds; the rest is for a busy machine. */
const BACK_WITHIN_MS = CONNECT_TIMEOUT_MS + BACK_OFF.maxDelayMs + 1500;

/**
 * Both ends ask and answer all the time, on whatever channel there is; beside that the client sends notes, of which it
 * is told what became of each.
 */
describe("a client that reconnects is back by itself, and nothing is lost unreported or comes twice, when", () => {
  let lab: CableLab | string;

  beforeAll(() => {
    lab = CableLab.open();
  });

  beforeEach((context) => {
    if (typeof lab === "string") context.skip(lab);
  });

  afterEach(async () => {
    if (typeof lab !== "string") await lab.clear();
  });

  afterAll(() => {
    if (typeof lab !== "string") lab[Symbol.dispose]();
  });

  it.each<[string, (cable: NamespacePair) => void]>([
    ["its link was down", (cable) => cable.pull("client")],
    ["the server's link was down", (cable) => cable.pull("server")],
    ["it was not heard", (cable) => cable.mute("client")],
    ["it heard nothing", (cable) => cable.mute("server")],
  ])("%s", async (_, interrupt) => {
    const { cable } = lab as CableLab;
    const ends = await reconnectingEnds();
    interrupt(cable);
    expectInTime(await ends.client.report("closed"));
    await setTimeout(OUTAGE_MS);
    cable.mend();
    const mendedAt = monotonicMs();
    const { at, attempts } = await ends.client.report("ready");
    expect(at - mendedAt).toBeLessThan(BACK_WITHIN_MS);
    expect(attempts).toBeGreaterThan(2);
    await goOn(ends);
    const journals = await stop(ends);
    const received = journals.notesReceived();
    expect(received).toEqual([...received].sort((a, b) => a - b));
    // What was given to the client during the outage has waited for its end.
    expect(journals.notes().sent).toBeGreaterThan(journals.notes().made / 2);
  });

  it("its link was down while it sent more than the system takes", async () => {
    const { cable } = lab as CableLab;
    const ends = await reconnectingEnds({ noteLength: 150_000 });
    cable.pull("client");
    await ends.client.report("closed");
    cable.mend();
    await ends.client.report("ready");
    await goOn(ends);
    const journals = await stop(ends);
    expect(journals.notes().uncertain).toBeGreaterThan(0);
  });

  it("the server was stopped", async () => {
    const ends = await reconnectingEnds();
    ends.server.signal("SIGSTOP");
    expect(await ends.client.report("closed")).toMatchObject({ cause: "HEARTBEAT_TIMEOUT" });
    // A stopped server's system goes on accepting connections, and the heartbeat finds each of them dead.
    expect(await ends.client.report("closed")).toMatchObject({ cause: "HEARTBEAT_TIMEOUT" });
    ends.server.signal("SIGCONT");
    await goOn(ends);
    await stop(ends);
  });

  it("the server was killed, and another one takes its place", async () => {
    const ends = await reconnectingEnds();
    await ends.server.kill();
    await ends.client.report("closed");
    await setTimeout(OUTAGE_MS);
    const next = await ends.restartServer();
    await goOn(next);
    await stop(next, "server");
  });

  async function reconnectingEnds({ noteLength = 10 } = {}): Promise<Ends> {
    const ends = await (lab as CableLab).ends({
      heartbeat: { ...TIMES, pings: "both" },
      program: "reconnecting-client.mjs",
      programOptions: { reconnects: true, connectTimeoutMs: CONNECT_TIMEOUT_MS, backOff: BACK_OFF, noteLength },
    });
    await ends.client.report("ready");
    return ends;
  }

  /** Waits until both ends have had more of their requests answered. */
  async function goOn(ends: Ends): Promise<void> {
    for (const side of SIDES) {
      ends[side].tell({ what: "go on" });
      await ends[side].report("warm");
    }
  }

  async function stop(ends: Ends, killed?: Side): Promise<Journals> {
    ends.client.tell({ what: "stop" });
    const nothing = { sockets: 0, timeouts: 0, hostTimers: 0, unhandled: [] };
    expect(await ends.client.report("stopped")).toMatchObject(nothing);
    const journals = await (lab as CableLab).judge(ends, killed);
    expect(journals.contradictionsOfNotes()).toEqual([]);
    expect(journals.notes().received).toBeGreaterThan(0);
    process.stdout.write(`notes: ${JSON.stringify(journals.notes())}\n`);
    return journals;
  }
});
