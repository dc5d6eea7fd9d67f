/**
 * Between which two IP addresses and ports the packets of a capture travel.
 *
 * A channel that has none, over a Unix socket or inside the process, gets some that nobody has: of 192.0.2.0/24, which
 * RFC 5737 keeps for documentation, with ports from the dynamic range, so that no dissector takes them for its own. They
 * follow from the channel's id: 192.0.2.1:49152 is the server, its clients differ for the first four million channels.
 */
import { formatAddress, type SocketAddress } from "@sluice/core";
import { asIPv6, isWildcard, parseIpAddress } from "./ip-address.js";

/** One end: four or sixteen bytes, and a port. */
export interface Endpoint {
  readonly address: Uint8Array;
  readonly port: number;
}

/** Two ends of one family. */
export interface CapturedRoute {
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

/** Whose packets they are. */
export interface RouteOwner {
  readonly channelId: number;
  /** Whether the channel is the server's end. */
  readonly isServer: boolean;
}

export function routeBetween(
  local: SocketAddress | undefined,
  remote: SocketAddress | undefined,
  owner: RouteOwner,
): CapturedRoute {
  const client = inventedClient(owner.channelId);
  const ours = endpointOf(local, owner.isServer ? INVENTED_SERVER : client);
  const theirs = endpointOf(remote, owner.isServer ? client : INVENTED_SERVER);
  if (ours.address.length === theirs.address.length) return { local: ours, remote: theirs };
  if (isWildcard(ours.address)) return { local: { ...ours, address: zeros(theirs) }, remote: theirs };
  if (isWildcard(theirs.address)) return { local: ours, remote: { ...theirs, address: zeros(ours) } };
  return { local: widened(ours), remote: widened(theirs) };
}

/** `channel 3, accepted: 127.0.0.1:80 → 127.0.0.1:5000` */
export function describeRoute(
  local: SocketAddress | undefined,
  remote: SocketAddress | undefined,
  owner: RouteOwner,
): string {
  const kind = owner.isServer ? ", accepted" : "";
  return `channel ${owner.channelId}${kind}: ${formatAddress(local)} → ${formatAddress(remote)}`.slice(0, LONGEST_TEXT);
}

/** A name that is no IP address keeps its port. */
function endpointOf(address: SocketAddress | undefined, invented: Endpoint): Endpoint {
  if (address === undefined || !("host" in address)) return invented;
  return { address: parseIpAddress(address.host) ?? invented.address, port: address.port };
}

/** "Any address", in the family of `other`. */
function zeros(other: Endpoint): Uint8Array {
  return new Uint8Array(other.address.length);
}

function widened({ address, port }: Endpoint): Endpoint {
  return { address: asIPv6(address), port };
}

function inventedClient(channelId: number): Endpoint {
  const lastByte = 2 + (Math.floor(channelId / CLIENT_PORTS) % CLIENT_ADDRESSES);
  return { address: Uint8Array.of(192, 0, 2, lastByte), port: SERVER_PORT + 1 + (channelId % CLIENT_PORTS) };
}

const SERVER_PORT = 49_152;
const CLIENT_PORTS = 65_535 - SERVER_PORT;
const CLIENT_ADDRESSES = 252;
const INVENTED_SERVER: Endpoint = { address: Uint8Array.of(192, 0, 2, 1), port: SERVER_PORT };
/** Names inside a process may be of any length; a comment has 16 bits for its own. */
const LONGEST_TEXT = 1_000;
