// Lets the contenders of a scenario take turns, and keeps what each turn gave.
//
//   launch 1   sluice ─ warm up    net ─ warm up    netty ─ warm up
//              A  B  C   A  B  C   A  B  C   …      rounds: one turn each, close together in time
//   launch 2   the same with new processes: what a process was dealt at its start is not its merit
//
// A machine's speed drifts, so figures are compared within a round only. Contenders marked slow sit out later rounds.

/** A JVM starts as an interpreter; a small loop is compiled soon, a server takes seconds, which its plan says. */
const JVM_WARM_UPS = 3;
/** Turns for those that are given too little CPU time, as a multiple of what would do. */
const MOST_WARM_UPS = 3;

/** @returns what goes into the results file, less the machine */
export async function contest(scenario, bench, plan, progress) {
  const result = { name: scenario.name, cases: [], missing: new Map() };
  const cases = plan.isQuick ? scenario.cases.filter(({ isExtra }) => !isExtra) : scenario.cases;
  for (const one of cases) {
    const contenders = (one.contenders ?? scenario.contenders).filter((contender) => {
      const reason = bench.missing(contender, scenario);
      if (reason !== undefined) result.missing.set(contender.title, reason);
      return reason === undefined;
    });
    const entries = contenders.map((contender) => ({ contender, samples: [] }));
    for (let launch = 0; launch < plan.launches; launch++) {
      await (one.isAlone ? launchAlone : launchTogether)(scenario, one, entries, bench, plan, progress);
    }
    result.cases.push({
      ...{ name: one.name, x: one.x, ownAtMost: one.ownAtMost },
      contenders: entries.map(({ contender: { name, title, by }, samples, failure }) => ({
        ...{ name, title, by, samples, failure },
        atMost: one.atMost?.[name],
      })),
    });
  }
  return { ...result, missing: [...result.missing].map(([title, reason]) => ({ title, reason })) };
}

async function launchTogether(scenario, one, entries, bench, plan, progress) {
  const running = [];
  try {
    progress(scenario, one, entries[0].contender, "and the others start");
    await Promise.all(
      entries.map((entry) =>
        attempt(entry, async () => {
          entry.process = await scenario.start(entry.contender, one, bench);
          running.push(entry.process);
        }),
      ),
    );
    for (const entry of entries) {
      progress(scenario, one, entry.contender, "warms up");
      await attempt(entry, () => warmUp(entry, plan, scenario.isServed));
    }
    for (let round = 0; round < plan.rounds; round++) {
      for (const entry of entries) {
        const sitsOut = entry.contender.isSlow && round >= plan.slowRounds;
        if (sitsOut) entry.samples.push(null);
        else await takeTurn(scenario, one, entry, plan, progress);
      }
    }
  } finally {
    await Promise.all(running.map((process) => process.end()));
  }
}

/** For what would disturb each other by just being there, or gives a figure once in its life. */
async function launchAlone(scenario, one, entries, bench, plan, progress) {
  for (let round = 0; round < plan.rounds; round++) {
    for (const entry of entries) {
      await attempt(entry, async () => {
        progress(scenario, one, entry.contender, "starts");
        entry.process = await scenario.start(entry.contender, one, bench);
        try {
          await warmUp(entry, plan, scenario.isServed);
          await takeTurn(scenario, one, entry, plan, progress);
        } finally {
          await entry.process.end();
        }
      });
    }
  }
}

/** By the CPU time that a contender got, where it is known: on a busy machine time alone warms nobody up. */
async function warmUp({ contender, process }, plan, isServed) {
  if (plan.warmUpMs === 0) return;
  const jvmMs = isServed ? plan.jvmWarmUpMs : plan.warmUpMs * JVM_WARM_UPS;
  const wanted = contender.by === "netty" ? Math.max(jvmMs, plan.warmUpMs) : plan.warmUpMs;
  const most = MOST_WARM_UPS * Math.ceil(wanted / plan.warmUpMs);
  for (let turns = 0, used = 0; used < wanted && turns < most; turns++) {
    used += (await process.measure(plan.warmUpMs)).usedMs ?? plan.warmUpMs;
  }
}

async function takeTurn(scenario, one, entry, plan, progress) {
  await attempt(entry, async () => {
    progress(scenario, one, entry.contender, "runs");
    entry.samples.push(await entry.process.measure(plan.roundMs));
  });
}

/** One that fails is out, and the reason is told with the results. */
async function attempt(entry, action) {
  if (entry.failure !== undefined) return;
  try {
    await action();
  } catch (error) {
    // Without Sluice there is nothing to compare.
    if (entry.contender.by === "sluice") throw error;
    entry.failure = error.message;
  }
}
