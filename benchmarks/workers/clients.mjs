// Asks over as many connections at once as told. `connect`: each is for one question; `ask`: for as many as there is time.
import { connect } from "node:net";

const [port, mode, atOnce] = process.argv.slice(2);
let answers = 0;
let until = 0;

process.on("message", async ({ seconds }) => {
  answers = 0;
  until = performance.now() + seconds * 1000;
  await Promise.all(Array.from({ length: Number(atOnce) }, line));
  process.send({ answers });
});
process.send("ready");

async function line() {
  while (performance.now() < until) await conversation();
}

function conversation() {
  return new Promise((resolve) => {
    const socket = connect(Number(port), "127.0.0.1", () => socket.write("question\n"));
    socket.on("data", () => {
      answers++;
      if (mode === "connect" || performance.now() >= until) socket.end();
      else socket.write("question\n");
    });
    socket.on("error", () => {});
    socket.on("close", resolve);
  });
}
