/**
 * Where the two ends of a TCP socket are, found out at once: a connection that has been reset could not tell any more.
 *
 * Asked of the socket's handle, because the socket itself would keep what it has said: two objects and two strings, 190
 * bytes, for each connection. A server's own address is the same for nearly all of its connections, so they share it.
 */
import type { Socket } from "node:net";
import type { InetAddress } from "@sluice/core";
import type { SocketAddresses } from "./socket-kind.js";

export function addressesOf(socket: Socket): SocketAddresses {
  const { _handle: handle } = socket as unknown as { _handle: Partial<Handle> | null };
  if (typeof handle?.getsockname !== "function" || typeof handle.getpeername !== "function") return askedOf(socket);
  const local: Answer = {};
  const remote: Answer = {};
  handle.getsockname(local);
  handle.getpeername(remote);
  return { localAddress: shared(addressOf(local)), remoteAddress: addressOf(remote) };
}

/** Of a Node.js whose handles cannot be asked. */
function askedOf(socket: Socket): SocketAddresses {
  const { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily } = socket;
  return {
    localAddress: addressOf({ address: localAddress, port: localPort, family: localFamily }),
    remoteAddress: addressOf({ address: remoteAddress, port: remotePort, family: remoteFamily }),
  };
}

function addressOf({ address, port, family }: Answer): InetAddress | undefined {
  if (address === undefined || port === undefined) return undefined;
  return { host: address, port, family: family as "IPv4" | "IPv6" };
}

function shared(address: InetAddress | undefined): InetAddress | undefined {
  if (address === undefined) return undefined;
  if (latest?.host === address.host && latest.port === address.port) return latest;
  latest = Object.freeze(address);
  return latest;
}

let latest: InetAddress | undefined;

/** What Node's own sockets ask. Fills in nothing when the system does not know. */
interface Handle {
  getsockname(answer: Answer): number;
  getpeername(answer: Answer): number;
}

interface Answer {
  address?: string | undefined;
  port?: number | undefined;
  family?: string | undefined;
}
