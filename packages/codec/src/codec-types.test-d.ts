import type { ByteBuf } from "@sluice/buffer";
import type { ChannelPipeline } from "@sluice/core";
import { describe, expectTypeOf, it } from "vitest";
import {
  ByteToMessageCodec,
  JsonCodec,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  LineBasedFrameDecoder,
  LineEncoder,
  StringDecoder,
} from "./index.js";

interface Request {
  readonly id: number;
}
interface Reply {
  readonly ok: boolean;
}
declare const pipeline: ChannelPipeline<ByteBuf, ByteBuf>;
declare abstract class NumberCodec extends ByteToMessageCodec<number, bigint> {}
declare const numbers: NumberCodec;

describe("a pipeline of codecs", () => {
  it("says behind each handler what is read and what may be written", () => {
    const frames = pipeline
      .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4 }))
      .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }));
    expectTypeOf(frames).toEqualTypeOf<ChannelPipeline<ByteBuf, ByteBuf>>();
    expectTypeOf(frames.addLast(new JsonCodec<Request, Reply>())).toEqualTypeOf<ChannelPipeline<Request, Reply>>();
    expectTypeOf(
      pipeline.addLast(new LineBasedFrameDecoder()).addLast(new StringDecoder()).addLast(new LineEncoder()),
    ).toEqualTypeOf<ChannelPipeline<string, string>>();
    expectTypeOf(pipeline.addLast(numbers)).toEqualTypeOf<ChannelPipeline<number, bigint>>();
  });

  it("does not take a frame decoder behind a codec", () => {
    const values = pipeline.addLast(new JsonCodec<Request, Reply>());
    // @ts-expect-error Requests are not bytes
    values.addLast(new LineBasedFrameDecoder());
    // @ts-expect-error a Reply may be written here, bytes may not
    values.addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }));
  });

  it("does not take a reply of another shape", () => {
    pipeline.addLast(new JsonCodec<Request, Reply>()).addLast({
      channelRead(ctx, request) {
        expectTypeOf(request).toEqualTypeOf<Request>();
        ctx.write({ ok: true });
        // @ts-expect-error not a Reply
        ctx.write({ id: 1 });
      },
    });
  });
});
