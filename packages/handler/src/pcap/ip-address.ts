/**
 * The bytes of an IP address: four or sixteen.
 *
 * An IPv4 address that a socket for both families shows as `::ffff:10.0.0.1` is IPv4 on the wire, and is so here.
 */

/** Undefined for what is no IP address, such as a host name. A zone (`%eth0`) is left out: packets have none. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  if (!text.includes(":")) return parseIPv4(text);
  const bytes = parseIPv6(text.split("%", 1)[0] as string);
  return bytes !== undefined && isMapped(bytes) ? bytes.subarray(12) : bytes;
}

/** The same address in sixteen bytes. */
export function asIPv6(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 16) return bytes;
  const mapped = new Uint8Array(16);
  mapped.set([0xff, 0xff, ...bytes], 10);
  return mapped;
}

/** `0.0.0.0` and `::`. */
export function isWildcard(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function parseIPv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return undefined;
  return Uint8Array.from(parts, Number);
}

function parseIPv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = words(halves[0] as string, halves.length === 1);
  const tail = halves.length === 2 ? words(halves[1] as string, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}

/** The 16-bit words of one side of `::`; the last two of an address may be written as IPv4. */
function words(text: string, isLast: boolean): number[] | undefined {
  if (text === "") return [];
  const found: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) found.push(Number.parseInt(part, 16));
    else {
      const [a, b, c, d] = (isLast && index === parts.length - 1 && parseIPv4(part)) || [];
      if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
      found.push((a << 8) | b, (c << 8) | d);
    }
  }
  return found;
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}
