/**
 * The contract notices. Each row breaks one promise of the in-process transport, which keeps all of them, and names the
 * rule that must then fail; undeclared and wrongly declared differences are broken promises as well.
 */
import type { ChannelSignals, Connection, Transport } from "@sluice/core";
import { local } from "@sluice/core/local";
import { ContractViolation, type TransportDifferences, transportContract } from "@sluice/testing";
import { describe, expect, it } from "vitest";

const LOCAL: TransportDifferences = { keepsMessages: true, carriesObjects: true };

describe.each<[what: string, rule: string, breaks: Breaks]>([
  [
    "delivers unasked",
    "with auto-read off nothing arrives until read() asks, and then one burst",
    {
      signals: (inner, end) => ({
        active: () => {
          inner.active();
          end().read();
        },
        readComplete: () => {
          inner.readComplete();
          end().read();
        },
      }),
    },
  ],
  [
    "does not say when a burst is over",
    "a channel that connects: a burst of input ends with readComplete, and more is asked for",
    { signals: () => ({ readComplete: () => {} }) },
  ],
  [
    "tells no addresses",
    "both ends tell the same two addresses, from the first event on and after the end",
    { end: () => ({ localAddress: undefined }) },
  ],
  [
    "takes everything for a message",
    "a channel that connects: refuses what is no message, says so, and goes on",
    { end: () => ({ accepts: () => true }) },
  ],
  [
    "cuts where it should close",
    "a close sends what was flushed first, and its peer sees an end without a cause",
    { end: (inner) => ({ close: () => inner.destroy() }) },
  ],
  [
    "says nothing of resets",
    "a forced close is CONNECTION_RESET for the peer: an error first, then the end",
    { signals: (inner) => ({ failed: () => inner.inputShutdown() }) },
  ],
  [
    "takes no for an answer",
    "nobody listens: CONNECT_REFUSED, and the channel is closed without having been active",
    { signals: (inner) => ({ connectFailed: () => inner.active() }) },
  ],
  [
    "ends both directions for one",
    "one direction ends after what was flushed, and the other goes on",
    { end: (inner) => ({ shutdownOutput: () => inner.close() }) },
  ],
  [
    "accepts any option",
    "an option it cannot honour is an error, at either end",
    { end: () => ({ setOption: () => {} }) },
  ],
  [
    "completes what nobody has read",
    "a peer that never reads stops its sender, and one that begins to read lets it go on",
    { end: () => ({ flush: (queue) => queue.succeed(queue.flushedLength) }) },
  ],
])("a transport that %s", (_what, rule, breaks) => {
  it(`breaks: ${rule}`, async () => {
    const violation = await outcomeOf(rule, broken(breaks), LOCAL, 500);
    expect(violation).toBeInstanceOf(ContractViolation);
    expect(violation?.rule).toBe(rule);
    expect(violation?.message).toContain("Until then: ");
  });

  it("which the whole one keeps", async () => {
    expect(await outcomeOf(rule, local(), LOCAL)).toBeUndefined();
  });
});

describe("a difference", () => {
  it.each<[differences: TransportDifferences, rule: string]>([
    [{ ...LOCAL, noHalfClosure: true }, "one direction cannot end alone: HALF_CLOSE_UNSUPPORTED"],
    [{ ...LOCAL, noReset: true }, "a forced close looks to the peer like an orderly one"],
    [{ ...LOCAL, noBackPressure: true }, "what nobody reads does not hold up its sender"],
    [{ keepsMessages: true }, "anything but bytes is refused with the place to look"],
    [{ carriesObjects: true }, "a stream has no boundaries"],
  ])("%j that does not exist is a violation", async (differences, rule) => {
    expect(await outcomeOf(rule, local(), differences)).toBeInstanceOf(ContractViolation);
  });
});

/** What a broken transport does instead, at the connections it makes. */
interface Breaks {
  readonly signals?: (inner: ChannelSignals, end: () => Connection) => Partial<ChannelSignals>;
  readonly end?: (inner: Connection) => Partial<Connection>;
}

function broken({ signals: breakSignals, end: breakEnd }: Breaks): Transport {
  const whole = local();
  const wrap = (create: (signals: ChannelSignals) => Connection) => (signals: ChannelSignals) => {
    let inner: Connection | undefined;
    const ears = over(
      signals,
      breakSignals?.(signals, () => inner as Connection),
    );
    inner = create(ears);
    return over(inner, breakEnd?.(inner));
  };
  return {
    name: "broken",
    createConnection: wrap((signals) => whole.createConnection(signals)),
    createListener: (signals) =>
      whole.createListener(over(signals, { accept: (create) => signals.accept(wrap(create)) })),
  };
}

/** `inner`, with some of its members replaced. */
function over<T extends object>(inner: T, members: Partial<T> = {}): T {
  return new Proxy(inner, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return members[name as keyof T];
      const member = target[name as keyof T];
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** Runs the one case whose name begins like this. */
async function outcomeOf(
  rule: string,
  transport: Transport,
  differences: TransportDifferences,
  timeoutMs = 5_000,
): Promise<ContractViolation | undefined> {
  let servers = 0;
  const contract = transportContract({
    transport,
    bindOptions: () => ({ local: `${rule}-${++servers}` }),
    differences,
    timeoutMs,
  });
  const found = contract.find(({ name }) => name.startsWith(rule));
  if (found === undefined) throw new Error(`there is no rule "${rule}"`);
  try {
    await found.run();
    return undefined;
  } catch (error) {
    return error as ContractViolation;
  }
}
