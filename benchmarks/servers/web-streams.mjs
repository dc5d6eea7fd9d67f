// Framing as a chain of Web Streams: decode | encode, between a socket's two streams.
import { createServer } from "node:net";
import { Duplex } from "node:stream";
import { TransformStream } from "node:stream/web";
import { announce } from "./announce.mjs";

const HEADER = 4;

const server = createServer({ noDelay: true }, (socket) => {
  const { readable, writable } = Duplex.toWeb(socket);
  readable
    .pipeThrough(decoder())
    .pipeThrough(encoder())
    .pipeTo(writable)
    .catch(() => socket.destroy());
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => announce(server.address().port));

function decoder() {
  let received = Buffer.alloc(0);
  return new TransformStream({
    transform(chunk, controller) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
      let at = 0;
      while (received.length - at >= HEADER) {
        const end = at + HEADER + received.readUInt32BE(at);
        if (end > received.length) break;
        controller.enqueue(received.subarray(at + HEADER, end));
        at = end;
      }
      received = received.subarray(at);
    },
  });
}

function encoder() {
  return new TransformStream({
    transform(content, controller) {
      const frame = Buffer.allocUnsafe(HEADER + content.length);
      frame.writeUInt32BE(content.length);
      content.copy(frame, HEADER);
      controller.enqueue(frame);
    },
  });
}
