import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Bootstrap,
  ByteBuf,
  ChunkedWriteHandler,
  type InetAddress,
  ServerBootstrap,
  type SluiceError,
  tcp,
} from "sluice";
import { startFileServer } from "./server.js";
import { storeLines } from "./store-lines.js";
import { upload } from "./upload.js";

const folder = mkdtempSync(join(tmpdir(), "sluice-"));
process.once("exit", () => rmSync(folder, { recursive: true }));
const size = 3_000_000;
const path = join(folder, "large.bin");
writeFileSync(path, Buffer.alloc(size, "0123456789"));
writeFileSync(join(folder, "small.txt"), "a few bytes\n");

// Two files, and one there is none of, asked for at once by a client that has no more to say.
await using files = await startFileServer(folder);
const { port } = files.localAddress as InetAddress;
const client = connect({ host: "127.0.0.1", port }, () => client.end("large.bin\nmissing\nsmall.txt\n"));
const parts: Buffer[] = [];
for await (const part of client as AsyncIterable<Buffer>) parts.push(part);
const answers = Buffer.concat(parts);
const behind = `${size}\n`.length + size;
console.log(answers.subarray(0, 18).toString());
console.log(answers.subarray(behind).toString());

// Lines that come in one piece, and are stored one after the other.
let stored = () => {};
const allStored = new Promise<void>((resolve) => {
  stored = resolve;
});
await using lines = await new ServerBootstrap()
  .transport(tcp())
  .childHandler((p) => {
    let storing = 0;
    storeLines(p, async (line) => {
      storing++;
      await new Promise((resolve) => setImmediate(resolve));
      console.log(line.toString(), storing--);
      if (line.toString() === "three") stored();
    });
  })
  .bind({ host: "127.0.0.1", port: 0 });
await using sender = await new Bootstrap().transport(tcp()).connect(lines.localAddress);
await sender.send(ByteBuf.from("one\ntwo\nthree\n"));
await allStored;

// A file with its progress shown, and one that is given up.
await using sink = await new ServerBootstrap()
  .transport(tcp())
  .childHandler((p) => p.addLast({ channelRead() {} }))
  .bind({ host: "127.0.0.1", port: 0 });
const connectToSink = () =>
  new Bootstrap()
    .transport(tcp())
    .handler((p) => p.addLast(new ChunkedWriteHandler()))
    .connect(sink.localAddress);

await using channel = await connectToSink();
await upload(channel, path, size, AbortSignal.timeout(30_000));

const controller = new AbortController();
await using other = await connectToSink();
const uploading = upload(other, path, size, controller.signal);
controller.abort();
await uploading.catch((error) => console.log((error as SluiceError).code, other.isOpen));
