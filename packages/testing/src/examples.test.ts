/** The examples of the README and of the sources, run as they stand there. */

import { readdirSync, readFileSync } from "node:fs";
import { ByteBuf, SluiceError } from "@sluice/buffer";
import { type ChannelHandlerContext, ChannelInboundHandler } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { local } from "@sluice/core/local";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { channelContract, RecorderHandler, transportContract, verifyDecoder } from "./index.js";

/** What the examples take for granted: lines without `\n` or `\r\n`, up to a length. */
class LineSplitter extends ChannelInboundHandler<ByteBuf, ByteBuf> {
  readonly #maxLength: number;
  #unread = ByteBuf.EMPTY;
  #offset = 0;
  #isSkipping = false;
  #isRemoved = false;

  constructor({ maxLength = 1024 } = {}) {
    super();
    this.#maxLength = maxLength;
  }

  override channelRead(ctx: ChannelHandlerContext<ByteBuf>, chunk: ByteBuf): void {
    this.#unread = ByteBuf.concat([this.#unread, chunk]);
    while (!this.#isRemoved) {
      const end = this.#unread.indexOf(0x0a);
      const { readerIndex, writerIndex } = this.#unread;
      const length = this.contentLength(readerIndex, end < 0 ? writerIndex : end, end >= 0);
      if (length > this.#maxLength && !this.#isSkipping) {
        this.#isSkipping = true;
        ctx.fireExceptionCaught(new SluiceError("FRAME_TOO_LONG", undefined, { offset: this.#offset }));
      }
      if (end < 0) break;
      const line = this.#unread.readSlice(end + 1 - readerIndex);
      this.#offset += line.readableBytes;
      if (!this.#isSkipping) ctx.fireChannelRead(line.readSlice(length));
      this.#isSkipping = false;
    }
    if (this.#isSkipping) this.#offset += this.takeUnread().readableBytes;
    if (this.#isRemoved) this.handlerRemoved(ctx);
  }

  override channelInactive(ctx: ChannelHandlerContext<ByteBuf>): void {
    const { readableBytes: length } = this.takeUnread();
    if (length > 0) ctx.fireExceptionCaught(new SluiceError("FRAME_TRUNCATED", undefined, { length }));
    ctx.fireChannelInactive();
  }

  override handlerRemoved(ctx: ChannelHandlerContext<ByteBuf>): void {
    this.#isRemoved = true;
    const rest = this.takeUnread();
    if (rest.isReadable()) ctx.fireChannelRead(rest);
  }

  protected contentLength(start: number, end: number, _isWhole: boolean): number {
    return end > start && this.#unread.getUint8(end - 1) === 0x0d ? end - start - 1 : end - start;
  }

  private takeUnread(): ByteBuf {
    const unread = this.#unread;
    this.#unread = ByteBuf.EMPTY;
    return unread;
  }
}

/** The mistake of the example report: a `\r` whose `\n` may be still to come counts as content. */
class CountsTornDelimiter extends LineSplitter {
  protected override contentLength(start: number, end: number, isWhole: boolean): number {
    return isWhole ? super.contentLength(start, end, isWhole) : end - start;
  }
}

class JsonLines extends ChannelInboundHandler<ByteBuf, unknown> {
  override channelRead(ctx: ChannelHandlerContext<unknown>, line: ByteBuf): void {
    ctx.fireChannelRead(JSON.parse(line.toString()));
  }
}

const run = (_name: string, body: () => void) => body();
/** What an example gives to its runner is only counted here: test/contracts runs the contracts. */
const given: string[] = [];
const SCOPE = {
  ...{ ByteBuf, EmbeddedChannel, JsonLines, LineSplitter, RecorderHandler, fc, local },
  ...{ channelContract, transportContract, verifyDecoder },
  test: run,
  it: (name: string) => given.push(name),
};

const folder = new URL("../", import.meta.url);
const texts = [
  "README.md",
  ...readdirSync(new URL("src/", folder), { encoding: "utf8", recursive: true }).map((name) => `src/${name}`),
]
  .filter((path) => /(?<!\.test)\.(?:ts|md)$/.test(path))
  .map((path) => ({ path, text: readFileSync(new URL(path, folder), "utf8") }));
const examples = texts.flatMap(({ path, text }) => blocks(text, "ts").map((code) => ({ path, code })));

it("finds the examples", () => {
  expect(examples.map(({ path }) => path)).toEqual(expect.arrayContaining(["README.md", "src/index.ts"]));
});

it.each(examples)("$path: $code", ({ code }) => {
  new Function("expect", ...Object.keys(SCOPE), asserting(code))(expect, ...Object.values(SCOPE));
});

it("gives the cases of the contracts to the runner", () => {
  expect(given.filter((name) => name.startsWith("a forced close"))).not.toEqual([]);
});

it("reports as the documentation shows", () => {
  const decoder = () => new CountsTornDelimiter({ maxLength: 3 });
  const verify = () => verifyDecoder({ decoder, input: "one\r\ntwo\n", seed: 915935474 });
  for (const { text } of texts) for (const report of blocks(text, "text")) expect(verify).toThrow(report);
});

/** The fenced blocks of a language, without the stars of a comment. */
function blocks(text: string, language: string): string[] {
  const plain = text.replaceAll(/^ *\* ?/gm, "");
  return [...plain.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)\\n\`\`\`$`, "gms"))].map(
    ([, block]) => block as string,
  );
}

/** The code as a host without types runs it; `f(); // [1]` becomes a check of what `f` returns. */
function asserting(code: string): string {
  return code
    .replaceAll(/^import .*$/gm, "")
    .replaceAll(": string[]", "")
    .replaceAll(/^(.*); \/\/ (["[].*)$/gm, "expect($1).toEqual($2);");
}
