import { Readable } from "node:stream";
import { FrameReader, FrameStream, LineBasedFrameDecoder } from "sluice";

/** Stands for a socket, a file, a serial port. */
const arriving = () =>
  Readable.from([Buffer.from("one\ntw"), Buffer.from("o\nthree, which is long\nfo"), Buffer.from("ur\n")]);

const reader = new FrameReader(new LineBasedFrameDecoder({ maxLength: 10 }), {
  onError: (error) => console.log(error.message),
});
for await (const chunk of arriving()) {
  for (const line of reader.push(chunk)) console.log(line.toString());
}
for (const line of reader.end()) console.log(line.toString());

for await (const line of arriving().pipe(new FrameStream(new LineBasedFrameDecoder()))) console.log(line.toString());
