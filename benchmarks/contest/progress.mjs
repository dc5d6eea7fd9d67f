// One line that says what is under way, on a terminal; where there is none, a line a case.

let shown = "";
const started = performance.now();

export function showProgress(scenario, one, contender, what) {
  const place = `${scenario.name} · ${one.name}`;
  if (process.stderr.isTTY) {
    const seconds = Math.round((performance.now() - started) / 1000);
    const line = `${seconds} s · ${place} · ${contender.title} ${what}`;
    process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
  } else if (shown !== place) {
    process.stderr.write(`${place}\n`);
  }
  shown = place;
}

export function hideProgress() {
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
}
