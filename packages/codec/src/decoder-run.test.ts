import { ByteBuf } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineBasedFrameDecoder } from "./index.js";

/** A channel of lines, and what has been read from it. */
function lines(then: (line: string) => void = () => {}) {
  const read: string[] = [];
  const decoder = new LineBasedFrameDecoder();
  const channel = new EmbeddedChannel(decoder, {
    channelRead(_ctx, line: ByteBuf) {
      read.push(line.toString());
      then(line.toString());
    },
  });
  return { read, decoder, channel, write: (text: string) => channel.writeInbound(ByteBuf.from(text)) };
}

describe("decoders that take turns with a run", () => {
  it("keep their torn frames apart, however their chunks are mixed", () => {
    const chunk = fc.record({ of: fc.nat(11), text: fc.constantFrom("a", "b\n", "cd", "\ne", "f\ng\nh", "") });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 60 }), (chunks) => {
        const channels = Array.from({ length: 12 }, () => lines());
        const sent = channels.map(() => "");
        for (const { of, text } of chunks) {
          channels[of]?.write(text);
          sent[of] += text;
        }
        for (const [i, { read, decoder }] of channels.entries()) {
          const expected = (sent[i] as string).split("\n");
          expect(decoder.unreadBytes).toBe(expected.pop()?.length);
          expect(read).toEqual(expected);
        }
      }),
    );
  });

  it("do not disturb each other when one feeds another in the middle of a chunk", () => {
    const inner = lines();
    const outer = lines((line) => inner.write(`${line}!\n<`));
    outer.write("one\ntwo\nthr");
    outer.write("ee\n");
    expect([outer.read, inner.read]).toEqual([
      ["one", "two", "three"],
      ["one!", "<two!", "<three!"],
    ]);
  });

  it("go on counting where they were in the stream", () => {
    const { channel, decoder, write } = lines();
    const other = lines();
    write("abc\nd");
    other.write("xyz\n");
    write("ef\n");
    other.write("xyz\n");
    expect([decoder.bytesScanned, other.decoder.bytesScanned]).toEqual([8, 8]);
    expect(() => {
      write("left");
      channel.finish();
    }).toThrow(expect.objectContaining({ code: "FRAME_TRUNCATED", offset: 8, length: 4 }));
  });
});
