/**
 * An IP address as a number, so that addresses can be compared by prefix.
 *
 * ```
 *   "10.1.2.3"          ─▶  32 bits
 *   "::ffff:10.1.2.3"   ─▶  32 bits, the same: a dual-stack socket calls its IPv4 peers so (RFC 4291 §2.5.5.2)
 *   "2001:db8::1"       ─▶  128 bits
 * ```
 */

export class IpAddress {
  readonly bits: 32 | 128;
  readonly value: bigint;

  constructor(bits: 32 | 128, value: bigint) {
    this.bits = bits;
    this.value = value;
  }

  /** Undefined if `text` is not an address. Octets have no leading zeros; the zone of `fe80::1%eth0` is left out. */
  static parse(text: string): IpAddress | undefined {
    if (!text.includes(":")) {
      const value = parseIPv4(text);
      return value === undefined ? undefined : new IpAddress(32, value);
    }
    const zone = text.indexOf("%");
    const value = parseIPv6(zone < 0 ? text : text.slice(0, zone));
    if (value === undefined) return undefined;
    return value >> 32n === MAPPED_PREFIX ? new IpAddress(32, value & 0xffff_ffffn) : new IpAddress(128, value);
  }

  /** Its first `length` bits. */
  prefix(length: number): bigint {
    return this.value >> BigInt(this.bits - length);
  }
}

function parseIPv4(text: string): bigint | undefined {
  const octets = text.split(".");
  if (octets.length !== 4) return undefined;
  let value = 0;
  for (const octet of octets) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(octet) || Number(octet) > 255) return undefined;
    value = value * 256 + Number(octet);
  }
  return BigInt(value);
}

function parseIPv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const front = groups(halves[0] ?? "", halves.length === 1);
  const back = halves.length === 2 ? groups(halves[1] ?? "", true) : [];
  if (front === undefined || back === undefined) return undefined;
  const missing = 8 - front.length - back.length;
  // `::` stands for one group at least; without it all eight are there.
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...front, ...new Array<number>(missing).fill(0), ...back];
  return all.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

/** The 16-bit groups of one side of `::`; at the end of an address the last two may be written as IPv4. */
function groups(text: string, atEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const found: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (/^[\da-f]{1,4}$/i.test(part)) found.push(Number.parseInt(part, 16));
    else {
      const embedded = atEnd && i === parts.length - 1 ? parseIPv4(part) : undefined;
      if (embedded === undefined) return undefined;
      found.push(Number(embedded >> 16n), Number(embedded & 0xffffn));
    }
  }
  return found;
}

/** ::ffff:0:0/96 */
const MAPPED_PREFIX = 0xffffn;
