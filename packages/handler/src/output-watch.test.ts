import { ByteBuf } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { expect, it } from "vitest";
import { OutputWatch } from "./output-watch.js";

it("OutputWatch tells whether anything differs from the look before", () => {
  const channel = new EmbeddedChannel();
  const { queue } = channel.engine;
  const watch = new OutputWatch();
  expect(watch.hasMoved(queue, 0)).toBe(true);
  expect(watch.hasMoved(queue, 0)).toBe(false);
  expect(watch.hasMoved(queue, 1)).toBe(true);
  channel.pipeline.write(ByteBuf.from("a"));
  expect(watch.hasMoved(queue, 1)).toBe(true);
  expect(watch.hasMoved(queue, 1)).toBe(false);
  queue.markFlushed();
  expect(watch.hasMoved(queue, 1)).toBe(true);
  expect(watch.hasMoved(queue, 1)).toBe(false);
  watch.forget();
  expect(watch.hasMoved(queue, 1)).toBe(true);
});
