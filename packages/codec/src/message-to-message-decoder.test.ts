import { SluiceError } from "@sluice/buffer";
import type { ChannelHandlerContext } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { describe, expect, it } from "vitest";
import { describe as describeError } from "../test/decoder-trace.js";
import type { MessageSink } from "./message-sink.js";
import { MessageToMessageDecoder } from "./message-to-message-decoder.js";

/** Words of a text; refuses numbers; an empty text is an error, "!" one of a kind of its own. */
class Words extends MessageToMessageDecoder<string, string> {
  protected override acceptInboundMessage(message: unknown): boolean {
    return typeof message !== "number";
  }
  protected override decode(_ctx: ChannelHandlerContext<string>, text: string, out: MessageSink<string>): void {
    for (const word of text.split(" ").filter(Boolean)) {
      if (word === "!") throw new SluiceError("INVALID_TEXT", "!");
      if (word === "?") throw new TypeError("?");
      out.push(word);
    }
  }
}

function logged(decoder: Words): { channel: EmbeddedChannel; log: string[] } {
  const log: string[] = [];
  const channel = new EmbeddedChannel(decoder, {
    channelRead: (_ctx, message) => log.push(String(message)),
    exceptionCaught: (_ctx, error) => log.push(describeError(error)),
  });
  return { channel, log };
}

describe("MessageToMessageDecoder", () => {
  it("makes none, one or several of a message", () => {
    const { channel, log } = logged(new Words());
    channel.writeInbound("a", "", "b c d");
    expect(log).toEqual(["a", "b", "c", "d"]);
  });

  it("passes on what it is not for", () => {
    const { channel, log } = logged(new Words());
    channel.writeInbound("a", 7);
    expect(log).toEqual(["a", "7"]);
  });

  it("tells of errors behind the messages made before, and goes on", () => {
    const { channel, log } = logged(new Words());
    channel.writeInbound("a ! b", "c ? d", "e");
    expect(log).toEqual(["a", "INVALID_TEXT", "c", "DECODE_FAILED", "e"]);
  });

  it("keeps the messages of nested calls apart", () => {
    const log: string[] = [];
    const channel = new EmbeddedChannel(new Words(), {
      channelRead(_ctx, message) {
        log.push(String(message));
        if (message === "a") channel.pipeline.fireChannelRead("x y");
      },
    });
    channel.writeInbound("a b");
    expect(log).toEqual(["a", "x", "y", "b"]);
  });

  it("asks for more, once, after a burst without a message when autoRead is off", () => {
    let reads = 0;
    const readsAfter = (decoder: Words) => {
      reads = 0;
      const channel = new EmbeddedChannel({ read: () => reads++ }, decoder);
      channel.autoRead = false;
      return [["", ""], ["a", ""], [7], []].map((burst) => {
        reads = 0;
        channel.writeInbound(...burst);
        return reads;
      });
    };
    expect(readsAfter(new Words())).toEqual([1, 0, 0, 0]);
    class SharableWords extends Words {
      override readonly sharable = true;
    }
    expect(readsAfter(new SharableWords())).toEqual([0, 0, 0, 0]);
  });
});
