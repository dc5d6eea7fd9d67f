/** The IP address a connection comes from; undefined for Unix sockets, local channels, and peers that have gone already. */
import type { Channel } from "@sluice/core";
import { IpAddress } from "./ip-address.js";

export function peerAddress(connection: Channel): IpAddress | undefined {
  const address = connection.remoteAddress;
  return address !== undefined && "host" in address ? IpAddress.parse(address.host) : undefined;
}
