// UTF-8 bytes become a string: `text.mjs sluice | buffer | decoder SIZE CODEPOINT`.
import { ByteBuf } from "sluice";
import { takeTurns } from "./turns.mjs";

const BATCH = 10_000;
const [name, given, codePoint] = process.argv.slice(2);
const size = Number(given);

const letter = String.fromCodePoint(Number(codePoint));
const text = letter.repeat(Math.floor(size / Buffer.byteLength(letter)));
const bytes = Buffer.from(text.padEnd(text.length + size - Buffer.byteLength(text), "x"));
const buf = ByteBuf.wrap(bytes, 0, bytes.length);
const decoder = new TextDecoder();
const expected = bytes.toString().length;

const DECODE = {
  sluice: () => buf.toString(),
  buffer: () => bytes.toString(),
  decoder: () => decoder.decode(bytes),
};
const decode = DECODE[name];

await takeTurns(() => {
  let characters = 0;
  for (let i = 0; i < BATCH; i++) characters += decode().length;
  if (characters !== BATCH * expected) throw new Error("characters were lost");
  return BATCH;
});
