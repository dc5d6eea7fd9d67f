// One decoder in a process of its own: `contender.mjs sluice | npm | hand NAME CASE`.
import { takeTurns } from "../turns.mjs";
import { encodedStream } from "./encoded-stream.mjs";

const [by, name, json] = process.argv.slice(2);
const one = JSON.parse(json);
const { bytes, frames } = encodedStream(one);
const decodeAll = await contender();

function check(counted) {
  if (counted.frames !== frames || counted.content !== frames * one.size) {
    throw new Error(`${name} made ${counted.frames} frames with ${counted.content} bytes, not ${frames}`);
  }
  return frames;
}

await takeTurns(() => {
  const counted = decodeAll();
  return counted instanceof Promise ? counted.then(check) : check(counted);
});

async function contender() {
  if (by === "sluice") return (await import("./sluice-decoders.mjs")).sluiceDecoder(name, one, bytes, one.chunk);
  if (by === "node") return (await import("./hand-decoder.mjs")).handDecoder(bytes, one.chunk);
  return (await import("./npm-decoders.mjs")).npmDecoder(name, one, bytes, one.chunk);
}
