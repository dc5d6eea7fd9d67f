/**
 * The blocks of a pcapng file (draft-ietf-opsawg-pcapng), big-endian.
 *
 * ```
 *   section header │ interface: raw IP, microseconds │ packet │ packet │ …
 *
 *   packet   type 6 │ length │ interface 0 │ time, 64 bits │ captured │ original │ bytes, padded │ options │ length
 * ```
 *
 * Raw IP (link type 101) needs no invented hardware addresses, and one interface serves both families.
 */
import { ByteBuf } from "@sluice/buffer";

/** What every file begins with. */
export function fileHeader(interfaceName: string): ByteBuf {
  const header = ByteBuf.alloc(256, { maxCapacity: 1 << 17 });
  block(header, SECTION_HEADER, () => {
    header.writeUint32(BYTE_ORDER).writeUint16(1).writeUint16(0).writeUint32(0xffff_ffff).writeUint32(0xffff_ffff);
    option(header, USER_APPLICATION, ByteBuf.from("Sluice"));
    header.writeUint32(0);
  });
  block(header, INTERFACE_DESCRIPTION, () => {
    header.writeUint16(LINK_TYPE_RAW).writeUint16(0).writeUint32(LARGEST_PACKET);
    option(header, INTERFACE_NAME, ByteBuf.from(interfaceName));
    option(header, TIME_RESOLUTION, ByteBuf.from(Uint8Array.of(MICROSECONDS)));
    header.writeUint32(0);
  });
  return header;
}

/** Bytes of the block around a packet of `length` bytes. */
export function packetBlockBytes(length: number, comment: ByteBuf | undefined): number {
  return 32 + padded(length) + (comment === undefined ? 0 : 8 + padded(comment.readableBytes));
}

/**
 * Begins a block; exactly `length` bytes of a packet have to follow.
 *
 * @param timeMs Milliseconds since 1970; fractions count down to a microsecond.
 */
export function startPacketBlock(out: ByteBuf, timeMs: number, length: number, comment: ByteBuf | undefined): void {
  const microseconds = Math.round(timeMs * 1000);
  out.writeUint32(ENHANCED_PACKET).writeUint32(packetBlockBytes(length, comment)).writeUint32(0);
  out.writeUint32(Math.floor(microseconds / 2 ** 32)).writeUint32(microseconds % 2 ** 32);
  out.writeUint32(length).writeUint32(length);
}

export function endPacketBlock(out: ByteBuf, length: number, comment: ByteBuf | undefined): void {
  pad(out, length);
  if (comment !== undefined) {
    option(out, COMMENT, comment);
    out.writeUint32(0);
  }
  out.writeUint32(packetBlockBytes(length, comment));
}

function block(out: ByteBuf, type: number, writeBody: () => void): void {
  const start = out.writerIndex;
  out.writeUint32(type).writeUint32(0);
  writeBody();
  const total = out.writerIndex - start + 4;
  out.setUint32(start + 4, total);
  out.writeUint32(total);
}

function option(out: ByteBuf, code: number, value: ByteBuf): void {
  const length = value.readableBytes;
  out.writeUint16(code).writeUint16(length).writeBytes(value.duplicate());
  pad(out, length);
}

function pad(out: ByteBuf, length: number): void {
  for (let i = length; i < padded(length); i++) out.writeUint8(0);
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

const SECTION_HEADER = 0x0a0d_0d0a;
const BYTE_ORDER = 0x1a2b_3c4d;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const LINK_TYPE_RAW = 101;
const LARGEST_PACKET = 65_575;

const COMMENT = 1;
const USER_APPLICATION = 4;
const INTERFACE_NAME = 2;
const TIME_RESOLUTION = 9;
/** As a power of ten: what a `number` of milliseconds since 1970 still tells apart. */
const MICROSECONDS = 6;
