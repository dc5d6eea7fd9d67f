// Sends back whatever arrives, chunk by chunk: no frames at all.
import { createServer } from "node:net";
import { announce } from "./announce.mjs";

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("data", (chunk) => socket.write(chunk));
  socket.on("error", () => {});
});
server.listen(0, "127.0.0.1", () => announce(server.address().port));
