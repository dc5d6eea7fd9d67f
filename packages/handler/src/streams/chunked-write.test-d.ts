/** Which streams may be written, and where the handler fits. */
import type { ByteBuf } from "@sluice/buffer";
import { type Channel, ChannelOutboundHandler, type ChannelPipeline } from "@sluice/core";
import { describe, expectTypeOf, it } from "vitest";
import { ChunkedInput, ChunkedWriteHandler } from "../index.js";

class Encoder extends ChannelOutboundHandler<{ id: number }, ByteBuf> {}

declare const bytes: ChannelPipeline<ByteBuf, ByteBuf>;
declare const arrays: AsyncIterable<Uint8Array>;
declare const buffers: AsyncIterable<ByteBuf>;
declare const records: AsyncIterable<{ id: number }>;
declare const webStream: {
  getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array }>; cancel(): Promise<void> };
};

describe("a ChunkedWriteHandler", () => {
  it("lets streams of bytes be written beside bytes", () => {
    const chain = bytes.addLast(new ChunkedWriteHandler());
    expectTypeOf(chain).toEqualTypeOf<ChannelPipeline<ByteBuf, ByteBuf | ChunkedInput>>();
  });

  it("lets streams of messages be written behind their encoder", () => {
    const chain = bytes.addLast(new Encoder()).addLast(new ChunkedWriteHandler<{ id: number }>());
    expectTypeOf(chain).toEqualTypeOf<ChannelPipeline<ByteBuf, { id: number } | ChunkedInput<{ id: number }>>>();
    // @ts-expect-error bytes are not what the encoder takes
    bytes.addLast(new Encoder()).addLast(new ChunkedWriteHandler<ByteBuf>());
  });

  it("takes any kind of source, and no other messages", () => {
    const channel = {} as Channel<ByteBuf, ByteBuf | ChunkedInput>;
    const write = () => [
      channel.write(new ChunkedInput(arrays)),
      channel.write(new ChunkedInput(buffers)),
      channel.write(new ChunkedInput(webStream)),
      channel.write(new ChunkedInput(() => arrays)),
      channel.write(new ChunkedInput(async () => webStream)),
      // @ts-expect-error records are made bytes by nobody
      channel.write(new ChunkedInput(records)),
      // @ts-expect-error as little as here
      channel.write(new ChunkedInput<{ id: number }>(records)),
    ];
    return write;
  });
});
