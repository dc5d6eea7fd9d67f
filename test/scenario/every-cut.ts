/** How the documentation tests a protocol: on the pipeline alone, cut at every place. */

import { ByteBuf } from "@sluice/core";
import { EmbeddedChannel } from "@sluice/core/embedded";
import type { SensorMessage } from "../../docs/examples/first-protocol/sensor-codec.js";
import { sensorPipeline } from "../../docs/examples/first-protocol/sensor-pipeline.js";

/** What the messages look like on the wire. */
export function encoded(messages: readonly SensorMessage[]): ByteBuf {
  const channel = new EmbeddedChannel();
  sensorPipeline(channel.pipeline);
  channel.writeOutbound(...messages);
  return ByteBuf.concat(channel.finish().outbound as ByteBuf[]);
}

/** What comes out when the bytes arrive in two pieces, for every place where they can be cut. */
export function decodedAtEveryCut(bytes: ByteBuf): SensorMessage[][] {
  return Array.from({ length: bytes.readableBytes + 1 }, (_, cut) => {
    const channel = new EmbeddedChannel();
    sensorPipeline(channel.pipeline);
    channel.writeInbound(bytes.slice(0, cut), bytes.slice(cut));
    return channel.finish().inbound as SensorMessage[];
  });
}
