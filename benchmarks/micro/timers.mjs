// One of ten thousand timeouts of 30 s is put off: `timers.mjs wheel | moved | node | refreshed`.
import { HashedWheelTimer } from "sluice";
import { takeTurns } from "./turns.mjs";

const BATCH = 10_000;
const AHEAD = 10_000;
const DELAY_MS = 30_000;
const nothing = () => {};

const WORK = {
  /** Cancelled, and another one scheduled: what Netty's users do. */
  wheel() {
    const timer = new HashedWheelTimer();
    return replacing(
      () => timer.schedule(DELAY_MS, nothing),
      (timeout) => {
        timeout.cancel();
        return timer.schedule(DELAY_MS, nothing);
      },
    );
  },
  /** The same timeout, armed again. */
  moved() {
    const timer = new HashedWheelTimer();
    return replacing(
      () => timer.schedule(DELAY_MS, nothing),
      (timeout) => {
        timeout.reschedule(DELAY_MS);
        return timeout;
      },
    );
  },
  node: () =>
    replacing(
      () => setTimeout(nothing, DELAY_MS),
      (timeout) => {
        clearTimeout(timeout);
        return setTimeout(nothing, DELAY_MS);
      },
    ),
  refreshed: () =>
    replacing(
      () => setTimeout(nothing, DELAY_MS),
      (timeout) => timeout.refresh(),
    ),
};

function replacing(first, next) {
  const timeouts = Array.from({ length: AHEAD }, first);
  let at = 0;
  return () => {
    for (let i = 0; i < BATCH; i++) {
      at = (at + 1) % AHEAD;
      timeouts[at] = next(timeouts[at]);
    }
    return BATCH;
  };
}

await takeTurns(WORK[process.argv[2]]());
