import {
  Bootstrap,
  type ByteBuf,
  type Channel,
  type ChannelPipeline,
  type DatagramPacket,
  DatagramPacketDecoder,
  DatagramPacketEncoder,
  JsonCodec,
  udp,
} from "sluice";

export type Query = { id: number; sensor: string };
export type Reply = { id: number; value: number };

const readings: Record<string, number> = { kitchen: 21.5, cellar: 8 };

type Packets = ChannelPipeline<DatagramPacket<ByteBuf>, DatagramPacket<ByteBuf>>;

const pipeline = (p: Packets) =>
  p
    .addLast(new DatagramPacketDecoder(new JsonCodec<Query>()))
    .addLast(new DatagramPacketEncoder(new JsonCodec<unknown, Reply>()))
    .addLast({
      channelRead(ctx, packet) {
        const { id, sensor } = packet.content;
        ctx.writeAndFlush(packet.reply({ id, value: readings[sensor] ?? Number.NaN }));
      },
      exceptionCaught(_ctx, error) {
        console.log(`ignored: ${error.message}`);
      },
    });

/** Anybody may ask: one channel serves them all. */
export function startService(): Promise<Channel> {
  return new Bootstrap().transport(udp()).handler(pipeline).bind({ host: "127.0.0.1", port: 0 });
}
