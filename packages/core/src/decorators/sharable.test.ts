import ts from "typescript";
import { describe, expect, it } from "vitest";
import { EmbeddedChannel } from "../embedded/index.js";
import { ChannelInboundHandler, PassThroughHandler } from "../index.js";
import { Sharable } from "./index.js";

type HandlerClass = new () => PassThroughHandler;

function isSharable(handlerClass: HandlerClass): boolean {
  const handler = new handlerClass();
  new EmbeddedChannel(handler);
  try {
    new EmbeddedChannel(handler);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "HANDLER_NOT_SHARABLE" });
    return false;
  }
}

const context = (kind: string) => ({ kind, name: "X", metadata: {}, addInitializer: () => {} }) as never;

describe("Sharable, called as decorators are", () => {
  it.each([
    ["standard", (target: HandlerClass) => Sharable(target, context("class"))],
    ["legacy", (target: HandlerClass) => Sharable(target)],
    ["standard, with parentheses", (target: HandlerClass) => Sharable()(target, context("class"))],
    ["legacy, with parentheses", (target: HandlerClass) => Sharable()(target)],
  ])("%s", (_convention, decorate) => {
    class Marked extends PassThroughHandler {}
    expect(isSharable(Marked)).toBe(false);
    expect(decorate(Marked)).toBeUndefined();
    expect(isSharable(Marked)).toBe(true);
  });

  it("goes down to subclasses, which may take it back, and not up or aside", () => {
    class Base extends PassThroughHandler {}
    class Marked extends Base {}
    Sharable(Marked);
    class Sub extends Marked {}
    class SubSub extends Sub {}
    class Unshared extends Marked {
      override readonly sharable: boolean = false;
    }
    class Again extends Unshared {
      override readonly sharable = true;
    }
    expect([Base, Marked, Sub, SubSub, Unshared, Again].map(isSharable)).toEqual([
      false,
      true,
      true,
      true,
      false,
      true,
    ]);
  });

  it("leaves its mark where other tools look", () => {
    class Marked extends PassThroughHandler {}
    class Sub extends Marked {}
    Sharable(Marked);
    expect(Reflect.getMetadata("sluice:sharable", Marked)).toBe(true);
    expect(Reflect.getMetadata("sluice:sharable", Sub)).toBe(true);
    expect(Reflect.hasOwnMetadata("sluice:sharable", Sub)).toBe(false);
    expect(Reflect.getMetadata("sluice:sharable", PassThroughHandler)).toBeUndefined();
  });

  it("refuses what is no class", () => {
    const method = () => {};
    const wrongly = Sharable as (...args: unknown[]) => unknown;
    for (const args of [
      [method, context("method")],
      [undefined, context("field")],
      [ChannelInboundHandler.prototype, "channelRead", { value: method }],
      [{}],
    ]) {
      expect(() => wrongly(...args)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    }
  });
});

describe.each([
  ["experimentalDecorators", true],
  ["standard decorators", false],
])("Sharable, compiled with %s", (_convention, experimentalDecorators) => {
  it("marks classes", () => {
    const source = `
      @Sharable class Bare extends Base {}
      @Sharable() class Called extends Base {}
      class Sub extends Bare {}
      class Plain extends Base {}
      made.push(Bare, Called, Sub, Plain);
    `;
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { experimentalDecorators, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    expect(outputText.includes("__esDecorate")).toBe(!experimentalDecorators);
    const made: HandlerClass[] = [];
    new Function("Sharable", "Base", "made", outputText)(Sharable, PassThroughHandler, made);
    expect(made.map(isSharable)).toEqual([true, true, true, false]);
  });
});
