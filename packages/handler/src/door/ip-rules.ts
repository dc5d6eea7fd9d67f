/**
 * A list of rules over IP prefixes, made fast: which is the first that an address matches?
 *
 * ```
 *   rules   0: 10.0.0.0/8   1: 10.1.0.0/16   2: 10.9.0.0/16   3: 2001:db8::/32
 *   tables  /8: {10 → 0}    /16: {10.1 → 1, 10.9 → 2}         /32: {2001:db8 → 3}
 * ```
 *
 * One table for each prefix length that occurs, so a look costs as many lookups as there are lengths (for IPv4 33 at
 * most), however many rules there are; a table none of whose rules is earlier than one that matched is not asked.
 */
import { SluiceError } from "@sluice/buffer";
import { IpAddress } from "./ip-address.js";

/** What happens to a connection from an address. */
export type IpFilterAction = "accept" | "reject";

/** One line of a filter. */
export interface IpFilterRule {
  readonly action: IpFilterAction;
  /**
   * `10.0.0.0/8`, `2001:db8::/32`, or a single address. Bits behind the prefix do not count. IPv4 rules are for IPv4
   * peers, whichever way the socket writes them, and IPv6 rules for all others: `::/0` is every IPv6 peer.
   */
  readonly cidr: string;
}

export class IpRules {
  readonly rules: readonly IpFilterRule[];
  readonly #tables = new Map<number, PrefixTable[]>();

  /** @throws INVALID_ARGUMENT for a rule that cannot be read */
  constructor(rules: readonly IpFilterRule[]) {
    this.rules = [...rules];
    for (const [index, { action, cidr }] of this.rules.entries()) {
      if (action !== "accept" && action !== "reject") {
        throw new SluiceError("INVALID_ARGUMENT", `a filter may accept or reject, not ${String(action)}`);
      }
      this.#add(cidr, index);
    }
  }

  /** What the first matching rule says; undefined when none matches. */
  match(address: IpAddress): IpFilterAction | undefined {
    let first = this.rules.length;
    for (const { length, earliest, byPrefix } of this.#tables.get(address.bits) ?? []) {
      // The tables stand in the order of their earliest rules.
      if (earliest > first) break;
      const index = byPrefix.get(address.prefix(length));
      if (index !== undefined && index < first) first = index;
    }
    return this.rules[first]?.action;
  }

  #add(cidr: string, index: number): void {
    const { address, length } = parsePrefix(cidr);
    const tables = this.#tables.get(address.bits) ?? [];
    this.#tables.set(address.bits, tables);
    let table = tables.find((candidate) => candidate.length === length);
    if (table === undefined) {
      table = { length, earliest: index, byPrefix: new Map() };
      tables.push(table);
    }
    const prefix = address.prefix(length);
    if (!table.byPrefix.has(prefix)) table.byPrefix.set(prefix, index);
  }
}

interface PrefixTable {
  readonly length: number;
  readonly earliest: number;
  readonly byPrefix: Map<bigint, number>;
}

function parsePrefix(cidr: string): { address: IpAddress; length: number } {
  const [text = "", suffix, ...more] = cidr.split("/");
  const address = text.includes("%") ? undefined : IpAddress.parse(text);
  if (address === undefined || more.length > 0) throw unreadable(cidr);
  if (suffix === undefined) return { address, length: address.bits };
  if (!/^(?:0|[1-9]\d{0,2})$/.test(suffix)) throw unreadable(cidr);
  const mapped = address.bits === 32 && text.includes(":");
  const length = Number(suffix) - (mapped ? 96 : 0);
  if (length >= 0 && length <= address.bits) return { address, length };
  // More than the mapped addresses: a prefix of IPv6 like any other.
  if (mapped && length < 0)
    return { address: new IpAddress(128, (0xffffn << 32n) | address.value), length: length + 96 };
  throw unreadable(cidr);
}

function unreadable(cidr: string): SluiceError {
  return new SluiceError("INVALID_ARGUMENT", `"${cidr}" is not an IP address or prefix`);
}
