// What load.c does, where there is no C compiler: same arguments, same answers, and
// one more, `tls`, to speak that. It costs several times as much CPU.
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { connect as connectSecurely } from "node:tls";

const [mode, ...rest] = process.argv.slice(2);
const [port, count, size, depth, rate] = rest.map(Number);
const isSecure = rest[5] === "tls";

const HEADER = 4;
const AT_ONCE = 256;
/** Ports are given per source address: more addresses of the loopback network, more connections. */
const SOURCES = 8;
const PER_SOURCE = 20_000;
const GIVE_UP_MS = 10_000;

const frame = Buffer.alloc(HEADER + size, "x");
frame.writeUInt32BE(size);
const batch = Buffer.concat(Array.from({ length: depth }, () => frame));
const buffer = Buffer.allocUnsafeSlow(256 * 1024);

const all = [];
let isRunning = false;
let frames = 0;
let connects = 0;
let waiting = 0;
let latencies = [];
let worstLag = 0;
let wake = () => {};

while (mode !== "churn" && all.length < count) {
  const some = Array.from({ length: Math.min(AT_ONCE, count - all.length) }, () => open());
  all.push(...some);
  await Promise.all(some.map(({ connected }) => connected));
}
await settled();
console.log("{}");
for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await run(Number(line))));
process.exit();

async function run(ms) {
  const start = performance.now();
  const before = process.cpuUsage();
  frames = connects = worstLag = 0;
  latencies = [];
  isRunning = true;
  if (mode === "echo") for (const one of all) sendBatch(one);
  // When the last can be heard, all others have been accepted.
  if (mode === "broadcast") sendBatch(all[count - 1]);
  if (mode === "churn") for (let i = 0; i < count; i++) open();
  if (mode === "paced") await pace(start, ms);
  else await new Promise((resolve) => setTimeout(resolve, ms));
  isRunning = false;
  await settled();
  const { user, system } = process.cpuUsage(before);
  latencies.sort((a, b) => a - b);
  const [p50, p99, p999, max] = [0.5, 0.99, 0.999, 1].map((share) => percentile(share));
  return {
    ...{ frames, connects, ms: performance.now() - start, cpuMs: (user + system) / 1000 },
    ...{ p50, p99, p999, max, lag: worstLag * 1000 },
  };
}

/** Sends on time whether or not answers come. */
async function pace(start, ms) {
  for (let sent = 0; performance.now() - start < ms; await new Promise(setImmediate)) {
    for (; start + (sent * 1000) / rate <= performance.now(); sent++) {
      const one = all[sent % count];
      const intended = start + (sent * 1000) / rate;
      worstLag = Math.max(worstLag, performance.now() - intended);
      one.sent.push(intended);
      one.missing += frame.length;
      waiting++;
      one.socket.write(frame);
    }
  }
}

function open() {
  const source = mode === "churn" ? connects % SOURCES : Math.floor(all.length / PER_SOURCE);
  const one = { missing: 0, sent: [] };
  connects++;
  one.socket = isSecure ? openSecurely(one) : openPlainly(one, `127.0.0.${1 + source}`);
  one.connected = new Promise((resolve) => one.socket.once(isSecure ? "secureConnect" : "connect", resolve));
  if (mode === "churn") waiting++;
  one.socket.on("connect", () => {
    if (mode === "churn") waiting--;
    if (mode === "churn" || mode === "hold") sendBatch(one);
  });
  one.socket.on("end", () => {
    if (!one.isOver) throw new Error("the server closed");
  });
  return one;
}

function openPlainly(one, localAddress) {
  return connect({
    ...{ port, host: "127.0.0.1", localAddress, noDelay: true },
    onread: {
      buffer,
      callback: (length) => {
        received(one, length);
        return true;
      },
    },
  });
}

function openSecurely(one) {
  const socket = connectSecurely({ port, host: "127.0.0.1", rejectUnauthorized: false });
  socket.setNoDelay(true);
  return socket.on("data", (bytes) => received(one, bytes.length));
}

function sendBatch(one) {
  if (mode === "broadcast") for (const each of all) each.missing = batch.length;
  else one.missing = batch.length;
  waiting += mode === "broadcast" ? count : 1;
  one.socket.write(batch);
}

function received(one, length) {
  one.missing -= length;
  if (one.missing < 0) throw new Error("more came back than was sent");
  if (mode === "paced") answered(one);
  else if (one.missing === 0) {
    waiting--;
    frames += depth;
    if (mode === "churn") {
      one.isOver = true;
      one.socket.end();
      if (isRunning) open();
    } else if (isRunning && mode === "echo") sendBatch(one);
    else if (isRunning && mode === "broadcast" && waiting === 0) sendBatch(all[count - 1]);
  }
  if (waiting === 0) wake();
}

function answered(one) {
  const left = Math.ceil(one.missing / frame.length);
  const now = performance.now();
  for (const intended of one.sent.splice(0, one.sent.length - left)) {
    latencies.push((now - intended) * 1000);
    waiting--;
    frames++;
  }
}

/** When all answers are back. */
async function settled() {
  if (waiting === 0) return;
  const deadline = setTimeout(() => {
    throw new Error("answers are missing");
  }, GIVE_UP_MS);
  await new Promise((resolve) => {
    wake = resolve;
  });
  clearTimeout(deadline);
}

function percentile(share) {
  return Math.round(latencies[Math.ceil(share * latencies.length) - 1] ?? 0);
}
