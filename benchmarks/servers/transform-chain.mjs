// Framing as a chain of Transforms: decode | handle | encode, as streams are meant to be put together.
import { createServer } from "node:net";
import { pipeline, Transform } from "node:stream";
import { announce } from "./announce.mjs";

const HEADER = 4;

const server = createServer({ noDelay: true }, (socket) => {
  pipeline(socket, decoder(), handler(), encoder(), socket, () => {});
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => announce(server.address().port));

function decoder() {
  let received = Buffer.alloc(0);
  return new Transform({
    readableObjectMode: true,
    transform(chunk, _encoding, done) {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      let at = 0;
      while (received.length - at >= HEADER) {
        const end = at + HEADER + received.readUInt32BE(at);
        if (end > received.length) break;
        this.push(received.subarray(at + HEADER, end));
        at = end;
      }
      received = received.subarray(at);
      done();
    },
  });
}

function handler() {
  return new Transform({ objectMode: true, transform: (frame, _encoding, done) => done(null, frame) });
}

function encoder() {
  return new Transform({
    writableObjectMode: true,
    transform(content, _encoding, done) {
      const frame = Buffer.allocUnsafe(HEADER + content.length);
      frame.writeUInt32BE(content.length);
      content.copy(frame, HEADER);
      done(null, frame);
    },
  });
}
