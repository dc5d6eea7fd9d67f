// Content of some bytes becomes a frame with a 4-byte length field: `encoding.mjs sluice | concat | … SIZE`.
import { takeTurns } from "./turns.mjs";

const BATCH = 10_000;
const HEADER = 4;
const [name, given] = process.argv.slice(2);
const size = Number(given);
const content = Buffer.alloc(size, "x");

const WORK = {
  async sluice() {
    const { EmbeddedChannel } = await import("@sluice/core/embedded");
    const { ByteBuf, LengthFieldPrepender } = await import("sluice");
    let bytes = 0;
    const sink = {
      write: (_ctx, frame) => {
        bytes += frame.readableBytes;
      },
    };
    const { pipeline } = new EmbeddedChannel(sink, new LengthFieldPrepender({ lengthFieldLength: HEADER }));
    return () => {
      bytes = 0;
      // As an encoder does: room for the length field in front, then the content.
      for (let i = 0; i < BATCH; i++) pipeline.write(ByteBuf.alloc(size, { headRoom: HEADER }).writeBytes(content));
      return all(bytes);
    };
  },

  async concat() {
    return () => {
      let bytes = 0;
      for (let i = 0; i < BATCH; i++) {
        const header = Buffer.allocUnsafe(HEADER);
        header.writeUInt32BE(size);
        bytes += Buffer.concat([header, content]).length;
      }
      return all(bytes);
    };
  },

  async "frame-stream"() {
    const { default: frameStream } = await import("frame-stream");
    return streamed(frameStream.encode({ lengthSize: HEADER }), HEADER);
  },

  async "length-prefixed-stream"() {
    const { default: prefixed } = await import("length-prefixed-stream");
    return streamed(prefixed.encode(), size < 128 ? 1 : 2);
  },
};

function streamed(stream, header) {
  let bytes = 0;
  stream.on("data", (part) => {
    bytes += part.length;
  });
  return async () => {
    bytes = 0;
    for (let i = 0; i < BATCH; i++) {
      if (!stream.write(content)) await new Promise((resolve) => stream.once("drain", resolve));
    }
    while (stream.writableLength > 0 || stream.readableLength > 0) await new Promise(setImmediate);
    return all(bytes, header);
  };
}

function all(bytes, header = HEADER) {
  if (bytes !== BATCH * (header + size)) throw new Error(`${bytes} bytes were made of ${BATCH} × ${size}`);
  return BATCH;
}

await takeTurns(await WORK[name]());
