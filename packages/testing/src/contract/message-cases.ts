/** Rules of what a message is on this transport: a stretch of a stream, or a thing of its own. */
import { ByteBuf } from "@sluice/core";
import { fails, holds, same } from "./claims.js";
import type { Cases } from "./scene.js";
import type { TransportScene } from "./transport-scene.js";

export const BYTE_STREAM_CASES: Cases<TransportScene> = {
  "a stream has no boundaries: writes may arrive joined or cut, never out of order": async (scene) => {
    const { client, childSide } = await scene.pair();
    let sent = "";
    for (let i = 0; i < 500; i++) {
      const text = `${i}:${"x".repeat(i % 50)}`;
      client.write(ByteBuf.from(text));
      sent += text;
    }
    client.flush();
    await scene.until("all of it", () => scene.textOf(childSide) === sent);
    holds("Writes that leave together arrive in fewer reads", childSide.messages.length < 500);
  },
};

export const MESSAGE_CASES: Cases<TransportScene> = {
  "each write arrives as one message": async (scene) => {
    const { client, childSide } = await scene.pair();
    const sizes = [1, 5, 100_000, 1, 70_000, 3];
    for (const size of sizes) client.write(ByteBuf.from(new Uint8Array(size).fill(size)));
    client.flush();
    await scene.until("all of them", () => childSide.messages.length === sizes.length);
    const arrived = childSide.messages.map((message) => message as ByteBuf);
    same(
      "The sizes",
      arrived.map(({ readableBytes }) => readableBytes),
      sizes,
    );
    same(
      "The first bytes",
      arrived.map((bytes) => bytes.readUint8()),
      sizes.map((size) => size & 0xff),
    );
  },
};

export const ONLY_BYTES_CASES: Cases<TransportScene> = {
  "anything but bytes is refused with the place to look": async (scene) => {
    const { client } = await scene.pair();
    const error = await fails("Writing text", client.writeAndFlush("text"), "UNSUPPORTED_MESSAGE");
    holds("It names the pipeline", error.message.includes("encoder"));
    await fails("Writing an object", client.writeAndFlush({ id: 1 }), "UNSUPPORTED_MESSAGE");
    await client.writeAndFlush(ByteBuf.from("still here"));
  },
};

export const OBJECT_CASES: Cases<TransportScene> = {
  "values that are not bytes arrive as they are": async (scene) => {
    const { client, childSide } = await scene.pair();
    const values = ["text", 1, { id: 1 }, new Map([[1, 2]])];
    for (const value of values) client.writeAndFlush(value);
    await scene.until("all of them", () => childSide.messages.length === values.length);
    same("The values", childSide.messages, values);
  },
};
