// CPU time decoders take per frame, side by side. See README.md for how to run and read it.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CASES } from "./decoding/cases.mjs";
import { prepareNetty } from "./decoding/netty.mjs";

const WARM_UP_MS = 1500;
const ROUND_MS = 150;
/** A peer that takes seconds for a frame is not asked more often. */
const ROUNDS_OF_LARGE = 3;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: CASES.map(({ name }) => name) },
    rounds: { type: "string", default: "9" },
    peers: { type: "string", default: "all" },
  },
});
for (const name of values.only) {
  if (!CASES.some((one) => one.name === name)) throw new Error(`no case ${name}: ${CASES.map((one) => one.name)}`);
}
const netty = values.peers === "none" ? "not asked for" : prepareNetty();

const [{ model }] = cpus();
console.log(
  `${cpus().length} × ${model.trim()} · Node.js ${process.version} · ${netty.version ?? `no Netty: ${netty}`}`,
);

for (const one of CASES.filter(({ name }) => values.only.includes(name))) {
  for (const chunk of one.chunks) await compare(one, chunk);
}

async function compare(one, chunk) {
  const contenders = one.contenders.filter(({ by }) => by === "sluice" || values.peers !== "none");
  const running = contenders.filter(({ by }) => by !== "netty" || typeof netty !== "string");
  const processes = running.map((contender) =>
    start(contender, { ...one, chunk, prefix: contender.prefix ?? one.prefix }),
  );
  const rounds = [];
  try {
    for (const contender of processes) await contender.measure(WARM_UP_MS);
    const wanted = one.name === "large" ? Math.min(Number(values.rounds), ROUNDS_OF_LARGE) : Number(values.rounds);
    while (rounds.length < wanted) {
      const round = [];
      for (const contender of processes) round.push(await contender.measure(ROUND_MS));
      rounds.push(round);
    }
  } finally {
    for (const contender of processes) contender.end();
  }
  print(one, chunk, running, rounds);
}

function print(one, chunk, running, rounds) {
  const large = one.size > chunk;
  const pieces = chunk >= 1024 * 16 ? `${chunk / 1024} KiB` : `${chunk} B`;
  console.log(`\n${one.name}: ${one.title}, in chunks of ${pieces}`);
  running.forEach((contender, i) => {
    const time = median(rounds.map((round) => round[i]));
    const shown = large ? `${(time / 1e6).toFixed(2)} ms` : `${time.toFixed(0)} ns`;
    const line = `  ${label(contender).padEnd(58)}${shown.padStart(12)}`;
    console.log(
      i === 0
        ? line
        : line +
            ratioTo(
              contender,
              rounds.map((round) => round[0] / round[i]),
            ),
    );
  });
}

function ratioTo({ atMost }, ratios) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share));
  const digits = middle < 0.1 ? 4 : 2;
  const spread = `${middle.toFixed(digits)}  (${low.toFixed(digits)} – ${high.toFixed(digits)})`.padStart(26);
  if (atMost === undefined) return spread;
  return `${spread}   ≤ ${atMost} ${middle <= atMost ? "reached" : "MISSED"}`;
}

function label({ by, name }) {
  if (by !== "npm") return `${by === "sluice" ? "Sluice" : "Netty"} ${name}`;
  return `${name} ${versionOf(name)}`;
}

/** Of an installed package, whether or not it exports its manifest. */
function versionOf(name) {
  const folders = createRequire(import.meta.url).resolve.paths(name);
  for (const folder of folders) {
    try {
      return JSON.parse(readFileSync(`${folder}/${name}/package.json`, "utf8")).version;
    } catch {
      // Not in this one.
    }
  }
  return "";
}

/** A process that waits for its turns. */
function start({ by, name }, one) {
  const child =
    by === "netty"
      ? spawn("java", [...netty.args, ...nettyArgs(name, one)])
      : spawn(process.execPath, nodeArgs(by, name, one));
  let errors = "";
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async measure(ms) {
      child.stdin.write(`${ms}\n`);
      const { value } = await lines.next();
      if (value === undefined) throw new Error(`${by} ${name} ended: ${errors}`);
      return Number(value);
    },
    end: () => child.stdin.end(),
  };
}

function nodeArgs(by, name, one) {
  return [fileURLToPath(new URL("decoding/contender.mjs", import.meta.url)), by, name, JSON.stringify(one)];
}

function nettyArgs(name, { chunk, size, prefix = "", suffixes = [""], delimiters = [] }) {
  return [name, chunk, size, prefix, suffixes.join(), delimiters.join()].map(String);
}

function median(numbers) {
  return quantile(numbers, 0.5);
}

function quantile(numbers, share) {
  return [...numbers].sort((a, b) => a - b)[Math.round((numbers.length - 1) * share)];
}
