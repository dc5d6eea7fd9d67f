// All scenarios, in the order in which they run and are reported.
//
// A scenario says what it asks, who takes part, in which cases, and how one contender is started for one case: what starts
// answers `measure(ms)` with figures, of which the first of `metrics` is compared. Less is better.
import { accessors } from "./accessors.mjs";
import { bigFrames } from "./big-frames.mjs";
import { broadcast } from "./broadcast.mjs";
import { churn } from "./churn.mjs";
import { connections } from "./connections.mjs";
import { decoding } from "./decoding.mjs";
import { echo } from "./echo.mjs";
import { encoding } from "./encoding.mjs";
import { chunkGrowth, delimiterGrowth, frameGrowth } from "./growth.mjs";
import { hop } from "./hop.mjs";
import { idleMemory } from "./idle-memory.mjs";
import { idleRead } from "./idle-read.mjs";
import { idleTime } from "./idle-time.mjs";
import { latency } from "./latency.mjs";
import { observers } from "./observers.mjs";
import { text } from "./text.mjs";
import { timers } from "./timers.mjs";
import { tlsEcho } from "./tls-echo.mjs";

export const SCENARIOS = [
  echo,
  tlsEcho,
  latency,
  broadcast,
  connections,
  churn,
  bigFrames,
  idleMemory,
  idleTime,
  idleRead,
  observers,
  decoding,
  frameGrowth,
  chunkGrowth,
  delimiterGrowth,
  hop,
  encoding,
  accessors,
  text,
  timers,
];
