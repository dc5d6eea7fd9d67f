/** The rule of large transfers: as much as one likes, with as little memory as was promised. */
import { ByteBuf, type Channel, ChannelOption } from "@sluice/core";
import { holds, same } from "./claims.js";
import { type Cases, pause } from "./scene.js";
import type { TransportScene } from "./transport-scene.js";

export const BULK_CASES: Cases<TransportScene> = {
  "a large transfer to a slow reader arrives whole, and little of it is ever under way": async (scene) => {
    const {
      bulkBytes = 256 * 1024 * 1024,
      maxBytesUnderWay = 16 * 1024 * 1024,
      maxBurstBytes = 65_536,
    } = scene.contract;
    const total = Math.ceil(bulkBytes / PIECE) * PIECE;
    const reader = new SlowReader();
    const { client, child } = await scene.pair({ childOptions: [[ChannelOption.AUTO_READ, false]] });
    // The recorders would keep all of it.
    for (const channel of [client, child]) channel.pipeline.remove(channel.pipeline.names()[0] as string);
    child.pipeline.addLast(reader.handler);
    let handedOver = 0;
    let mostQueued = 0;
    let mostUnderWay = 0;
    const sending = (async () => {
      for (let sent = 0; sent < total; sent += PIECE) {
        await client.send(ByteBuf.from(PATTERN.subarray(0, PIECE)));
        handedOver = sent + PIECE;
        mostQueued = Math.max(mostQueued, client.engine.queue.pendingBytes);
        mostUnderWay = Math.max(mostUnderWay, handedOver - reader.received);
      }
    })();
    const reading = reader.read(child, total);
    await Promise.all([sending, reading]);
    same("Received, as it was sent", [reader.received, reader.isIntact], [total, true]);
    holds(`${reader.mostInBurst} bytes in a burst are at most ${maxBurstBytes}`, reader.mostInBurst <= maxBurstBytes);
    holds(`${mostQueued} bytes in the queue are few`, mostQueued <= 65_536 + PIECE + 96);
    if (scene.contract.differences?.noBackPressure) return;
    holds(`${mostUnderWay} bytes under way are at most ${maxBytesUnderWay}`, mostUnderWay <= maxBytesUnderWay);
  },
};

/** Reads burst by burst, and rests now and then. */
class SlowReader {
  received = 0;
  isIntact = true;
  mostInBurst = 0;
  #burst = 0;
  #wake: (() => void) | undefined;

  readonly handler = {
    channelRead: (_ctx: unknown, bytes: ByteBuf): void => this.#take(bytes.asUint8Array()),
    channelReadComplete: (): void => {
      this.mostInBurst = Math.max(this.mostInBurst, this.#burst);
      this.#burst = 0;
      this.#wake?.();
    },
  };

  async read(channel: Channel, total: number): Promise<void> {
    for (let bursts = 1; this.received < total; bursts++) {
      const burst = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      channel.read();
      await burst;
      if (bursts % BURSTS_BETWEEN_RESTS === 0) await pause();
    }
  }

  #take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += SAMPLE) {
      this.isIntact &&= bytes[at] === PATTERN[(this.received + at) % PIECE];
    }
    this.#burst += bytes.length;
    this.received += bytes.length;
  }
}

/** A prime, so that no stretch of a piece is like another. */
const PERIOD = 251;
const PIECE = PERIOD * 256;
const PATTERN = new Uint8Array(PIECE).map((_, i) => (i % PERIOD) ^ (i >> 8));
/** Every so many bytes one is compared. */
const SAMPLE = 61;
const BURSTS_BETWEEN_RESTS = 16;
