// What npm has for the same framing. Each is imported only by the process that measures it.

const MAX_LENGTH = 8 * 1024 * 1024;

const STREAMS = {
  "frame-stream": async () => (await import("frame-stream")).default({ lengthSize: 4, maxSize: MAX_LENGTH }),
  "length-prefixed-stream": async () => (await import("length-prefixed-stream")).default.decode({ limit: MAX_LENGTH }),
  split2: async (one) => {
    const { default: split2 } = await import("split2");
    // Its own expression for lines; otherwise a string, or a class of the single characters there are.
    return one.delimiters === undefined ? split2() : split2(matcher(one.delimiters));
  },
  "binary-split": async (one) => (await import("binary-split")).default(delimiter(one)),
  "@serialport/parser-delimiter": async (one) =>
    new (await import("@serialport/parser-delimiter")).DelimiterParser({ delimiter: delimiter(one) }),
  "@serialport/parser-readline": async (one) =>
    new (await import("@serialport/parser-readline")).ReadlineParser({ delimiter: delimiter(one) }),
};

/** As `sluiceDecoder`, but what is returned is asynchronous, as these are. */
export async function npmDecoder(name, one, bytes, chunk) {
  const chunks = [];
  for (let at = 0; at < bytes.length; at += chunk) chunks.push(bytes.subarray(at, at + chunk));
  if (name === "it-length-prefixed") return iterated((await import("it-length-prefixed")).decode, chunks);
  return streamed(await STREAMS[name](one), chunks);
}

/** Writes the chunks as `pipe` would, and is done when the last of them has been taken. */
function streamed(stream, chunks) {
  const counted = { frames: 0, content: 0 };
  stream.on("data", (frame) => {
    counted.frames++;
    counted.content += frame.length;
  });
  return async () => {
    counted.frames = counted.content = 0;
    for (const chunk of chunks) {
      if (!stream.write(chunk)) await new Promise((resolve) => stream.once("drain", resolve));
    }
    while (stream.writableLength > 0 || stream.readableLength > 0) await new Promise(setImmediate);
    return counted;
  };
}

function iterated(decode, chunks) {
  return async () => {
    const counted = { frames: 0, content: 0 };
    for await (const frame of decode(arriving(chunks))) {
      counted.frames++;
      counted.content += frame.byteLength;
    }
    return counted;
  };
}

/** Asynchronous, as bytes from a socket are. */
async function* arriving(chunks) {
  yield* chunks;
}

function delimiter({ suffixes }) {
  return Buffer.from(suffixes[0], "hex").toString("latin1");
}

function matcher(delimiters) {
  const texts = delimiters.map((hex) => Buffer.from(hex, "hex").toString("latin1"));
  return texts.length === 1 ? texts[0] : new RegExp(`[${texts.join("")}]`);
}
