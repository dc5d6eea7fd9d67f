/**
 * Bounds how many connections are open at once, in all and from one address.
 *
 * ```
 *   accepted ──▶ open < maxConnections? ──▶ open from there < maxPerAddress? ──▶ on to its pipeline, counted until it closes
 *                      │ no                       │ no
 *                      └──────────────────────────┴──▶ TOO_MANY_CONNECTIONS, closed at once; ConnectionRefusedEvent
 * ```
 *
 * It belongs into the server's own pipeline, like {@link IpFilterHandler}, and behind it: what is rejected need not be
 * counted. A server has a bound of its own (`ChannelOption.MAX_CONNECTIONS`); this handler adds the bound per address, and
 * added to several servers it bounds them together.
 *
 * IPv4 peers count as IPv4 however the socket writes them. IPv6 peers count by their /64, because no site gets less
 * (RFC 6177): by single addresses one machine would be 2^64. Peers without an IP address (Unix sockets)
 * count towards the total only.
 *
 * Costs a table entry per address with open connections, and a listener per connection.
 *
 * @example
 * ```ts
 * new ServerBootstrap().handler((p) => p.addLast(new ConnectionLimitHandler({ maxConnections: 5000, maxPerAddress: 50 })));
 * ```
 */
import { SluiceError } from "@sluice/buffer";
import { type Channel, type ChannelHandlerContext, ChannelInboundHandler, refuseConnection } from "@sluice/core";
import type { IpAddress } from "./ip-address.js";
import { peerAddress } from "./peer-address.js";

export interface ConnectionLimitHandlerOptions {
  /** Open connections in all. @default 65 536 */
  readonly maxConnections?: number;
  /** Open connections from one address. Whole offices share an IPv4 address. @default maxConnections */
  readonly maxPerAddress?: number;
  /** Bits of an IPv6 address that make it one peer. @default 64 */
  readonly ipv6PrefixLength?: number;
}

export class ConnectionLimitHandler extends ChannelInboundHandler<Channel, Channel, never> {
  /** Servers that share it are bounded together. */
  override readonly sharable = true;
  readonly maxConnections: number;
  readonly maxPerAddress: number;
  readonly #ipv6PrefixLength: number;
  readonly #openFrom = new Map<bigint, number>();
  #open = 0;
  #refused = 0;

  /** @throws INVALID_ARGUMENT for a limit less than 1 */
  constructor(options: ConnectionLimitHandlerOptions = {}) {
    super();
    this.maxConnections = atLeastOne("maxConnections", options.maxConnections ?? DEFAULT_MAX_CONNECTIONS);
    this.maxPerAddress = atLeastOne("maxPerAddress", options.maxPerAddress ?? this.maxConnections);
    this.#ipv6PrefixLength = options.ipv6PrefixLength ?? 64;
    if (!(Number.isInteger(this.#ipv6PrefixLength) && this.#ipv6PrefixLength >= 1 && this.#ipv6PrefixLength <= 128)) {
      throw new SluiceError("INVALID_ARGUMENT", `ipv6PrefixLength must be 1 to 128, not ${this.#ipv6PrefixLength}`);
    }
  }

  /** Connections that passed here and are open. */
  get open(): number {
    return this.#open;
  }

  /** Addresses they come from. */
  get addresses(): number {
    return this.#openFrom.size;
  }

  get refused(): number {
    return this.#refused;
  }

  override channelRead(ctx: ChannelHandlerContext<Channel, never>, connection: Channel): void {
    // What is closing already takes no room.
    if (!connection.isOpen) return ctx.fireChannelRead(connection);
    if (this.#open >= this.maxConnections) {
      return this.#refuse(ctx, connection, `${this.#open} connections are open`, this.maxConnections);
    }
    const address = peerAddress(connection);
    const key = address === undefined ? undefined : this.#keyOf(address);
    const openFromThere = key === undefined ? 0 : (this.#openFrom.get(key) ?? 0);
    if (openFromThere >= this.maxPerAddress) {
      const detail = `${openFromThere} connections are open from this address`;
      return this.#refuse(ctx, connection, detail, this.maxPerAddress);
    }
    this.#open++;
    if (key !== undefined) this.#openFrom.set(key, openFromThere + 1);
    connection.onceOver(() => this.#closed(key));
    ctx.fireChannelRead(connection);
  }

  /** One number for all that count as one peer; those of IPv6 begin with an additional 1. */
  #keyOf(address: IpAddress): bigint {
    if (address.bits === 32) return address.value;
    return (1n << 128n) | address.prefix(this.#ipv6PrefixLength);
  }

  #refuse(ctx: ChannelHandlerContext<Channel, never>, connection: Channel, detail: string, limit: number): void {
    this.#refused++;
    refuseConnection(ctx, connection, new SluiceError("TOO_MANY_CONNECTIONS", detail, { limit }));
  }

  #closed(key: bigint | undefined): void {
    this.#open--;
    if (key === undefined) return;
    const left = (this.#openFrom.get(key) ?? 0) - 1;
    if (left > 0) this.#openFrom.set(key, left);
    else this.#openFrom.delete(key);
  }
}

function atLeastOne(name: string, value: number): number {
  if (value >= 1) return value;
  throw new SluiceError("INVALID_ARGUMENT", `${name} must be at least 1, not ${value}`, { limit: 1 });
}

/** The same as a server's own. */
const DEFAULT_MAX_CONNECTIONS = 65_536;
