// Opens as many connections as it is told, sends one frame on each and waits for the echo; closes them all when told.
import { connect } from "node:net";
import process from "node:process";

const AT_ONCE = 200;
const frame = Buffer.concat([Buffer.from([0, 0, 0, 60]), Buffer.alloc(60, "x")]);

let sockets = [];

process.on("message", async ({ port, count }) => {
  if (count === 0) {
    await Promise.all(sockets.map(close));
    sockets = [];
    return process.send("closed");
  }
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - sockets.length) }, () => open(port));
    sockets.push(...(await Promise.all(batch)));
  }
  process.send("open");
});

function open(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let got = 0;
    socket.on("error", reject);
    socket.on("connect", () => socket.write(frame));
    socket.on("data", (bytes) => {
      got += bytes.length;
      if (got === frame.length) resolve(socket);
    });
  });
}

function close(socket) {
  return new Promise((resolve) => {
    socket.once("close", resolve);
    socket.end();
  });
}
