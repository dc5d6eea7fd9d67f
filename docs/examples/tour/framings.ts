/** Four ways to tell where a message ends, each with the pipeline that turns bytes into texts and texts into bytes. */
import {
  type ByteBuf,
  type ChannelPipeline,
  DelimiterBasedFrameDecoder,
  FixedLengthFrameDecoder,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  LineBasedFrameDecoder,
  LineEncoder,
  StringDecoder,
  StringEncoder,
} from "sluice";

export interface Framing {
  readonly name: string;
  readonly rule: string;
  readonly decoder: string;
  /** Adds what turns bytes into texts, and back. */
  build(pipeline: ChannelPipeline<ByteBuf, ByteBuf>): ChannelPipeline<string, string>;
  /** A message on the wire, made by hand: the tour checks the library against something that is not the library. */
  encode(text: string): Buffer;
  /** What a person types to send messages to it. */
  shell(host: string, port: number): string;
}

const MAX_FRAME_LENGTH = 1024;
const RECORD_LENGTH = 12;
const DELIMITER = "||";

const lines: Framing = {
  name: "lines",
  rule: "a message ends at a line feed",
  decoder: "LineBasedFrameDecoder",
  build: (pipeline) =>
    pipeline
      .addLast(new LineBasedFrameDecoder({ maxLength: MAX_FRAME_LENGTH }))
      .addLast(new StringDecoder())
      .addLast(new LineEncoder()),
  encode: (text) => Buffer.from(`${text}\n`),
  shell: (host, port) => `nc ${host} ${port}   (then type lines)`,
};

const delimiters: Framing = {
  name: "delimiters",
  rule: `a message ends at ${DELIMITER}`,
  decoder: "DelimiterBasedFrameDecoder",
  build: (pipeline) =>
    pipeline
      .addLast(new DelimiterBasedFrameDecoder({ delimiters: [DELIMITER], maxFrameLength: MAX_FRAME_LENGTH }))
      .addLast(new StringDecoder())
      .addLast(new LineEncoder({ separator: DELIMITER })),
  encode: (text) => Buffer.from(text + DELIMITER),
  shell: (host, port) => `printf 'one${DELIMITER}two${DELIMITER}' | nc ${host} ${port}`,
};

const fixedLength: Framing = {
  name: "fixed length",
  rule: `every message has ${RECORD_LENGTH} bytes, filled up with spaces`,
  decoder: "FixedLengthFrameDecoder",
  build: (pipeline) =>
    pipeline
      .addLast(new FixedLengthFrameDecoder({ frameLength: RECORD_LENGTH }))
      .addLast(new StringDecoder())
      .addLast(new StringEncoder())
      .addLast({
        channelRead: (ctx, text) => ctx.fireChannelRead(text.trimEnd()),
        write: (ctx, text, completion) => ctx.write(record(text).toString(), completion),
      }),
  encode: record,
  shell: (host, port) => `printf '%-${RECORD_LENGTH}s' hello | nc ${host} ${port}`,
};

const lengthField: Framing = {
  name: "length field",
  rule: "four bytes, big-endian, say how long the message behind them is",
  decoder: "LengthFieldBasedFrameDecoder",
  build: (pipeline) =>
    pipeline
      .addLast(
        new LengthFieldBasedFrameDecoder({
          lengthFieldLength: 4,
          initialBytesToStrip: 4,
          maxFrameLength: MAX_FRAME_LENGTH,
        }),
      )
      .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }))
      .addLast(new StringDecoder())
      .addLast(new StringEncoder()),
  encode(text) {
    const body = Buffer.from(text);
    const header = Buffer.alloc(4);
    header.writeUInt32BE(body.length);
    return Buffer.concat([header, body]);
  },
  shell: (host, port) => `printf '\\x00\\x00\\x00\\x05hello' | nc ${host} ${port}`,
};

/** In the order of their ports. */
export const FRAMINGS = { lines, delimiters, fixedLength, lengthField } as const;

/** `text` filled up with spaces; what does not fit is left out, whole characters at a time. */
function record(text: string): Buffer {
  const bytes = Buffer.alloc(RECORD_LENGTH, " ");
  bytes.write(text);
  return bytes;
}
