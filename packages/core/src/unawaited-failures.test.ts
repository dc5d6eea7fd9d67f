import { ByteBuf, SluiceError } from "@sluice/buffer";
import { expect, it } from "vitest";
import { Bootstrap } from "./bootstrap.js";
import type { Channel } from "./channel.js";
import { EmbeddedChannel } from "./embedded/index.js";
import { local } from "./local/index.js";
import { ServerBootstrap } from "./server-bootstrap.js";

it("tells once that writes nobody awaits come too late", () => {
  const errors: Error[] = [];
  const channel = new EmbeddedChannel({ exceptionCaught: (_ctx, error) => void errors.push(error) });
  channel.close();
  for (let i = 0; i < 5; i++) channel.pipeline.write(ByteBuf.EMPTY);
  expect(errors).toMatchObject([{ code: "CHANNEL_CLOSED" }]);
});

it("tells each failure of an open channel", () => {
  const errors: Error[] = [];
  const error = new SluiceError("ENCODE_FAILED");
  const channel = new EmbeddedChannel({ exceptionCaught: (_ctx, caught) => void errors.push(caught) });
  for (let i = 0; i < 3; i++) channel.unawaitedFailure(error);
  expect(errors).toEqual([error, error, error]);
});

it("tells the failure of a connection to its server's children, or else to the server", async () => {
  const boom = new Error("boom");
  await using server = await new ServerBootstrap<any, any>()
    .transport(local())
    .childHandler(() => {
      throw boom;
    })
    .bind({ local: "throwing-initializer" });
  const connect = () => new Bootstrap<any, any>().transport(local()).connect({ local: "throwing-initializer" });

  const told: unknown[] = [];
  const heard = new Promise<void>((resolve) => {
    server.once("error", (error: Error) => {
      told.push(error);
      resolve();
    });
  });
  await (await connect()).closed;
  await heard;
  const child = new Promise<Channel>((resolve) => {
    server.children.once("error", (error, failed) => {
      told.push(error);
      resolve(failed);
    });
  });
  await (await connect()).closed;
  expect(await child).toMatchObject({ isOpen: false, parent: server });
  expect(told).toEqual([boom, boom]);
  expect(server.isOpen).toBe(true);
});
