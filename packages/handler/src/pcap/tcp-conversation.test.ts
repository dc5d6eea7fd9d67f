import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TCP_FLAG } from "./ip-packet.js";
import { type CapturedEnd, MOST_UNACKNOWLEDGED, TcpConversation } from "./tcp-conversation.js";

const NAMES = Object.entries(TCP_FLAG);

/** A conversation, and its segments as text: `> PSH,ACK 1 1 +5`, `>` being ours. */
function conversation(initialSequence = 0, maxSegmentBytes = 1000) {
  const segments: string[] = [];
  const tcp = new TcpConversation({
    maxSegmentBytes,
    initialSequence,
    receiver: {
      segment(from, flags, sequence, acknowledgement, _offset, length) {
        const names = NAMES.filter(([, bit]) => flags & bit).map(([name]) => name);
        const data = length > 0 ? ` +${length}` : "";
        segments.push(`${from === "local" ? ">" : "<"} ${names.join(",")} ${sequence} ${acknowledgement}${data}`);
      },
    },
  });
  return { tcp, taken: () => segments.splice(0) };
}

const EVENTS = {
  "we open": (tcp: TcpConversation) => tcp.opened("local"),
  "we send": (tcp: TcpConversation) => tcp.sent("local", 10),
  "it sends": (tcp: TcpConversation) => tcp.sent("remote", 20),
  "we end": (tcp: TcpConversation) => tcp.ended("local"),
  "it ends": (tcp: TcpConversation) => tcp.ended("remote"),
  "we reset": (tcp: TcpConversation) => tcp.reset("local"),
  "it resets": (tcp: TcpConversation) => tcp.reset("remote"),
} as const;
type Event = keyof typeof EVENTS;

const STATES: Record<string, Event[]> = {
  waiting: [],
  established: ["we open"],
  "we have ended": ["we open", "we end"],
  "it has ended": ["we open", "it ends"],
  "both have ended": ["we open", "it ends", "we end"],
  reset: ["we open", "we reset"],
};

/** State × event → segments. What is not listed makes none. */
const TABLE: Record<string, Partial<Record<Event, string[]>>> = {
  waiting: { "we open": ["> SYN 0 0", "< SYN,ACK 0 1", "> ACK 1 1"] },
  established: {
    "we send": ["> PSH,ACK 1 1 +10"],
    "it sends": ["< PSH,ACK 1 1 +20"],
    "we end": ["> FIN,ACK 1 1", "< ACK 1 2"],
    "it ends": ["< FIN,ACK 1 1", "> ACK 1 2"],
    "we reset": ["> RST,ACK 1 1"],
    "it resets": ["< RST,ACK 1 1"],
  },
  "we have ended": {
    "it sends": ["< PSH,ACK 1 2 +20"],
    "it ends": ["< FIN,ACK 1 2", "> ACK 2 2"],
    "we reset": ["> RST,ACK 2 1"],
    "it resets": ["< RST,ACK 1 2"],
  },
  "it has ended": {
    "we send": ["> PSH,ACK 1 2 +10"],
    "we end": ["> FIN,ACK 1 2", "< ACK 2 2"],
    "we reset": ["> RST,ACK 1 2"],
    "it resets": ["< RST,ACK 2 1"],
  },
  "both have ended": {},
  reset: {},
};

describe.each(Object.keys(STATES))("%s", (state) => {
  it.each(Object.keys(EVENTS) as Event[])("and %s", (event) => {
    const { tcp, taken } = conversation();
    for (const earlier of STATES[state] as Event[]) EVENTS[earlier](tcp);
    taken();
    const result = EVENTS[event](tcp);
    const expected = TABLE[state]?.[event] ?? [];
    expect(taken()).toEqual(expected);
    if (event.endsWith("send") || event.endsWith("sends")) expect(result).toBe(expected.length > 0);
    expect(tcp.isOver).toBe(
      ["both have ended", "reset"].includes(state) ||
        (state !== "waiting" && /reset/.test(event)) ||
        (state === "we have ended" && event === "it ends") ||
        (state === "it has ended" && event === "we end"),
    );
  });
});

