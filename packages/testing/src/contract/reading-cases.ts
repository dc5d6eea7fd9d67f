/** Rules of demand: who gets what when, and nobody more than they asked for. */
import { ByteBuf, ChannelOption } from "@sluice/core";
import { holds, same } from "./claims.js";
import { LengthByteDecoder } from "./length-byte-decoder.js";
import type { Cases } from "./scene.js";
import type { Pair, TransportScene } from "./transport-scene.js";

export const READING_CASES: Cases<TransportScene> = {
  "with auto-read off nothing arrives until read() asks, and then one burst": async (scene) => {
    const pair = await scene.pair({ childOptions: UNASKED });
    pair.client.writeAndFlush(ByteBuf.from("one"));
    await scene.settle();
    same("Unasked", reads(scene), []);
    pair.child.read();
    await scene.until("a burst", () => reads(scene).includes("readComplete"));
    same("Asked", [scene.textOf(pair.childSide), completed(scene)], ["one", 1]);
    pair.client.writeAndFlush(ByteBuf.from("two"));
    await scene.settle();
    same("Not asked again", [scene.textOf(pair.childSide), completed(scene)], ["one", 1]);
    pair.child.read();
    await scene.until("the rest", () => scene.textOf(pair.childSide) === "onetwo");
  },

  "asking twice before anything arrives brings one burst": async (scene) => {
    const pair = await scene.pair({ childOptions: UNASKED });
    pair.child.read().read();
    pair.client.writeAndFlush(ByteBuf.from("one"));
    await scene.until("a burst", () => completed(scene) === 1);
    pair.client.writeAndFlush(ByteBuf.from("two"));
    await scene.settle();
    same("Received", scene.textOf(pair.childSide), "one");
  },

  "asking from inside a burst brings the next one": async (scene) => {
    const pair = await scene.pair({
      childOptions: UNASKED,
      childHandlers: [{ channelRead: (ctx) => ctx.read() }],
    });
    pair.child.read();
    for (const text of ["one", "two", "three"]) {
      await pair.client.writeAndFlush(ByteBuf.from(text));
      await scene.until(text, () => scene.textOf(pair.childSide).endsWith(text));
    }
  },

  "a burst is bounded": async (scene) => {
    const pair = await scene.pair({ childOptions: UNASKED });
    const most = scene.contract.maxBurstBytes ?? 65_536;
    const bytes = new Uint8Array(1024 * 1024);
    // Nothing between may take it all: its completion is not waited for.
    pair.client.writeAndFlush(ByteBuf.from(bytes));
    await scene.settle();
    let received = 0;
    for (let bursts = 1; received < bytes.length; bursts++) {
      pair.child.read();
      await scene.until("a burst", () => completed(scene) === bursts);
      const burst = pair.childSide.messages.splice(0).reduce<number>((sum, b) => sum + (b as ByteBuf).readableBytes, 0);
      holds(`${burst} bytes in a burst are at most ${most}`, burst <= most);
      received += burst;
    }
    same("Received", received, bytes.length);
  },

  "turned off inside a burst, auto-read ends with it; turned on it asks at once": async (scene) => {
    const pair = await scene.pair({
      childHandlers: [
        {
          channelRead: (ctx) => {
            ctx.channel.autoRead = false;
          },
        },
      ],
    });
    pair.client.writeAndFlush(ByteBuf.from("one"));
    await scene.until("the burst", () => completed(scene) === 1);
    pair.client.writeAndFlush(ByteBuf.from("two"));
    await scene.settle();
    same("Off", scene.textOf(pair.childSide), "one");
    pair.child.autoRead = true;
    await scene.until("the rest", () => scene.textOf(pair.childSide) === "onetwo");
  },

  "a torn frame asks for the rest of itself, and for no more": async (scene) => {
    const pair = await scene.pair({ childOptions: UNASKED, childHandlers: [new LengthByteDecoder()] });
    const frames = pair.child.messages();
    const frame = LengthByteDecoder.frame("torn").toUint8Array();
    pair.child.read();
    for (const byte of frame) {
      await pair.client.writeAndFlush(ByteBuf.from(new Uint8Array([byte])));
      await scene.settle();
    }
    same("The frame", (await frames.next()).value, "torn");
    pair.client.writeAndFlush(LengthByteDecoder.frame("next"));
    const before = completed(scene);
    await scene.settle();
    same("Bursts nobody asked for", completed(scene) - before, 0);
    pair.child.read();
    same("The next one", (await frames.next()).value, "next");
  },

  "a trickle of single bytes arrives whole": async (scene) => {
    const pair = await scene.pair({ childHandlers: [new LengthByteDecoder()] });
    const frames = pair.child.messages();
    for (const text of ["drip", "", "drop", "x".repeat(100)]) {
      for (const byte of LengthByteDecoder.frame(text).toUint8Array()) {
        await pair.client.writeAndFlush(ByteBuf.from(new Uint8Array([byte])));
      }
      same("A frame", (await frames.next()).value, text);
    }
  },

  "everything that was sent arrives before the end": async (scene) => {
    const pair = await scene.pair();
    for (let i = 0; i < 100; i++) pair.client.writeAndFlush(ByteBuf.from(`${i},`));
    await pair.client.close();
    await pair.child.closed;
    same("Received", scene.textOf(pair.childSide), Array.from({ length: 100 }, (_, i) => `${i},`).join(""));
    same("After the last byte", scene.stepsOf("child").slice(-2), ["inactive", "removed"]);
    same("The cause", pair.child.closeCause, undefined);
  },

  "the end of input waits to be asked for, as input does": async (scene) => {
    const pair = await scene.pair({ childOptions: UNASKED });
    await pair.client.close();
    await scene.settle();
    holds("It is active", pair.child.isActive);
    pair.child.read();
    await pair.child.closed;
    same("The cause", pair.child.closeCause, undefined);
  },

  "nothing is read after a close, not even the rest of the burst": async (scene) => {
    const pair = await scene.pair({ childHandlers: [{ channelRead: (ctx) => ctx.close() }] });
    for (let i = 0; i < 10; i++) pair.client.writeAndFlush(ByteBuf.from("x")).addListener(() => {});
    await pair.child.closed;
    const { length } = pair.childSide.messages;
    holds("Something was read, once", length === 1);
    await scene.settle();
    same("Read since", pair.childSide.messages.length, length);
    await pair.client.closed;
  },

  "bytes a handler keeps are never written again": async (scene) => {
    const pair = await scene.pair();
    await scene.until("the pair", () => pair.child.isActive);
    let sent = "";
    for (let i = 0; i < 60; i++) {
      const text = String.fromCharCode(65 + (i % 26)).repeat(3000);
      sent += text;
      await pair.client.writeAndFlush(ByteBuf.from(text));
      await scene.until("it", () => receivedBytes(pair) === sent.length);
    }
    same("Kept, and looked at in the end", scene.textOf(pair.childSide) === sent, true);
  },
};

const UNASKED = [[ChannelOption.AUTO_READ, false]] as const;

function reads(scene: TransportScene): string[] {
  return scene.stepsOf("child").filter((step) => /^read[C ]/.test(step));
}

function completed(scene: TransportScene): number {
  return reads(scene).filter((step) => step === "readComplete").length;
}

function receivedBytes({ childSide }: Pair): number {
  return childSide.messages.reduce<number>((sum, bytes) => sum + (bytes as ByteBuf).readableBytes, 0);
}
