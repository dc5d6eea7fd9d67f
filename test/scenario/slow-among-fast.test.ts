/** Readers that have stopped cost those beside them nothing worth mentioning. */
import { afterEach, expect, it } from "vitest";
import { ChildScript } from "./child-script.js";
import { isLong } from "./storm-length.js";

const FAST = isLong ? 9000 : 900;
const SLOW = isLong ? 1000 : 100;
const MESSAGES = isLong ? 4 : 20;
const MESSAGE_BYTES = 100;
/** Each of four rounds: without the slow ones, with, with, without. */
const TURNS = 5;
const ATTEMPTS = 4;
const TENTH = 1.1;

interface Round {
  readonly cpuMs: number;
  readonly missed: number;
}

const children: ChildScript[] = [];
afterEach(() => Promise.all(children.splice(0).map((child) => child.kill())));

it(`${SLOW} slow readers do not slow ${FAST} fast ones down by more than a tenth`, { timeout: 180_000 }, async () => {
  const server = new ChildScript("slow-among-fast/server.mjs");
  children.push(server);
  const { port } = await server.answer<{ port: number }>();
  const clients = new ChildScript("slow-among-fast/clients.mjs", port, FAST, SLOW);
  children.push(clients);
  await clients.answer();
  await expect
    .poll(() => server.answer({ name: "count" }), { timeout: 20_000 })
    .toMatchObject({ readers: FAST, slow: SLOW });
  await server.answer({ name: "fill" });
  expect(await server.answer({ name: "count" })).toMatchObject({ behind: SLOW });

  let delivered = (await clients.answer<{ most: number }>({ bytes: 0 })).most;
  const cpuOfRound = async (isWithSlow: boolean) => {
    const { cpuMs, missed } = await server.answer<Round>({ name: "round", isWithSlow, messages: MESSAGES });
    delivered += MESSAGES * MESSAGE_BYTES;
    const { least, most } = await clients.answer<{ least: number; most: number }>({ bytes: delivered });
    // What counts, whatever the clock says: every fast reader gets every byte, and the slow ones missed this.
    expect([least, most, missed]).toEqual([delivered, delivered, isWithSlow ? MESSAGES * SLOW : 0]);
    return cpuMs;
  };

  const cpu = { first: [] as number[], withSlow: [] as number[], last: [] as number[] };
  let ratio = Number.POSITIVE_INFINITY;
  await cpuOfRound(true);
  for (let attempt = 0; attempt < ATTEMPTS && ratio > TENTH; attempt++) {
    for (let turn = 0; turn < TURNS; turn++) {
      cpu.first.push(await cpuOfRound(false));
      cpu.withSlow.push(await cpuOfRound(true), await cpuOfRound(true));
      cpu.last.push(await cpuOfRound(false));
    }
    ratio = median(cpu.withSlow) / median([...cpu.first, ...cpu.last]);
  }
  // Rounds without slow readers, compared with each other, say what a ratio is worth on this machine today.
  const noise = median(cpu.last) / median(cpu.first);
  console.info(`CPU with slow readers × ${ratio.toFixed(3)}; two halves of the same × ${noise.toFixed(3)}`);
  if (Math.abs(Math.log(noise)) < Math.log(TENTH)) expect(ratio).toBeLessThan(TENTH);
  else console.info("this machine is too busy to tell a tenth; only the counts are checked");
});

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}
