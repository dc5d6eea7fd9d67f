// The few numbers that samples are boiled down to.

/** The value below which `share` of the numbers lie, between two of them if need be. */
function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  return sorted[below] + (at - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}

export function median(numbers) {
  return quantile(numbers, 0.5);
}

/** @returns {{ low: number, middle: number, high: number, count: number }} the quartiles */
export function spread(numbers) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(numbers, share));
  return { low, middle, high, count: numbers.length };
}

/** Of what was measured next to each other: one ratio a round in which both took part. */
export function ratios(ours, theirs) {
  const both = ours.map((value, round) => [value, theirs[round]]).filter(([a, b]) => a != null && b != null && b > 0);
  return both.map(([a, b]) => a / b);
}

/** The exponent e of y ≈ c · xᵉ that fits best on logarithmic scales: 1 is linear, 2 quadratic. */
export function fittedExponent(points) {
  const logs = points.map(({ x, y }) => [Math.log(x), Math.log(y)]);
  const meanX = mean(logs.map(([x]) => x));
  const meanY = mean(logs.map(([, y]) => y));
  const above = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return above / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

function mean(numbers) {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}
