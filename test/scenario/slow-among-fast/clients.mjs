// Opens connections that read and connections that do not; says when those that read have got so many bytes each.
import { connect } from "node:net";
import process from "node:process";

const AT_ONCE = 200;
const [port, fast, slow] = process.argv.slice(2).map(Number);
const sockets = [];
const got = new Float64Array(fast);
let wanted = 0;
let short = 0;
let tell;

for (let next = 0; next < fast + slow; next += AT_ONCE) {
  const batch = Array.from({ length: Math.min(AT_ONCE, fast + slow - next) }, (_, i) => open(next + i));
  sockets.push(...(await Promise.all(batch)));
}
process.on("message", ({ bytes }) => {
  wanted = bytes;
  short = got.reduce((count, each) => count + (each < wanted ? 1 : 0), 0);
  tell = () =>
    process.send({ least: got.reduce((a, b) => Math.min(a, b)), most: got.reduce((a, b) => Math.max(a, b)) });
  if (short === 0) tell();
});
process.send("open");

function open(number) {
  const isFast = number < fast;
  const socket = connect({ port, host: "127.0.0.1" });
  if (!isFast) socket.pause();
  socket.on("data", (bytes) => {
    const before = got[number];
    got[number] += bytes.length;
    if (before < wanted && got[number] >= wanted && --short === 0) tell();
  });
  socket.on("error", () => {});
  return new Promise((resolve) => {
    socket.on("connect", () => {
      socket.write(`\x04${isFast ? "fast" : "slow"}`);
      resolve(socket);
    });
  });
}
