// The report as one page that needs nothing else: text and tables as they stand, charts drawn by the libraries in it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { goalsOf, rowsOf, shown, shownRatio } from "./summary.mjs";

const require = createRequire(import.meta.url);
const KINDS = { sluice: "Sluice", netty: "Netty", node: "node:net, or by hand", npm: "from npm", c: "C" };

export function htmlReport(results) {
  const charts = [];
  const sections = results.map((result) => section(result, charts)).join("\n");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice, measured</title>
<style>${read("page/report.css")}</style>
<main>
${header(results)}
${goals(results)}
${sections}
</main>
<script type="application/json" id="charts">${JSON.stringify(charts).replaceAll("<", "\\u003c")}</script>
<script>${library("d3", "dist/d3.min.js")}</script>
<script>${library("@observablehq/plot", "dist/plot.umd.min.js")}</script>
<script>${read("page/draw.js")}</script>
</html>
`;
}

function header(results) {
  const machines = [...new Map(results.map((one) => [JSON.stringify(one.machine), one.machine])).values()];
  const facts = machines.map(
    (machine) =>
      `<ul class="facts">${Object.values(machine)
        .map((fact) => `<li>${escaped(fact)}</li>`)
        .join("")}</ul>`,
  );
  const links = results.map(({ name, title }) => `<a href="#${name}">${escaped(title)}</a>`).join("");
  return `<header>
<h1>Sluice, measured</h1>
<p class="lead">Every contender has a process of its own, and they take turns. What counts is a ratio: Sluice's figure divided
by the other's in the same round. Left of 1 Sluice takes less. A box holds the middle half of the rounds, a dot is a round, a
dashed mark is a goal.</p>
${facts.join("\n")}
<nav>${links}</nav>
</header>`;
}

function goals(results) {
  const rows = results.flatMap(goalsOf);
  if (rows.length === 0) return "";
  const reached = rows.filter(({ isReached }) => isReached).length;
  const missed = rows.filter(({ isReached }) => !isReached);
  return `<section id="goals">
<h2>${reached} of ${rows.length} goals reached</h2>
${missed.length === 0 ? "" : goalTable("missed", missed)}
<details><summary>All goals</summary>
${goalTable("goal", rows)}
</details>
</section>`;
}

function goalTable(head, rows) {
  const lines = rows.map(({ scenario, case: name, against, metric, atMost, value, isReached }) => {
    const what = `${escaped(against ?? "itself")}${metric === "resident" ? ", resident" : ""}`;
    const verdict = isReached ? "reached" : "missed";
    const where = `${escaped(scenario)}: ${escaped(name)}`;
    return row([`${where} <span class="dim">against ${what}</span>`, `≤ ${atMost}`, [shownRatio(value), verdict]]);
  });
  return tableOf([head, "at most", "measured"], lines);
}

function section(result, charts) {
  const { name, title, asks, metrics, unfair, startedAt, size, others, cases, missing, curve } = result;
  const [first] = metrics;
  const drawn = curve === undefined ? ratioCharts(result, charts) : curveChart(result, charts);
  const absent = missing.map(({ title: who, reason }) => `<li>without ${escaped(who)}: ${escaped(reason)}</li>`);
  return `<section id="${name}">
<h2>${escaped(title)}</h2>
<p class="lead">${escaped(asks)} Compared is ${escaped(first.title)}.</p>
<div class="charts">${drawn}</div>
${curve === undefined ? legend(drawn === "" ? [] : cases) : exponents(curve)}
<details><summary>What is unfair, and to whom</summary><ul>${[...unfair.map(item), ...absent].join("")}</ul></details>
<details${drawn === "" ? " open" : ""}><summary>All figures</summary>${cases.map((one) => figures(result, one)).join("")}
<p class="dim">${size} run of ${startedAt.slice(0, 16).replace("T", " ")} UTC; ${others.toFixed(1)} processes wanted to run when it began.</p>
</details>
</section>`;
}

function legend(cases) {
  const kinds = [...new Set(cases.flatMap(({ contenders }) => contenders.slice(1).map(({ by }) => by)))];
  const marks = kinds.map((by) => `<span><i style="background:var(--${by})"></i>${KINDS[by]}</span>`);
  return `<div class="legend">${marks.join("")}</div>`;
}

function ratioCharts(result, charts) {
  const [first] = result.metrics;
  const all = result.cases.map((one) => ({ one, rows: rowsOf(result, one) }));
  const domain = domainOf(all.flatMap(({ rows }) => rows.flatMap((each) => each.all ?? [])));
  return all
    .map(({ one, rows: [own, ...rows] }) => {
      const compared = rows.filter(({ ratio }) => ratio !== undefined);
      if (compared.length === 0) return "";
      const figure = ({ medians }) => `${shown(medians[first.key])} ${first.unit}`;
      charts.push({
        ...{ kind: "ratios", title: one.name, domain, isLower: true },
        rows: compared.map((each) => ({
          ...{
            title: each.title,
            by: each.by,
            all: each.all,
            ratio: each.ratio,
            figure: figure(each),
            own: figure(own),
          },
          atMost: each.goal?.metric === first.key ? each.goal.atMost : undefined,
        })),
      });
      return `<div class="chart"><h3>${escaped(one.name)} <span class="dim">· Sluice ${figure(own)}</span></h3>${place(charts)}</div>`;
    })
    .join("");
}

function curveChart({ curve }, charts) {
  charts.push({ kind: "curve", ...curve });
  return `<div class="chart">${place(charts)}</div>`;
}

function place(charts) {
  return `<div data-chart="${charts.length - 1}"></div>`;
}

function exponents({ series, of, xTitle }) {
  const lines = series.map(({ title, exponent }) =>
    row([escaped(title), exponent === null ? "–" : exponent.toFixed(2)]),
  );
  return tableOf([`the time for ${escaped(of)} grows with the ${escaped(xTitle)} to the power of`, ""], lines);
}

function figures(result, one) {
  const heads = result.metrics.map(({ title, unit }) => (unit === "" ? title : `${title}, ${unit}`));
  const lines = rowsOf(result, one).map((each, i) => {
    const cells = result.metrics.map(({ key }) => shown(each.medians[key]));
    const { ratio } = each;
    const last = ratio && `${shownRatio(ratio.middle)} (${shownRatio(ratio.low)} – ${shownRatio(ratio.high)})`;
    const failed = each.failure === undefined ? (last ?? "") : `failed: ${escaped(each.failure)}`;
    return row([escaped(each.title), ...cells, failed], i === 0 ? "own" : "");
  });
  return `<h3>${escaped(one.name)}</h3>${tableOf(["", ...heads.map(escaped), "Sluice ÷ this (quartiles)"], lines)}`;
}

/** The same for all charts of a scenario, so that they can be compared; 1 is always in it. */
function domainOf(numbers) {
  const [low, high] = [Math.min(1, ...numbers), Math.max(1, ...numbers)];
  return [low / 1.25, high * 1.25];
}

function tableOf(heads, lines) {
  const cells = heads.map((head) =>
    Array.isArray(head) ? `<th class="${head[1]}">${head[0]}</th>` : `<th>${head}</th>`,
  );
  return `<div class="scroll"><table><tr>${cells.join("")}</tr>${lines.join("")}</table></div>`;
}

function row(cells, kind = "") {
  const all = cells.map((cell) =>
    Array.isArray(cell) ? `<td class="${cell[1]}">${cell[0]}</td>` : `<td>${cell}</td>`,
  );
  return `<tr class="${kind}">${all.join("")}</tr>`;
}

function item(text) {
  return `<li>${escaped(text)}</li>`;
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function read(relative) {
  return readFileSync(new URL(relative, import.meta.url), "utf8");
}

/** A library as its authors built it for pages; a script's end inside it would be the end of ours. */
function library(name, file) {
  let folder = dirname(require.resolve(name));
  while (!folder.endsWith(name)) folder = dirname(folder);
  return readFileSync(join(folder, file), "utf8").replaceAll("</script", "<\\/script");
}
