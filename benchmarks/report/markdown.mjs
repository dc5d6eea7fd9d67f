// The tables of docs/performance.md.
import { goalsOf, rowsOf, shown, shownRatio } from "./summary.mjs";

export function markdownTables(results) {
  const [{ machine, cores: machineCores }] = results;
  const days = [...new Set(results.map(({ startedAt }) => startedAt.slice(0, 10)))].join(" and ");
  const sizes = [...new Set(results.map(({ size }) => size))].join(" and ");
  const busiest = Math.max(...results.map(({ others }) => others));
  return [
    `Measured on ${days} by a ${sizes} run: ${machine.cpu}, ${machine.memory}, ${machine.system}; ${machine.node}; ${machine.netty}.`,
    `${machine.load[0].toUpperCase()}${machine.load.slice(1)}; ${machine.pinned}. Up to ${busiest.toFixed(1)} processes wanted to run at the start of a scenario.`,
    ...(busiest > machineCores ? [SHARED] : []),
    "",
    "### Goals",
    "",
    ...table(
      ["scenario", "case", "against", "goal", "measured", ""],
      results
        .flatMap(goalsOf)
        .map((goal) => [
          goal.scenario,
          goal.case,
          `${goal.against ?? "itself"}${goal.metric === "resident" ? ", resident" : ""}`,
          `≤ ${goal.atMost}`,
          shownRatio(goal.value),
          goal.isReached ? "reached" : "**missed**",
        ]),
      3,
    ),
    ...results.flatMap(tablesOf),
  ].join("\n");
}

function tablesOf(result) {
  const { title, metrics, cases } = result;
  const [first] = metrics;
  const names = [...new Set(cases.flatMap(({ contenders }) => contenders.map((one) => one.title)))];
  // One column a case where all have the same contenders, and one table where they have their own.
  const isShared = cases.every(({ contenders }) => contenders.length === names.length);
  const unit = first.unit === "" ? "" : `, ${first.unit}`;
  const head = ["", `### ${title}`, "", `${first.title}${unit}; in brackets the median of Sluice's ratio to it.`, ""];
  if (!isShared) {
    const rows = cases.flatMap((one) =>
      rowsOf(result, one).map((row, i) => [i === 0 ? one.name : "", row.title, cell(row, first.key)]),
    );
    return [...head, ...table(["case", "who", `${first.title}${unit}`], rows, 2)];
  }
  const columns = cases.map((one) => rowsOf(result, one));
  const rows = names.map((name, i) => [name, ...columns.map((column) => cell(column[i], first.key))]);
  return [...head, ...table(["", ...cases.map(({ name }) => name)], rows, 1)];
}

function cell(row, key) {
  if (row.failure !== undefined) return "failed";
  return shown(row.medians[key]) + (row.ratio === undefined ? "" : ` (${shownRatio(row.ratio.middle)})`);
}

function table(heads, rows, numbersFrom) {
  const line = (cells) => `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), `|${heads.map((_, i) => (i < numbersFrom ? "---|" : "--:|")).join("")}`, ...rows.map(line)];
}

const SHARED =
  "**The machine was shared with other work.** Ratios are rough then, and latencies tell of the others; a quiet run is to replace these.";
