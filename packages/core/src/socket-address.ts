/** Where a socket is: an Internet address, a path (Unix socket, named pipe) or a name in this process. */
export type SocketAddress = InetAddress | PathAddress | LocalAddress;

/** An IP address, or a name that resolves to one, and a port. */
export interface InetAddress {
  readonly host: string;
  readonly port: number;
  readonly family?: "IPv4" | "IPv6";
}

/** A Unix domain socket's file, or a Windows named pipe. */
export interface PathAddress {
  readonly path: string;
}

/** The name of a server inside this process. */
export interface LocalAddress {
  readonly local: string;
}

/** Writes an address the way people do: `127.0.0.1:80`, `[::1]:80`, `/run/x.sock`, `local:name`. */
export function formatAddress(address: SocketAddress | undefined): string {
  if (address === undefined) return "unknown";
  if ("path" in address) return address.path;
  if ("local" in address) return `local:${address.local}`;
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
