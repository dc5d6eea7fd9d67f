// Opens as many connections as it is told, and has a frame echoed on each; ends with its parent.
import { connect } from "node:net";
import process from "node:process";

const AT_ONCE = 100;
const port = Number(process.argv[2]);
const frame = Buffer.from([0, 0, 0, 2, 0x7b, 0x7d]);

process.on("message", async (count) => {
  for (let open = 0; open < count; open += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - open) }, echoed));
  }
  process.send("open");
});
process.on("disconnect", () => process.exit());

function echoed() {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(frame));
    socket.on("error", reject);
    socket.once("data", resolve);
  });
}
