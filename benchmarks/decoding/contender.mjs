// One decoder in a process of its own: measures for as many milliseconds as each line of its input says.
import { createInterface } from "node:readline";
import { encodedStream } from "./encoded-stream.mjs";

const [by, name, json] = process.argv.slice(2);
const one = JSON.parse(json);
const { bytes, frames } = encodedStream(one);
const decodeAll = await contender();

for await (const line of createInterface({ input: process.stdin })) {
  console.log(await measure(Number(line)));
}

async function contender() {
  if (by === "sluice") return (await import("./sluice-decoders.mjs")).sluiceDecoder(name, one, bytes, one.chunk);
  return (await import("./npm-decoders.mjs")).npmDecoder(name, one, bytes, one.chunk);
}

/** CPU time of the whole process in ns per frame: whoever collects its garbage belongs to it. */
async function measure(ms) {
  const until = performance.now() + ms;
  const before = process.cpuUsage();
  let rounds = 0;
  do {
    const counted = await decodeAll();
    if (counted.frames !== frames || counted.content !== frames * one.size) {
      throw new Error(`${name} made ${counted.frames} frames with ${counted.content} bytes, not ${frames}`);
    }
    rounds++;
  } while (performance.now() < until);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / (rounds * frames);
}
