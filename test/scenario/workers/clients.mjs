// Connections that keep asking, each question after the last answer; a server that says goodbye is left for a new one.
import { connect } from "node:net";
import process from "node:process";

const port = Number(process.argv[2]);
const AT_ONCE = Number(process.argv[3]);
const RETRY_MS = 20;
/** Node's cluster may still hand a connection to a worker in the moment after it was killed. */
const AFTER_BREAKING_MS = 300;

const counts = { opened: 0, refused: 0, broken: 0, goodbyes: 0, asked: 0, answered: 0, lost: 0, wrong: 0 };
const brokenOf = {};
const answeredBy = {};
let isAsking = true;
let open = 0;

for (let i = 0; i < AT_ONCE; i++) client(i);

process.on("message", (order) => {
  if (order === "stop") isAsking = false;
  process.send({ ...counts, open, brokenOf, answeredBy });
});
process.send("ready");

function client(name) {
  const socket = connect(port, "127.0.0.1").setEncoding("utf8").setNoDelay(true);
  let number = 0;
  let isWaiting = false;
  let isLeaving = false;
  let isConnected = false;
  let isEnding = false;
  let server;
  let rest = "";

  const end = () => {
    isEnding = true;
    socket.end();
  };
  const ask = () => {
    if (!isAsking || isLeaving) return end();
    counts.asked++;
    isWaiting = true;
    socket.write(`${name}:${++number}\n`);
  };

  socket.on("connect", () => {
    isConnected = true;
    counts.opened++;
    open++;
    ask();
  });
  socket.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line === "goodbye") {
        counts.goodbyes++;
        isLeaving = true;
        if (!isWaiting) end();
        continue;
      }
      const [pid, answer] = line.split(" ");
      server = pid;
      answeredBy[pid] = (answeredBy[pid] ?? 0) + 1;
      isWaiting = false;
      counts.answered++;
      if (answer !== `${name}:${number}`) counts.wrong++;
      setTimeout(ask, 2);
    }
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    if (!isConnected) counts.refused++;
    else open--;
    if (isWaiting) counts.lost++;
    if (isConnected && !isEnding) {
      counts.broken++;
      if (server !== undefined) brokenOf[server] = (brokenOf[server] ?? 0) + 1;
    }
    const delay = isEnding ? 0 : isConnected ? AFTER_BREAKING_MS : RETRY_MS;
    if (isAsking) setTimeout(client, delay, name);
  });
}
