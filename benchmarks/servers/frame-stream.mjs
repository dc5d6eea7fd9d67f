// The streams of `frame-stream` between the two ends of a socket.
import { createServer } from "node:net";
import { pipeline } from "node:stream";
import frameStream from "frame-stream";
import { announce } from "./announce.mjs";

const OPTIONS = { lengthSize: 4, maxSize: 64 * 1024 * 1024 };

const server = createServer({ noDelay: true }, (socket) => {
  pipeline(socket, frameStream.decode(OPTIONS), frameStream.encode({ lengthSize: 4 }), socket, () => {});
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => announce(server.address().port));
