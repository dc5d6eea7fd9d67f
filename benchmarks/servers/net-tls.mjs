// Framing over TLS as people write it by hand: `net-tls.mjs tls CERT KEY`.
import { readFileSync } from "node:fs";
import { createServer } from "node:tls";
import { announce } from "./announce.mjs";

const HEADER = 4;
const [, cert, key] = process.argv.slice(2);

const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (socket) => {
  let received = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    socket.cork();
    let at = 0;
    while (received.length - at >= HEADER) {
      const end = at + HEADER + received.readUInt32BE(at);
      if (end > received.length) break;
      socket.write(received.subarray(at, end));
      at = end;
    }
    received = received.subarray(at);
    socket.uncork();
  });
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => announce(server.address().port));
