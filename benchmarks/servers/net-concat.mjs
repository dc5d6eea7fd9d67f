// Framing as people write it by hand: concatenate what arrives, cut frames off, cork what is written.
import { createServer } from "node:net";
import { announce } from "./announce.mjs";

const HEADER = 4;
const isBroadcast = process.argv[2] === "broadcast";
const sockets = new Set();

const server = createServer({ noDelay: true }, (socket) => {
  let received = Buffer.alloc(0);
  sockets.add(socket);
  socket.on("close", () => sockets.delete(socket));
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    socket.cork();
    let at = 0;
    while (received.length - at >= HEADER) {
      const end = at + HEADER + received.readUInt32BE(at);
      if (end > received.length) break;
      answer(socket, received.subarray(at + HEADER, end));
      at = end;
    }
    received = received.subarray(at);
    socket.uncork();
  });
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => announce(server.address().port));

function answer(socket, content) {
  const header = Buffer.allocUnsafe(HEADER);
  header.writeUInt32BE(content.length);
  for (const target of isBroadcast ? sockets : [socket]) {
    target.cork();
    target.write(header);
    target.write(content);
    target.uncork();
  }
}
