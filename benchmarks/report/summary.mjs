// What reports show of a case: medians, ratios of Sluice to the others within a round, and goals.
import { median, ratios, spread } from "../contest/statistics.mjs";

/** @returns one row a contender; the first is Sluice, to which the others are compared */
export function rowsOf({ metrics }, { contenders, ownAtMost }) {
  const [first] = metrics;
  const own = contenders[0].samples;
  return contenders.map((contender, i) => {
    const { title, by, failure, atMost, samples } = contender;
    const row = { title, by, failure, medians: Object.fromEntries(metrics.map(({ key }) => [key, mid(samples, key)])) };
    if (i === 0) return ownAtMost === undefined ? row : { ...row, goal: goal(row.medians[first.key], ownAtMost) };
    const all = ratios(of(own, first.key), of(samples, first.key));
    if (all.length === 0) return row;
    return { ...row, all, ratio: spread(all), goal: goalOf(atMost, first.key, own, samples) };
  });
}

/** Every goal of a result, for a table of them. */
export function goalsOf(result) {
  return result.cases.flatMap((one) =>
    rowsOf(result, one)
      .filter((row) => row.goal !== undefined)
      .map((row) => ({ scenario: result.title, case: one.name, against: row.ratio && row.title, ...row.goal })),
  );
}

function goalOf(atMost, firstKey, own, samples) {
  if (atMost === undefined) return undefined;
  const [key, most] = typeof atMost === "number" ? [firstKey, atMost] : Object.entries(atMost)[0];
  const all = ratios(of(own, key), of(samples, key));
  return all.length === 0 ? undefined : { ...goal(median(all), most), metric: key };
}

function goal(value, atMost) {
  return { value, atMost, isReached: value <= atMost };
}

function mid(samples, key) {
  const numbers = of(samples, key).filter((value) => value != null);
  return numbers.length === 0 ? undefined : median(numbers);
}

/** One number a round; nothing for a round that was sat out. */
function of(samples, key) {
  return samples.map((sample) => sample?.[key]);
}

/** Three digits that count, and thousands apart. */
export function shown(value) {
  if (value === undefined || value === null || Number.isNaN(value)) return "–";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-3))));
  return value.toLocaleString("en", { maximumFractionDigits: digits, useGrouping: true }).replaceAll(",", " ");
}

export function shownRatio(value) {
  return value < 0.1 ? value.toPrecision(2) : value.toFixed(2);
}
