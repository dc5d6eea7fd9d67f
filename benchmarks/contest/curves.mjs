// Of a scenario whose cases are points of a curve: one curve a contender, and how fast its work grows.
import { fittedExponent, median } from "./statistics.mjs";

export function curvesOf({ curve, metrics }, cases) {
  const { work, ...titles } = curve;
  const titlesOfAll = new Map(cases.flatMap(({ contenders }) => contenders.map((one) => [one.name, one])));
  const series = [...titlesOfAll].map(([name, { title, by }]) => {
    const points = cases.flatMap(({ x, contenders }) => {
      const samples = contenders.find((one) => one.name === name)?.samples.filter(Boolean) ?? [];
      return samples.length === 0 ? [] : [{ x, y: median(samples.map((sample) => sample[metrics[0].key])) }];
    });
    const exponent = points.length < 3 ? null : fittedExponent(points.map(({ x, y }) => ({ x, y: work(x, y) })));
    return { title, by, points, exponent };
  });
  return { ...titles, series };
}
