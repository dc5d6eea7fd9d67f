// Framed echo by hand: a shared read buffer, frames copied into one output region, one write per chunk.
import { createServer, Socket } from "node:net";
import { announce } from "./announce.mjs";

const HEADER = 4;
const input = Buffer.allocUnsafeSlow(64 * 1024);
let output = Buffer.allocUnsafeSlow(128 * 1024);

const server = createServer({ pauseOnConnect: true }, (accepted) => {
  const handle = accepted._handle;
  accepted._handle = null;
  accepted.destroy();
  let torn = Buffer.alloc(0);
  const socket = new Socket({ handle, onread: { buffer: input, callback: onRead } });
  socket.setNoDelay(true);
  socket.on("error", () => {});

  function onRead(length) {
    const bytes = torn.length > 0 ? Buffer.concat([torn, input.subarray(0, length)]) : input;
    const end = torn.length + length;
    let at = 0;
    let filled = 0;
    while (end - at >= HEADER) {
      const frame = HEADER + bytes.readUInt32BE(at);
      if (end - at < frame) break;
      if (filled + frame > output.length) filled = send(filled);
      bytes.copy(output, filled, at, at + frame);
      filled += frame;
      at += frame;
    }
    if (filled > 0) send(filled);
    torn = at < end ? Buffer.from(bytes.subarray(at, end)) : torn.subarray(0, 0);
    return true;
  }

  function send(filled) {
    socket.write(output.subarray(0, filled));
    if (socket.writableLength > 0) output = Buffer.allocUnsafeSlow(128 * 1024);
    return 0;
  }
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => announce(server.address().port));
