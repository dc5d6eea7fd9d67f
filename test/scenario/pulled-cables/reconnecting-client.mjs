// The client's end of the cable, kept connected. Beside the requests on each channel it sends numbered notes through
// the reconnecting client, whatever state that is in, and writes down what it is told of each.
import process from "node:process";
import { Bootstrap, ChannelOption, tcp } from "sluice";
import { held, initialise, isReady, journal, options, untilFree } from "./end.mjs";
import { monotonicMs } from "./monotonic.mjs";

const NOTE_EVERY_MS = 20;

isReady();
const { host, port, connectTimeoutMs, backOff, noteLength } = options;
const client = new Bootstrap()
  .transport(tcp())
  .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, connectTimeoutMs)
  .handler((p) => initialise(p))
  .reconnect({ servers: [{ host, port }], ...backOff });

/** Written and not acknowledged. */
const open = new Set();
let attempts = 0;

client.on("connecting", () => attempts++);
client.on("ready", () => process.send({ what: "ready", at: monotonicMs(), attempts }));
client.on("disconnected", (cause) => {
  journal.note("disconnected", { code: cause?.code });
  reportOpen();
});

/** What the system had taken may be lost with a channel: a sender that needs to know keeps count of acknowledgements. */
function reportOpen() {
  for (const n of open) journal.note("unacknowledged", { n });
  open.clear();
}

let nextNote = 1;
const noting = setInterval(send, NOTE_EVERY_MS);

async function send() {
  const n = nextNote++;
  journal.note("note", { n });
  try {
    await client.send({ note: n, text: "x".repeat(noteLength) });
    journal.note("sent", { n });
    open.add(n);
  } catch (error) {
    journal.note(error.code === "DELIVERY_UNCERTAIN" ? "uncertain" : "unsent", { n, code: error.code });
  }
}

process.on("message", async ({ what }) => {
  if (what !== "stop") return;
  clearInterval(noting);
  await client.close();
  reportOpen();
  // A connection that is closed in order lingers for a moment.
  await untilFree();
  process.send({ what: "stopped", ...(await held()) });
});

for await (const { noted } of client.messages()) open.delete(noted);
