/**
 * From bytes to messages and back.
 *
 * A stream has no messages: what one side wrote in one piece arrives in two, or two in one. A frame decoder cuts it, a
 * message codec gives the frames a meaning, and on the way out the same in reverse:
 *
 * ```
 *                ┌──────────────────────────────┐ frames ┌───────────┐ values
 *   bytes ─────▶ │ LengthFieldBasedFrameDecoder │ ─────▶ │ JsonCodec │ ─────▶ application
 *   bytes ◀───── │ LengthFieldPrepender         │ ◀───── │           │ ◀─────
 *                └──────────────────────────────┘        └───────────┘
 * ```
 *
 * Choose the frame decoder by how the protocol tells where a frame ends:
 *
 * | the end is told by | decoder | encoder |
 * |---|---|---|
 * | a length in front | {@link LengthFieldBasedFrameDecoder} | {@link LengthFieldPrepender} |
 * | a protobuf varint in front | {@link ProtobufVarint32FrameDecoder} | {@link ProtobufVarint32LengthFieldPrepender} |
 * | an end of line | {@link LineBasedFrameDecoder} | {@link LineEncoder} |
 * | other delimiters | {@link DelimiterBasedFrameDecoder} | |
 * | a byte that occurs nowhere else, others being replaced | {@link CobsFrameDecoder}, {@link SlipFrameDecoder} | {@link CobsFrameEncoder}, {@link SlipFrameEncoder} |
 * | balanced brackets | {@link JsonObjectDecoder} | {@link JsonCodec} |
 * | the end of the stream | {@link CloseDelimitedFrameDecoder} | |
 * | nothing: all are as long | {@link FixedLengthFrameDecoder} | {@link FixedLengthFrameEncoder} |
 *
 * Or write one: {@link ByteToMessageDecoder} asks for a method that looks at the beginning of some bytes, and takes care of
 * the rest. Behind the frames come {@link StringDecoder}, {@link JsonCodec}, or what you derive from
 * {@link MessageToMessageDecoder}; towards the network {@link MessageToByteEncoder} and {@link MessageToMessageEncoder}.
 * {@link Base64Decoder} and {@link Base64Encoder} change the bytes of a frame, {@link MessageAggregator} puts messages together
 * that come in parts, {@link DatagramPacketDecoder} and {@link DatagramPacketEncoder} apply all these to datagrams.
 *
 * Without a channel: {@link FrameReader} runs decoders over chunks from anywhere, {@link FrameTransformer} in Web Streams.
 *
 * What all of them promise: the same messages and errors however the bytes were cut; every byte looked at and copied a
 * constant number of times; a limit on everything that is kept, with an error that says so; frames that stay valid as
 * long as somebody holds them.
 */
export { FrameReader, type FrameReaderDecoder, type FrameReaderOptions } from "@sluice/core/embedded";
export { Base64Decoder, type Base64DecoderOptions } from "./base64-decoder.js";
export type { Base64Dialect } from "./base64-dialect.js";
export { Base64Encoder, type Base64EncoderOptions } from "./base64-encoder.js";
export { ByteToMessageCodec } from "./byte-to-message-codec.js";
export { ByteToMessageDecoder } from "./byte-to-message-decoder.js";
export type { ByteToMessageDecoderOptions } from "./byte-to-message-decoder-options.js";
export { CloseDelimitedFrameDecoder, type CloseDelimitedFrameDecoderOptions } from "./close-delimited-frame-decoder.js";
export { CobsFrameDecoder, type CobsFrameDecoderOptions } from "./cobs-frame-decoder.js";
export { CobsFrameEncoder } from "./cobs-frame-encoder.js";
export { DatagramPacketDecoder, type PacketContentDecoder } from "./datagram-packet-decoder.js";
export { DatagramPacketEncoder, type PacketContentEncoder } from "./datagram-packet-encoder.js";
export type { Decoded } from "./decoded.js";
export type { DecoderOptions } from "./decoder-options.js";
export { DelimiterBasedFrameDecoder, type DelimiterBasedFrameDecoderOptions } from "./delimiter-based-frame-decoder.js";
export { FixedLengthFrameDecoder, type FixedLengthFrameDecoderOptions } from "./fixed-length-frame-decoder.js";
export { FixedLengthFrameEncoder, type FixedLengthFrameEncoderOptions } from "./fixed-length-frame-encoder.js";
export { type FrameController, FrameTransformer, type FrameTransformerOptions } from "./frame-transformer.js";
export { JsonCodec, type JsonCodecOptions } from "./json-codec.js";
export { JsonObjectDecoder, type JsonObjectDecoderOptions } from "./json-object-decoder.js";
export type { ByteOrder, LengthFieldLength } from "./length-field.js";
export {
  LengthFieldBasedFrameDecoder,
  type LengthFieldBasedFrameDecoderOptions,
} from "./length-field-based-frame-decoder.js";
export { LengthFieldPrepender, type LengthFieldPrependerOptions } from "./length-field-prepender.js";
export { LineBasedFrameDecoder, type LineBasedFrameDecoderOptions } from "./line-based-frame-decoder.js";
export { LineEncoder, type LineEncoderOptions } from "./line-encoder.js";
export { MessageAggregator, type MessageAggregatorOptions } from "./message-aggregator.js";
export type { MessageSink } from "./message-sink.js";
export { HEAD_ROOM, MAX_ENCODED_LENGTH, MessageToByteEncoder } from "./message-to-byte-encoder.js";
export { MessageToMessageCodec } from "./message-to-message-codec.js";
export { MessageToMessageDecoder } from "./message-to-message-decoder.js";
export { MessageToMessageEncoder } from "./message-to-message-encoder.js";
export {
  ProtobufVarint32FrameDecoder,
  type ProtobufVarint32FrameDecoderOptions,
} from "./protobuf-varint32-frame-decoder.js";
export { ProtobufVarint32LengthFieldPrepender } from "./protobuf-varint32-length-field-prepender.js";
export { SlipFrameDecoder, type SlipFrameDecoderOptions } from "./slip-frame-decoder.js";
export { SlipFrameEncoder, type SlipFrameEncoderOptions } from "./slip-frame-encoder.js";
export { StringDecoder, type StringDecoderOptions } from "./string-decoder.js";
export { StringEncoder, type StringEncoderOptions } from "./string-encoder.js";
