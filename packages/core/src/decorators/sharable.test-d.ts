import { expectTypeOf, it } from "vitest";
import { ChannelInboundHandler, PassThroughHandler } from "../index.js";
import { Sharable } from "./index.js";

it("fits handler classes, with and without parentheses, abstract ones too", () => {
  @Sharable
  class Bare extends ChannelInboundHandler<string> {}
  @Sharable()
  class Called extends PassThroughHandler {}
  @Sharable
  abstract class Unfinished extends PassThroughHandler {
    abstract name(): string;
  }
  expectTypeOf<Bare | Called | Unfinished>().toBeObject();
});

it("fits nothing else", () => {
  // @ts-expect-error what shares nothing with a handler is none
  @Sharable
  class Stranger {
    readonly length = 0;
  }
  expectTypeOf<Stranger>().toBeObject();
});
