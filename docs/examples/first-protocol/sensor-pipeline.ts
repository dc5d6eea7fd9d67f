import { type ByteBuf, type ChannelPipeline, LengthFieldBasedFrameDecoder, LengthFieldPrepender } from "sluice";
import { SensorCodec, type SensorMessage } from "./sensor-codec.js";

export function sensorPipeline(p: ChannelPipeline<ByteBuf, ByteBuf>): ChannelPipeline<SensorMessage, SensorMessage> {
  return p
    .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 2, initialBytesToStrip: 2, maxFrameLength: 1024 }))
    .addLast(new LengthFieldPrepender({ lengthFieldLength: 2 }))
    .addLast(new SensorCodec());
}