describe("a conversation", () => {
  it("may be opened by the other end", () => {
    const { tcp, taken } = conversation();
    tcp.opened("remote");
    expect(taken()).toEqual(["< SYN 0 0", "> SYN,ACK 0 1", "< ACK 1 1"]);
  });

  it("cuts what is longer than a segment, and pushes the last", () => {
    const { tcp, taken } = conversation();
    tcp.opened("local");
    taken();
    tcp.sent("local", 2500);
    expect(taken()).toEqual(["> ACK 1 1 +1000", "> ACK 1001 1 +1000", "> PSH,ACK 2001 1 +500"]);
  });

  it("makes nothing of nothing", () => {
    const { tcp, taken } = conversation();
    tcp.opened("local");
    taken();
    expect(tcp.sent("local", 0)).toBe(true);
    expect(taken()).toEqual([]);
  });

  it("acknowledges by the way, and by itself after half a window", () => {
    const { tcp, taken } = conversation(0, 16_384);
    tcp.opened("local");
    taken();
    tcp.sent("local", 16_384);
    tcp.sent("remote", 1);
    tcp.sent("local", 16_384);
    expect(taken().filter((line) => line.startsWith("< ACK"))).toEqual([]);
    tcp.sent("local", 16_384);
    tcp.sent("local", 16_384);
    expect(taken()).toEqual(["> PSH,ACK 32769 2 +16384", "< ACK 2 49153", "> PSH,ACK 49153 2 +16384"]);
  });

  it("goes round at 2^32, on a segment's end and in the middle of one", () => {
    const { tcp, taken } = conversation(0xffff_fffe);
    tcp.opened("local");
    expect(taken()).toEqual(["> SYN 4294967294 0", "< SYN,ACK 4294967294 4294967295", "> ACK 4294967295 4294967295"]);
    tcp.sent("local", 1);
    tcp.sent("remote", 10);
    tcp.sent("local", 5);
    expect(taken()).toEqual(["> PSH,ACK 4294967295 4294967295 +1", "< PSH,ACK 4294967295 0 +10", "> PSH,ACK 0 9 +5"]);
  });

  it("never has more than a window on the way, acknowledges only what was sent, and sends every byte once", () => {
    const step = fc.record({ from: fc.constantFrom<CapturedEnd>("local", "remote"), length: fc.nat(200_000) });
    fc.assert(
      fc.property(fc.array(step), fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 500, max: 65_495 }), run),
    );
  });
});

function run(steps: { from: CapturedEnd; length: number }[], initialSequence: number, segment: number): void {
  const next = { local: initialSequence, remote: initialSequence };
  const acknowledged = { ...next };
  const payload = { local: 0, remote: 0 };
  const tcp = new TcpConversation({
    initialSequence,
    maxSegmentBytes: segment,
    receiver: {
      segment(from, flags, sequence, acknowledgement, _offset, length) {
        const to = from === "local" ? "remote" : "local";
        expect(sequence).toBe(next[from]);
        next[from] = (next[from] + length + (flags & (TCP_FLAG.SYN | TCP_FLAG.FIN) ? 1 : 0)) >>> 0;
        payload[from] += length;
        if (flags & TCP_FLAG.ACK) expect(acknowledgement).toBe(next[to]);
        if (flags & TCP_FLAG.ACK) acknowledged[to] = acknowledgement;
        expect((next[from] - acknowledged[from]) >>> 0).toBeLessThanOrEqual(Math.max(MOST_UNACKNOWLEDGED, segment));
      },
    },
  });
  tcp.opened("remote");
  for (const { from, length } of steps) tcp.sent(from, length);
  for (const end of ["local", "remote"] as const) {
    const sent = steps.filter(({ from }) => from === end).reduce((sum, { length }) => sum + length, 0);
    expect(payload[end]).toBe(sent);
  }
}
