// Runs the scenarios and reports them. See README.md for how to run and how to read it.
import { readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Bench } from "./contest/bench.mjs";
import { contest } from "./contest/contest.mjs";
import { curvesOf } from "./contest/curves.mjs";
import { cores, describeMachine, load } from "./contest/machine.mjs";
import { hideProgress, showProgress } from "./contest/progress.mjs";
import { htmlReport } from "./report/html.mjs";
import { markdownTables } from "./report/markdown.mjs";
import { RESULTS, readResults, writeResult } from "./report/results.mjs";
import { textTable } from "./report/text.mjs";
import { SCENARIOS } from "./scenarios/index.mjs";

const USAGE = `npm run bench -- [options]

  --only NAME     one scenario, or several with --only NAME --only NAME:
                  ${SCENARIOS.map(({ name }) => name).join(", ")}
  --quick         fewer cases, fewer and shorter rounds: a first impression in three minutes
  --peers none    Sluice alone
  --report        measures nothing, makes the report of the results there are
  --table         measures nothing, prints the tables of docs/performance.md
  --docs          measures nothing, writes those tables into docs/performance.md
`;

/** Two launches, so that what a process was dealt at its start does not decide. */
const PLANS = {
  full: { launches: 2, rounds: 5, slowRounds: 2, roundMs: 500, warmUpMs: 500, jvmWarmUpMs: 4000 },
  quick: { isQuick: true, launches: 1, rounds: 3, slowRounds: 1, roundMs: 200, warmUpMs: 200, jvmWarmUpMs: 2000 },
};
const PAGE = new URL("../docs/performance.md", import.meta.url);
const MARKS = /(?<=<!-- measured -->\n)[\s\S]*?(?=<!-- \/measured -->)/;

// The exit takes the children along.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

const options = readOptions();
if (options.table) process.stdout.write(markdownTables(readResults()));
else if (options.docs) writeDocs();
else {
  if (!options.report) await runAll();
  writeReport();
}

function readOptions() {
  try {
    const flag = { type: "boolean", default: false };
    const { values } = parseArgs({
      options: {
        only: { type: "string", multiple: true, default: SCENARIOS.map(({ name }) => name) },
        peers: { type: "string", default: "all" },
        ...{ quick: flag, report: flag, table: flag, docs: flag, help: flag },
      },
    });
    const unknown = values.only.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
    if (unknown.length > 0) throw new Error(`no scenario ${unknown}`);
    if (!["all", "none"].includes(values.peers)) throw new Error("--peers is all or none");
    if (!values.help) return values;
    process.stdout.write(USAGE);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function runAll() {
  const bench = new Bench({ withPeers: options.peers === "all" });
  const machine = { ...describeMachine(bench.nettyVersion), load: bench.loadName };
  for (const line of Object.values(machine)) console.log(line);
  const chosen = SCENARIOS.filter(({ name }) => options.only.includes(name));
  const size = options.quick ? "quick" : "full";
  for (const scenario of chosen) {
    const startedAt = new Date().toISOString();
    const others = load();
    const plan = { ...PLANS[size], ...scenario.plan?.[size] };
    const { missing, cases } = await contest(scenario, bench, plan, showProgress);
    const { name, title, asks, metrics, unfair, curve } = scenario;
    const result = {
      name,
      title,
      asks,
      metrics,
      unfair,
      startedAt,
      size,
      plan,
      cores,
      others,
      machine,
      missing,
      cases,
    };
    if (curve !== undefined) result.curve = curvesOf(scenario, cases);
    hideProgress();
    writeResult(result);
    console.log(textTable(result));
  }
}

function writeReport() {
  const path = new URL("report.html", RESULTS);
  writeFileSync(path, htmlReport(readResults()));
  console.log(`\nThe report: ${relative(process.cwd(), fileURLToPath(path))}`);
}

function writeDocs() {
  const page = readFileSync(PAGE, "utf8");
  if (!MARKS.test(page)) throw new Error("docs/performance.md has no place for the tables");
  writeFileSync(
    PAGE,
    page.replace(MARKS, () => `\n${markdownTables(readResults())}\n`),
  );
}
