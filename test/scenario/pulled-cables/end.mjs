// One end of the cable: a pipeline with heartbeats and numbered requests, a journal of both, and reports to the test.
//
//   bytes ─▶ framing ─▶ HeartbeatHandler ─▶ JsonCodec ─▶ RequestResponseByIdHandler ─▶ answers what the peer asks
//
// Both ends ask: { ask: 7 } is answered with { answer: 7 }. Messages that are no requests, as a reconnecting client sends
// them, are { note: 7 } and acknowledged with { noted: 7 }.
import { readdirSync, readlinkSync } from "node:fs";
import process from "node:process";
import { setImmediate, setTimeout } from "node:timers/promises";
import {
  HeartbeatHandler,
  JsonCodec,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  oneByteHeartbeat,
  RequestResponseByIdHandler,
  systemClock,
} from "sluice";
import { Journal } from "./journal.mjs";
import { monotonicMs } from "./monotonic.mjs";
import { stalledBetween } from "./stall-watch.mjs";

const ASK_EVERY_MS = 20;

export const options = JSON.parse(process.argv[2]);
export const journal = new Journal(options.journal);

const unhandled = [];
process.on("uncaughtException", (error) => unhandled.push(String(error.stack)));
process.on("unhandledRejection", (error) => unhandled.push(String(error)));

/** How many sockets were open before the first channel. */
let ownSockets = openSockets();
export function isReady() {
  ownSockets = openSockets();
}

/** Adds the handlers of either end to a pipeline whose channel is about to be connected. */
export function initialise(pipeline) {
  let heardAt = monotonicMs();
  const requests = new RequestResponseByIdHandler({
    requestId: (message) => message.ask,
    responseId: (message) => message.answer,
    timeoutMs: 0,
  });
  watch(pipeline.channel, () => heardAt);
  return pipeline
    .addLast({
      channelRead(ctx, bytes) {
        heardAt = monotonicMs();
        ctx.fireChannelRead(bytes);
      },
    })
    .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }))
    .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }))
    .addLast(new HeartbeatHandler({ side: options.side, protocol: oneByteHeartbeat(), ...options.heartbeat }))
    .addLast(new JsonCodec())
    .addLast(requests)
    .addLast({
      channelActive(ctx) {
        keepAsking(ctx.channel, requests);
        ctx.fireChannelActive();
      },
      channelRead(ctx, message) {
        if (message.ask !== undefined) {
          journal.note("received", { n: message.ask });
          ctx.writeAndFlush({ answer: message.ask });
        } else if (message.note !== undefined) {
          journal.note("noted", { n: message.note });
          ctx.writeAndFlush({ noted: message.note });
        } else if (message.noted !== undefined) ctx.fireChannelRead(message);
      },
    });
}

let nextNumber = options.firstNumber ?? 1;
let answered = 0;
let reportAt = options.warmUp;

process.on("message", (message) => {
  if (message.what === "go on") reportAt = answered + options.warmUp;
});

function keepAsking(channel, requests) {
  const asking = setInterval(ask, ASK_EVERY_MS);
  channel.once("close", () => clearInterval(asking));

  async function ask() {
    const n = nextNumber++;
    journal.note("asked", { n });
    try {
      await requests.request({ ask: n });
      journal.note("answered", { n });
      if (++answered === reportAt) process.send({ what: "warm" });
    } catch (error) {
      journal.note("failed", { n, code: error.code, cause: error.cause?.code });
    }
  }
}

/** Reports the end of a channel: when, why, after what silence, and how soon its descriptor was free. */
function watch(channel, heardAt) {
  let wasActive = false;
  channel.once("active", () => {
    wasActive = true;
  });
  channel.on("error", (error) => journal.note("error", { code: error.code }));
  channel.once("close", async (cause) => {
    if (!wasActive) return;
    const closedAt = monotonicMs();
    const free = await freed(closedAt);
    const report = {
      ...{ what: "closed", cause: cause?.code, closedAt },
      ...{ heardAt: heardAt(), silenceMs: closedAt - heardAt(), stalledMs: stalledBetween(heardAt(), closedAt) },
      ...free,
      ...(await held()),
    };
    journal.note("closed", report);
    process.send(report);
  });
}

/** A client that connects anew has another socket before one could look. */
async function freed(closedAt) {
  if (options.reconnects) return {};
  const freedAt = await untilFree();
  return { freedAfterMs: freedAt - closedAt, freeingStalledMs: stalledBetween(closedAt, freedAt) };
}

/** Waits until the process has no more sockets than in the beginning, but not for ever. */
export async function untilFree() {
  const deadline = monotonicMs() + 5000;
  while (openSockets() > ownSockets && monotonicMs() < deadline) await setTimeout(1);
  return monotonicMs();
}

/** What the process holds beyond what it began with. */
export async function held() {
  // Out of the timer that may have brought us here.
  await setImmediate();
  return {
    sockets: openSockets() - ownSockets,
    timeouts: systemClock.pending,
    hostTimers: hostTimers(),
    unhandled,
  };
}

function hostTimers() {
  return process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
}

function openSockets() {
  return readdirSync("/proc/self/fd").filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith("socket:");
    } catch {
      // The descriptor of the listing itself.
      return false;
    }
  }).length;
}
