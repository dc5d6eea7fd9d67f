// Draws the charts of the report, in the page: again whenever their width changes.
/* global Plot */

const CHARTS = JSON.parse(document.getElementById("charts").textContent);
const COLOURS = ["sluice", "netty", "node", "npm", "c"];
const WIDE = 480;

const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) draw(target);
});
for (const place of document.querySelectorAll(".chart > div")) observer.observe(place);

function draw(place) {
  const width = Math.floor(place.clientWidth);
  if (width === 0 || place.dataset.width === String(width)) return;
  place.dataset.width = String(width);
  const chart = CHARTS[Number(place.dataset.chart)];
  place.replaceChildren(chart.kind === "ratios" ? ratios(chart, width) : curve(chart, width));
}

/** One box a contender: the quartiles of Sluice's figure divided by its, each round a dot. */
function ratios({ rows, domain, isLower, title }, width) {
  const points = rows.flatMap(({ title: who, by, all }) => all.map((ratio) => ({ who, by, ratio })));
  const goals = rows.filter(({ atMost }) => atMost !== undefined);
  return Plot.plot({
    width,
    height: 58 + 30 * rows.length,
    marginBottom: 44,
    marginLeft: Math.min(width * 0.42, 9 + 6.4 * Math.max(...rows.map(({ title: who }) => who.length))),
    marginRight: 16,
    marginTop: 8,
    style: { fontSize: width > WIDE ? "12px" : "11px", background: "transparent" },
    ariaLabel: title,
    x: { type: "log", domain, label: null, ticks: width > WIDE ? 6 : 3, tickFormat: plain, grid: true },
    y: { label: null, domain: rows.map(({ title: who }) => who), tickSize: 0, tickFormat: short(width) },
    color: { domain: COLOURS, range: COLOURS.map((name) => `var(--${name})`) },
    marks: [
      Plot.rect([0], { x1: domain[0], x2: 1, fill: "var(--band)" }),
      Plot.ruleX([1], { stroke: "currentColor", strokeOpacity: 0.55 }),
      Plot.boxX(points, {
        ...{ x: "ratio", y: "who", fill: "by", fillOpacity: 0.35, stroke: "by", strokeWidth: 1.5, r: 0, insetTop: 4 },
        insetBottom: 4,
      }),
      Plot.dot(points, { x: "ratio", y: "who", fill: "by", r: 2, fillOpacity: 0.7 }),
      Plot.tickX(goals, { x: "atMost", y: "title", stroke: "currentColor", strokeWidth: 2, strokeDasharray: "3,2" }),
      Plot.tip(
        rows,
        Plot.pointerY({
          ...{ x: ({ ratio }) => ratio.middle, y: "title" },
          title: ({ title: who, ratio, own, figure }) =>
            `${who}: ${figure}\nSluice: ${own}\nratio ${plain(ratio.middle)} (${plain(ratio.low)} – ${plain(ratio.high)})`,
          fill: "var(--card)",
        }),
      ),
      isLower ? Plot.text(["← Sluice takes less"], { ...AT_THE_FOOT, frameAnchor: "bottom-left" }) : null,
      isLower ? Plot.text(["more →"], { ...AT_THE_FOOT, frameAnchor: "bottom-right" }) : null,
    ],
  });
}

/** One line a contender, both axes logarithmic: a straight line is a power of what grows. */
function curve({ series, xTitle, yTitle }, width) {
  const names = series.map(({ title: who }) => who);
  const points = series.flatMap(({ title: who, points: all }) => all.map((point) => ({ who, ...point })));
  return Plot.plot({
    width,
    height: Math.min(360, width * 0.75),
    marginLeft: 56,
    marginRight: 16,
    style: { fontSize: "12px", background: "transparent" },
    ariaLabel: `${yTitle} by ${xTitle}`,
    x: { type: "log", label: `${xTitle} →`, ticks: width > WIDE ? 6 : 3, tickFormat: "~s", grid: true },
    y: { type: "log", label: `↑ ${yTitle}`, ticks: 5, tickFormat: plain, grid: true },
    color: { domain: names, range: series.map(({ by }) => `var(--${by})`) },
    symbol: { domain: names, legend: true },
    marks: [
      Plot.line(points, { x: "x", y: "y", stroke: "who", strokeWidth: 2 }),
      Plot.dot(points, { x: "x", y: "y", stroke: "who", fill: "var(--card)", symbol: "who", r: 4, strokeWidth: 1.5 }),
      Plot.tip(
        points,
        Plot.pointer({
          x: "x",
          y: "y",
          title: ({ who, x, y }) => `${who}\n${plain(x)}: ${plain(y)}`,
          fill: "var(--card)",
        }),
      ),
    ],
  });
}

function plain(value) {
  return Number(value.toPrecision(3)).toLocaleString("en");
}

/** On a telephone the names leave no room for the boxes. */
function short(width) {
  const most = width > WIDE ? 42 : 19;
  return (who) => (who.length > most ? `${who.slice(0, most - 1)}…` : who);
}

const AT_THE_FOOT = { dy: 34, fontSize: 11, fill: "currentColor", fillOpacity: 0.6 };
