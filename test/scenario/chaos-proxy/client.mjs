// Sends the requests it is told to through the proxies it is told of, and tells what became of each. On `measure` the
// process says what it holds.
//
// A lane is one connection after the other: a burst of requests, all outcomes, the next burst; when the connection has
// died, a new one. Every request goes out on a connection that was alive when it was made.
import process from "node:process";
import {
  Bootstrap,
  HeartbeatHandler,
  JsonCodec,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  oneByteHeartbeat,
  RequestResponseByIdHandler,
  RequestResponseHandler,
  tcp,
} from "sluice";
import { holdings } from "../process-holdings.mjs";

/** How many requests a burst has at most. */
const BURST = 8;
const WORDS = ["plum", "fig", "apricot", "quince", "a rather long name for a mulberry", "medlar"];

const unhandled = [];
process.on("uncaughtException", (error) => unhandled.push(String(error)));
process.on("unhandledRejection", (error) => unhandled.push(String(error)));

process.on("message", async (message) => {
  if (message === "measure") process.send({ unhandled, ...holdings() });
  else process.send(await runAll(message));
});

/** `routes`: where to connect for each fault and kind of matching. */
async function runAll({ routes, lanes, requestsPerLane, heartbeat, patience, seed }) {
  return Promise.all(
    routes.map(async (route, row) => {
      const tally = {
        ...{ fault: route.fault, kind: route.kind, connections: 0 },
        ...{ made: 0, answered: 0, timedOut: 0, failed: 0, wrong: 0, late: 0, unexpected: 0, overdueMs: 0, codes: {} },
      };
      const run = (_, lane) =>
        runLane({ tally, route, heartbeat, patience, random: randomFrom(seed + row * 97 + lane) });
      await Promise.all(Array.from({ length: lanes }, run));
      return tally;
    }),
  );

  async function runLane({ tally, route, heartbeat, patience, random }) {
    for (let left = requestsPerLane; left > 0; ) {
      const { channel, requests } = await connect(route, heartbeat);
      tally.connections++;
      while (left > 0 && channel.isActive) {
        const burst = Array.from({ length: Math.min(left, 1 + random(BURST)) }, () => {
          const isHasty = route.isSlow && random(5) === 0;
          return ask(tally, requests, random, isHasty ? patience.shortMs : patience.longMs);
        });
        left -= burst.length;
        await Promise.all(burst);
      }
      channel.close();
      await channel.closed;
      tally.late += requests.lateResponses;
      tally.unexpected += requests.unexpectedResponses;
    }
  }
}

async function connect({ port, kind }, heartbeat) {
  const requests =
    kind === "in order"
      ? new RequestResponseHandler()
      : new RequestResponseByIdHandler({ requestId: ({ id }) => id, responseId: ({ id }) => id });
  const channel = await new Bootstrap()
    .transport(tcp())
    .handler((p) =>
      p
        .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }))
        .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }))
        .addLast(new HeartbeatHandler({ side: "client", protocol: oneByteHeartbeat(), ...heartbeat }))
        .addLast(new JsonCodec())
        .addLast(requests),
    )
    .connect({ host: "127.0.0.1", port });
  // Why a connection died is told by the requests that died with it.
  channel.on("error", () => {});
  return { channel, requests };
}

let nextId = 0;

async function ask(tally, requests, random, timeoutMs) {
  const id = nextId++;
  const text = `${WORDS[random(WORDS.length)]} ${id}`;
  const askedAt = performance.now();
  tally.made++;
  try {
    const answer = await requests.request({ id, text }, { timeoutMs });
    if (answer.id === id && answer.text === text.toUpperCase()) tally.answered++;
    else tally.wrong++;
  } catch (error) {
    if (error.code === "REQUEST_TIMEOUT") tally.timedOut++;
    else tally.failed++;
    const code = error.cause === undefined ? error.code : `${error.code} < ${error.cause.code}`;
    tally.codes[code] = (tally.codes[code] ?? 0) + 1;
  }
  tally.overdueMs = Math.max(tally.overdueMs, performance.now() - askedAt - timeoutMs);
}

/** Marsaglia's xorshift32, as in the tests. */
function randomFrom(seed) {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

process.send("ready");
