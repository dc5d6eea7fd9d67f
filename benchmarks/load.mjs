// Keeps `depth` frames of `size` bytes under way on each of `connections` sockets; tells how many came back.
import { connect } from "node:net";

const [port, connections, size, depth, seconds] = process.argv.slice(2).map(Number);
const frame = Buffer.concat([Buffer.alloc(4), Buffer.alloc(size, "x")]);
frame.writeUInt32BE(size);
const batch = Buffer.concat(Array.from({ length: depth }, () => frame));
const buffer = Buffer.allocUnsafeSlow(256 * 1024);
let batches = 0;
let counting = false;

for (let i = 0; i < connections; i++) {
  let missing = batch.length;
  const socket = connect({
    port,
    host: "127.0.0.1",
    noDelay: true,
    onread: {
      buffer,
      callback(length) {
        missing -= length;
        if (missing > 0) return true;
        if (missing < 0) throw new Error("more came back than was sent");
        missing = batch.length;
        if (counting) batches++;
        socket.write(batch);
        return true;
      },
    },
  });
  socket.on("connect", () => socket.write(batch));
}

process.on("message", () => {
  counting = true;
  setTimeout(() => {
    process.send({ frames: batches * depth });
    process.exit();
  }, seconds * 1000);
});
setTimeout(() => process.send("warm"), 700);
