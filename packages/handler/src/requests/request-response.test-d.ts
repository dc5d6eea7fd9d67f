import type { ByteBuf, ChannelPipeline } from "@sluice/core";
import { ChannelDuplexHandler } from "@sluice/core";
import { describe, expectTypeOf, it } from "vitest";
import { RequestResponseByIdHandler, RequestResponseHandler } from "../index.js";

interface Request {
  readonly id: number;
  readonly method: string;
}
interface Reply {
  readonly id: number;
  readonly ok: boolean;
}
interface Push {
  readonly topic: string;
}

// Stand-in with the types of the real one.
class JsonCodec<In, Out> extends ChannelDuplexHandler<ByteBuf, In, Out, ByteBuf> {}

declare const bytes: ChannelPipeline<ByteBuf, ByteBuf>;

describe("RequestResponseHandler", () => {
  const handler = new RequestResponseHandler<Request, Reply>();

  it("sends requests and promises responses", () => {
    expectTypeOf(handler.request).parameter(0).toEqualTypeOf<Request>();
    expectTypeOf(handler.request({ id: 1, method: "get" })).toEqualTypeOf<Promise<Reply>>();
    handler.request({ id: 1, method: "get" }, { timeoutMs: 5, signal: AbortSignal.timeout(5) });
    // @ts-expect-error a field is missing
    handler.request({ id: 1 });
    // @ts-expect-error a misspelt option
    handler.request({ id: 1, method: "get" }, { timeout: 5 });
  });

  it("stands behind a codec for both, and leaves what may be written as it is", () => {
    const chain = bytes.addLast(new JsonCodec<Reply, Request>()).addLast(handler);
    expectTypeOf(chain).toEqualTypeOf<ChannelPipeline<Reply, Request>>();
    const wider = bytes.addLast(new JsonCodec<Reply, Request | "ping">()).addLast(handler);
    expectTypeOf(wider).toEqualTypeOf<ChannelPipeline<Reply, Request | "ping">>();
  });

  it("does not fit where something else arrives, or requests may not be written", () => {
    // @ts-expect-error bytes arrive here
    bytes.addLast(handler);
    // @ts-expect-error pushes arrive as well
    bytes.addLast(new JsonCodec<Reply | Push, Request>()).addLast(handler);
    // @ts-expect-error replies may be written here
    bytes.addLast(new JsonCodec<Reply, Reply>()).addLast(handler);
  });

  it("takes pushes when told of them", () => {
    const pushed = new RequestResponseHandler<Request, Reply, Push>({ isResponse: (message) => "ok" in message });
    const chain = bytes.addLast(new JsonCodec<Reply | Push, Request>()).addLast(pushed);
    expectTypeOf(chain).toEqualTypeOf<ChannelPipeline<Reply | Push, Request>>();
    expectTypeOf(pushed.request({ id: 1, method: "get" })).toEqualTypeOf<Promise<Reply>>();
  });
});

describe("RequestResponseByIdHandler", () => {
  it("sends requests and promises responses", () => {
    const handler = new RequestResponseByIdHandler<Request, Reply, Push>({
      requestId: (request) => request.id,
      responseId: (message) => ("ok" in message ? message.id : undefined),
    });
    expectTypeOf(handler.request({ id: 1, method: "get" })).toEqualTypeOf<Promise<Reply>>();
    const chain = bytes.addLast(new JsonCodec<Reply | Push, Request>()).addLast(handler);
    expectTypeOf(chain).toEqualTypeOf<ChannelPipeline<Reply | Push, Request>>();
    // @ts-expect-error bytes arrive here
    bytes.addLast(handler);
  });

  it("takes its types from its options, if they say them", () => {
    const handler = new RequestResponseByIdHandler({
      requestId: (request: Request) => request.id,
      responseId: (reply: Reply) => reply.id,
    });
    expectTypeOf(handler.request).parameter(0).toEqualTypeOf<Request>();
    expectTypeOf(handler.request({ id: 1, method: "get" })).toEqualTypeOf<Promise<Reply>>();
  });

  it("needs ids of one type that can be compared", () => {
    new RequestResponseByIdHandler<Request, Reply, never, number>({
      requestId: (request) => request.id,
      // @ts-expect-error a text is not that number
      responseId: (reply) => String(reply.id),
    });
    new RequestResponseByIdHandler<Request, Reply>({
      // @ts-expect-error an object is equal to itself only
      requestId: (request) => ({ id: request.id }),
      responseId: (reply) => reply.id,
    });
    // @ts-expect-error without ids it cannot work
    new RequestResponseByIdHandler<Request, Reply>({ requestId: (request) => request.id });
  });
});
