/**
 * Finds the address to send to. An address stands for itself and is there at once, which Node's own lookup would put off
 * to a later job; a name is looked up by the system.
 */
import type { SocketOptions } from "node:dgram";
import { lookup } from "node:dns";
import { isIP } from "node:net";

/** What `node:dgram` asks. */
type Lookup = NonNullable<SocketOptions["lookup"]>;

/** @param mapsIPv4 Whether the IPv6 socket reaches IPv4 addresses as well. */
export function lookupFor(family: "IPv4" | "IPv6", mapsIPv4: boolean): Lookup {
  const own = family === "IPv4" ? 4 : 6;
  return (host, how, tell) => {
    const version = isIP(host);
    if (version === own) tell(null, host, version);
    else if (version === 4 && mapsIPv4) tell(null, `::ffff:${host}`, own);
    else if (version !== 0) tell(wrongFamily(host, family), "", own);
    else
      lookup(host, how as { family: number }, (error, address, found) =>
        tell(error, address as string, found as number),
      );
  };
}

function wrongFamily(host: string, family: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${host} is no address of an ${family} socket`), { code: "EAFNOSUPPORT" });
}
