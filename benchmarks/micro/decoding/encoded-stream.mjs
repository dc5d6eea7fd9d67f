// The bytes that are decoded: about 1 MiB of equal frames, or one if it is longer. NettyDecoding.java makes the same.

const LEAST_BYTES = 1024 * 1024;

export function encodedStream({ size, prefix = "", suffixes = [""] }) {
  const head = Buffer.from(prefix, "hex");
  const tails = suffixes.map((suffix) => Buffer.from(suffix, "hex"));
  const content = Buffer.alloc(size, "abcdefghijklmnopqrstuvwxyz");
  const parts = [];
  let frames = 0;
  for (let bytes = 0; bytes < LEAST_BYTES; frames++) {
    const tail = tails[frames % tails.length];
    parts.push(head, content, tail);
    bytes += head.length + size + tail.length;
  }
  return { bytes: Buffer.concat(parts), frames };
}

/** Hex of a length as protobuf writes it. */
export function varint32(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]).toString("hex");
}
