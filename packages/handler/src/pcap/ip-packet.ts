/**
 * Writes IP packets, headers and all, with the checksums a receiver would check.
 *
 * ```
 *   IPv4 20 bytes │ TCP 20, with SYN 24 │ payload
 *   IPv6 40 bytes │ UDP 8               │
 * ```
 *
 * IPv4 packets may not be fragmented, so they need no identification (RFC 6864 §4.1).
 */
import { type ByteBuf, copyBytes } from "@sluice/buffer";
import type { Endpoint } from "./captured-route.js";
import { checksumOf, sumWords } from "./internet-checksum.js";

/** Part of a message: what one packet carries. */
export interface Payload {
  readonly array: Uint8Array;
  readonly from: number;
  readonly length: number;
}

/** What the TCP header of a packet says. */
export interface TcpFields {
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  /** Announced in packets with SYN. */
  readonly maxSegmentBytes: number;
}

export const TCP_FLAG = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16 } as const;

/** Bytes of the headers of a packet. */
export function headerBytes(isIPv6: boolean, protocol: "tcp" | "udp", flags = 0): number {
  const ip = isIPv6 ? 40 : 20;
  if (protocol === "udp") return ip + 8;
  return ip + (flags & TCP_FLAG.SYN ? 24 : 20);
}

export function writeTcpPacket(out: ByteBuf, from: Endpoint, to: Endpoint, fields: TcpFields, payload: Payload): void {
  const isSyn = (fields.flags & TCP_FLAG.SYN) !== 0;
  const length = (isSyn ? 24 : 20) + payload.length;
  writeIpHeader(out, from, to, TCP, length);
  const start = out.writerIndex;
  out.writeUint16(from.port).writeUint16(to.port).writeUint32(fields.sequence).writeUint32(fields.acknowledgement);
  out.writeUint8((isSyn ? 6 : 5) << 4).writeUint8(fields.flags);
  out.writeUint16(fields.flags & TCP_FLAG.RST ? 0 : WINDOW).writeUint32(0);
  if (isSyn) out.writeUint16(MSS_OPTION).writeUint16(fields.maxSegmentBytes);
  writePayload(out, payload);
  out.setUint16(start + 16, transportChecksum(out, start, from, to, TCP));
}

export function writeUdpPacket(out: ByteBuf, from: Endpoint, to: Endpoint, payload: Payload): void {
  const length = 8 + payload.length;
  writeIpHeader(out, from, to, UDP, length);
  const start = out.writerIndex;
  out.writeUint16(from.port).writeUint16(to.port).writeUint16(length).writeUint16(0);
  writePayload(out, payload);
  // Zero would mean that there is no checksum (RFC 768).
  out.setUint16(start + 6, transportChecksum(out, start, from, to, UDP) || 0xffff);
}

function writeIpHeader(out: ByteBuf, from: Endpoint, to: Endpoint, protocol: number, length: number): void {
  if (from.address.length === 16) {
    out.writeUint32(0x6000_0000).writeUint16(length).writeUint8(protocol).writeUint8(HOPS);
    out.writeBytes(from.address).writeBytes(to.address);
    return;
  }
  const start = out.writerIndex;
  out
    .writeUint16(0x4500)
    .writeUint16(20 + length)
    .writeUint16(0)
    .writeUint16(DO_NOT_FRAGMENT);
  out.writeUint8(HOPS).writeUint8(protocol).writeUint16(0).writeBytes(from.address).writeBytes(to.address);
  const at = out.arrayOffset + start;
  out.setUint16(start + 10, checksumOf(sumWords(0, out.array, at, at + 20)));
}

function writePayload(out: ByteBuf, { array, from, length }: Payload): void {
  const at = out.writerIndex;
  out.writerIndex = at + length;
  copyBytes(array, from, out.array, out.arrayOffset + at, length);
}

/** Over the pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1) and everything from `start` on. */
function transportChecksum(out: ByteBuf, start: number, from: Endpoint, to: Endpoint, protocol: number): number {
  const length = out.writerIndex - start;
  let sum = protocol + length;
  sum = sumWords(sum, from.address, 0, from.address.length);
  sum = sumWords(sum, to.address, 0, to.address.length);
  const at = out.arrayOffset + start;
  return checksumOf(sumWords(sum, out.array, at, at + length));
}

const TCP = 6;
const UDP = 17;
const HOPS = 64;
const DO_NOT_FRAGMENT = 0x4000;
/** Kind 2, length 4. */
const MSS_OPTION = 0x0204;
/** The largest without window scaling: nobody has more than half of it on the way, see tcp-conversation. */
const WINDOW = 65_535;
