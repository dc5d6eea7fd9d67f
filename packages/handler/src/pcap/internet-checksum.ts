/**
 * The checksum of IP, TCP and UDP (RFC 1071): the complement of the one's complement sum of 16-bit words.
 *
 * Sums are gathered piece by piece. A piece of odd length ends with a zero byte, so only the last one may be odd.
 */

/** `sum` and the words of `array` between `from` and `to`. Exact for some 2^21 bytes: IP has 2^16. */
export function sumWords(sum: number, array: Uint8Array, from: number, to: number): number {
  let at = from;
  for (; at + 1 < to; at += 2) sum += ((array[at] as number) << 8) | (array[at + 1] as number);
  return at < to ? sum + ((array[at] as number) << 8) : sum;
}

/** What goes into the checksum field of what has been summed with that field zero. */
export function checksumOf(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}
