import { ByteBuf } from "@sluice/buffer";
import { EmbeddedChannel } from "@sluice/core/embedded";
import { expect, it } from "vitest";
import { OutputWatch } from "./output-watch.js";

it("OutputWatch tells whether anything differs from the look before", () => {
  const channel = new EmbeddedChannel();
  const { engine } = channel;
  const { queue } = engine;
  const watch = new OutputWatch();
  expect(watch.hasMoved(engine, 0)).toBe(true);
  expect(watch.hasMoved(engine, 0)).toBe(false);
  expect(watch.hasMoved(engine, 1)).toBe(true);
  channel.pipeline.write(ByteBuf.from("a"));
  expect(watch.hasMoved(engine, 1)).toBe(true);
  expect(watch.hasMoved(engine, 1)).toBe(false);
  // As many bytes as before, of another message.
  queue.succeed(1);
  queue.add(ByteBuf.from("b"), undefined);
  expect(watch.hasMoved(engine, 1)).toBe(true);
  expect(watch.hasMoved(engine, 1)).toBe(false);
  const end = { ...engine.end, unsentBytes: 10 };
  expect(watch.hasMoved({ queue, end }, 1)).toBe(true);
  expect(watch.hasMoved({ queue, end }, 1)).toBe(false);
  end.unsentBytes = 9;
  expect(watch.hasMoved({ queue, end }, 1)).toBe(true);
  expect(watch.hasMoved({ queue, end }, 1)).toBe(false);
});
