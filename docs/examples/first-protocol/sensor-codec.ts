import {
  ByteBuf,
  type ChannelHandlerContext,
  HEAD_ROOM,
  type MessageSink,
  MessageToMessageCodec,
  SluiceError,
} from "sluice";

/** What sensors say: their name once, then what they measure. */
export type SensorMessage =
  | { readonly kind: "name"; readonly sensor: number; readonly name: string }
  | { readonly kind: "reading"; readonly sensor: number; readonly milli: number };

const NAME = 1;
const READING = 2;

export class SensorCodec extends MessageToMessageCodec<ByteBuf, SensorMessage, SensorMessage, ByteBuf> {
  protected override decode(_ctx: ChannelHandlerContext, frame: ByteBuf, out: MessageSink<SensorMessage>): void {
    const kind = frame.readUint8();
    const sensor = frame.readUint16();
    if (kind === NAME) out.push({ kind: "name", sensor, name: frame.readString(frame.readableBytes) });
    else if (kind === READING) out.push({ kind: "reading", sensor, milli: frame.readInt32() });
    else throw new SluiceError("FRAME_CORRUPTED", `there is no message of kind ${kind}`);
  }

  protected override encode(_ctx: ChannelHandlerContext, message: SensorMessage, out: MessageSink<ByteBuf>): void {
    const frame = ByteBuf.alloc(16, { headRoom: HEAD_ROOM, maxCapacity: 1024 });
    frame.writeUint8(message.kind === "name" ? NAME : READING).writeUint16(message.sensor);
    if (message.kind === "name") frame.writeString(message.name);
    else frame.writeInt32(message.milli);
    out.push(frame);
  }
}
