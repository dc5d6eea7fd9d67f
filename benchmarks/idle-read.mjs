// What a read costs an IdleStateHandler, side by side with the same pipeline without one. See README.md.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const WARM_UP_MS = 1000;
const TURN_MS = 200;
/** Reads between two ends of a burst. */
const BURSTS = [1, 4, 16, 64];
const ALLOWED_NS = 15;

const { values } = parseArgs({ options: { rounds: { type: "string", default: "15" } } });

console.log(`node ${process.version}`);
for (const burst of BURSTS) {
  const [without, withIdle] = [contender("without", burst), contender("with", burst)];
  const rounds = [];
  for (const one of [without, withIdle]) await one.measure(WARM_UP_MS);
  while (rounds.length < Number(values.rounds)) {
    rounds.push([await without.measure(TURN_MS), await withIdle.measure(TURN_MS)]);
  }
  for (const one of [without, withIdle]) one.end();
  const differences = rounds.map(([a, b]) => b - a);
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(differences, share));
  const base = quantile(
    rounds.map(([a]) => a),
    0.5,
  );
  console.log(
    `bursts of ${String(burst).padStart(2)}: ${base.toFixed(1).padStart(6)} ns a read without, ` +
      `${middle.toFixed(1).padStart(5)} ns more with (${low.toFixed(1)} – ${high.toFixed(1)})` +
      `   ≤ ${ALLOWED_NS} ${middle <= ALLOWED_NS ? "reached" : "MISSED"}`,
  );
}

/** A process that waits for its turns. */
function contender(name, burst) {
  const script = fileURLToPath(new URL("idle-read/contender.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, name, String(burst)], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async measure(ms) {
      child.stdin.write(`${ms}\n`);
      const { value } = await lines.next();
      if (value === undefined) throw new Error(`${name} ended`);
      return Number(value);
    },
    end: () => child.stdin.end(),
  };
}

function quantile(numbers, share) {
  return [...numbers].sort((a, b) => a - b)[Math.round((numbers.length - 1) * share)];
}
