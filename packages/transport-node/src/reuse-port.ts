/** SO_REUSEPORT of a listening socket, where this Node can set it: an older one takes the setting and does nothing. */
import type { ListenOptions } from "node:net";
import process from "node:process";
import { SluiceError } from "@sluice/buffer";

export interface ReusePortOptions {
  /** What becomes of it where it cannot be set. @default "refuse" */
  readonly ifUnsupported?: "refuse" | "ignore" | undefined;
  /** What it depends on. @default `process` */
  readonly host?: { readonly platform: string; readonly versions: { readonly node: string } };
}

/**
 * What to add to the options of `listen`.
 *
 * @throws SluiceError `OPTION_UNSUPPORTED` where Node or the system has no such thing
 */
export function reusePort(value: boolean, { ifUnsupported, host = process }: ReusePortOptions = {}): ListenOptions {
  if (!value) return {};
  // The types are those of the oldest Node.
  if (hasReusePort(host)) return { reusePort: true } as ListenOptions;
  if (ifUnsupported === "ignore") return {};
  throw new SluiceError("OPTION_UNSUPPORTED", "SO_REUSEPORT needs Node.js 22.12 and a system that balances with it");
}

/** By version, because trying proves nothing: one that does not know the setting listens all the same. */
function hasReusePort({ platform, versions }: NonNullable<ReusePortOptions["host"]>): boolean {
  const [major = 0, minor = 0] = versions.node.split(".").map(Number);
  const known = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
  return known && BALANCING.has(platform);
}

/** Where libuv lets it through. Elsewhere the option either does not exist or gives everything to one socket. */
const BALANCING: ReadonlySet<string> = new Set(["linux", "android", "freebsd", "aix", "sunos"]);
