// One result as a table on the screen.
import { rowsOf, shown, shownRatio } from "./summary.mjs";

export function textTable(result) {
  const { title, asks, metrics, cases, missing } = result;
  const lines = ["", `── ${title} ${"─".repeat(Math.max(0, 100 - title.length))}`, asks];
  for (const one of cases) {
    const rows = rowsOf(result, one);
    const heads = metrics.map(({ title: head, unit }) => (unit === "" ? head : `${head}, ${unit}`));
    const width = Math.max(...rows.map((row) => row.title.length), one.name.length) + 2;
    lines.push("", one.name.padEnd(width) + heads.map((head) => head.padStart(head.length + 2)).join("") + RATIO_HEAD);
    for (const row of rows) {
      const cells = metrics.map(({ key }, i) => shown(row.medians[key]).padStart(heads[i].length + 2));
      lines.push(row.title.padEnd(width) + (row.failure ? `  failed: ${row.failure}` : cells.join("") + ratioOf(row)));
    }
  }
  if (result.curve !== undefined) lines.push("", ...exponents(result.curve));
  lines.push(...missing.map(({ title: who, reason }) => `  without ${who}: ${reason}`));
  return lines.join("\n");
}

function ratioOf({ ratio, goal }) {
  const text =
    ratio === undefined ? "" : `${shownRatio(ratio.middle)} (${shownRatio(ratio.low)} – ${shownRatio(ratio.high)})`;
  if (goal === undefined) return text.padStart(RATIO_HEAD.length);
  const what = goal.metric === undefined ? "" : `${goal.metric} `;
  return `${text.padStart(RATIO_HEAD.length)}  ${what}${shownRatio(goal.value)} ≤ ${goal.atMost} ${goal.isReached ? "reached" : "MISSED"}`;
}

function exponents({ series, of, xTitle }) {
  const known = series.filter(({ exponent }) => exponent !== null);
  const lines = known.map(({ title, exponent }) => `  ${title.padEnd(40)} ${exponent.toFixed(2)}`);
  return [`The time for ${of} grows with the ${xTitle} to the power of`, ...lines];
}

const RATIO_HEAD = "   Sluice ÷ this (quartiles)";
