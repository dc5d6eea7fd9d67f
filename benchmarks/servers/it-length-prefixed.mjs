// The iterators of `it-length-prefixed`, with a fixed length field, between the two ends of a socket.
import { once } from "node:events";
import { createServer } from "node:net";
import { decode, encode } from "it-length-prefixed";
import { announce } from "./announce.mjs";

const HEADER = 4;
const MAX_LENGTH = 64 * 1024 * 1024;

const lengthDecoder = Object.assign((data) => data.getUint32(0), { bytes: HEADER });
const lengthEncoder = Object.assign(
  (length) => {
    const field = Buffer.allocUnsafe(HEADER);
    field.writeUInt32BE(length);
    return field;
  },
  { bytes: HEADER },
);

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => {});
  echo(socket).catch(() => socket.destroy());
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => announce(server.address().port));

async function echo(socket) {
  const frames = decode(socket, { lengthDecoder, maxDataLength: MAX_LENGTH });
  for await (const bytes of encode(frames, { lengthEncoder, maxDataLength: MAX_LENGTH })) {
    if (!socket.write(bytes instanceof Uint8Array ? bytes : bytes.subarray())) await once(socket, "drain");
  }
  socket.end();
}
