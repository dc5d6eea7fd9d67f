// Opens connections as fast as it can and ends them in every way there is, for as long as it is told.
import { connect } from "node:net";
import process from "node:process";

const AT_ONCE = 300;
const port = Number(process.argv[2]);
const question = frame(JSON.stringify({ id: 1, text: "still there?" }));
let nextAddress = 0;

/** What clients do once they are connected; each has to come to an end by itself. */
const WAYS = {
  close: (socket) => socket.destroy(),
  end: (socket) => socket.end(),
  reset: (socket) => socket.resetAndDestroy(),
  "reset with a part of a frame": (socket) => socket.write(question.subarray(0, 7), () => socket.resetAndDestroy()),
  "reset in the middle of an answer": (socket) => {
    socket.write(Buffer.concat(Array(50).fill(question)));
    socket.once("data", () => socket.resetAndDestroy());
  },
  "half-open: ends, but does not close": (socket) => {
    socket.write(question);
    socket.end();
    // Not read: what is answered stays, and so does our end.
    socket.pause();
    setTimeout(() => socket.destroy(), 200);
  },
  garbage: (socket) => socket.write("GET / HTTP/1.1\r\n\r\n"),
  ask: (socket) => {
    socket.write(question);
    socket.once("data", () => socket.end());
  },
};

process.on("message", async ({ seconds }) => {
  const counts = Object.fromEntries([...Object.keys(WAYS), "failed"].map((way) => [way, 0]));
  const until = Date.now() + seconds * 1000;
  const line = async (names) => {
    for (let i = 0; Date.now() < until; i++) {
      const way = names[i % names.length];
      counts[(await one(WAYS[way])) ? way : "failed"]++;
    }
  };
  const names = Object.keys(WAYS);
  await Promise.all(
    Array.from({ length: AT_ONCE }, (_, i) =>
      line([...names.slice(i % names.length), ...names.slice(0, i % names.length)]),
    ),
  );
  process.send(counts);
});
process.send("ready");

/** Resolves with whether it was connected, when all is over. */
function one(act) {
  // Many addresses: of one there would be no more ports soon.
  const number = nextAddress++ % 2000;
  const localAddress = process.platform === "linux" ? `127.2.${number >> 8}.${number & 255}` : "127.0.0.1";
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", localAddress, allowHalfOpen: true });
    let connected = false;
    socket.on("error", () => {});
    socket.on("connect", () => {
      connected = true;
      socket.resume();
      act(socket);
    });
    socket.on("end", () => socket.destroy());
    socket.on("close", () => resolve(connected));
  });
}

function frame(text) {
  const bytes = Buffer.from(text);
  const header = Buffer.alloc(4);
  header.writeUInt32BE(bytes.length);
  return Buffer.concat([header, bytes]);
}
