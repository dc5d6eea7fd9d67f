/**
 * Two hosts of their own, joined by one cable, made of network namespaces and a veth pair:
 *
 * ```
 *   ┌─ sluice-<pid>-server ─┐                     ┌─ sluice-<pid>-client ─┐
 *   │ 192.0.2.1    cable ───┼───── veth pair ─────┼─── cable    192.0.2.2 │
 *   └───────────────────────┘                     └───────────────────────┘
 * ```
 *
 * What is done to the cable is what happens to real ones, as far as every kernel can do it: a link that goes down, and
 * a direction whose frames are addressed to nobody. Packet filters and netem would do more and are not everywhere.
 */
import { spawnSync } from "node:child_process";

export type Side = "server" | "client";

/** Addresses that are reserved for examples: no route of the machine leads there. */
const ADDRESSES: Record<Side, string> = { server: "192.0.2.1", client: "192.0.2.2" };
/** No interface has this link address. */
const NOBODY = "02:00:00:00:00:99";

export class NamespacePair implements Disposable {
  readonly #linkAddresses: Record<Side, string>;

  private constructor() {
    // Of a process that had our number and was not let finish.
    removeAll();
    for (const side of SIDES) ip("netns", "add", namespace(side));
    ip(
      ...["link", "add", "cable", "netns", namespace("server"), "type", "veth"],
      ...["peer", "name", "cable", "netns", namespace("client")],
    );
    for (const side of SIDES) {
      at(side, "address", "add", `${ADDRESSES[side]}/24`, "dev", "cable");
      this.#set(side, "up");
    }
    this.#linkAddresses = { server: linkAddress("server"), client: linkAddress("client") };
  }

  /** @returns why there can be none here */
  static create(): NamespacePair | string {
    if (process.platform !== "linux") return "network namespaces exist on Linux only";
    if (process.getuid?.() !== 0) return "network namespaces need root";
    if (spawnSync("ip", ["-V"]).status !== 0) return "ip is missing";
    try {
      return new NamespacePair();
    } catch (error) {
      removeAll();
      return `network namespaces cannot be made here: ${(error as Error).message}`;
    }
  }

  /** A command line that runs `command` on one side. */
  static on(side: Side, command: readonly string[]): readonly [string, ...string[]] {
    return ["ip", "netns", "exec", namespace(side), ...command];
  }

  address(side: Side): string {
    return ADDRESSES[side];
  }

  /** Nothing passes any more; the side it is pulled from sees its interface go down, the other its carrier. */
  pull(from: Side): void {
    this.#set(from, "down");
  }

  /** What `from` sends reaches nobody; it goes on hearing the other side. */
  mute(from: Side): void {
    this.#address(from, NOBODY);
  }

  /** Undoes whatever was done. */
  mend(): void {
    for (const side of SIDES) {
      this.#set(side, "up");
      this.#address(side, this.#linkAddresses[other(side)]);
    }
  }

  [Symbol.dispose](): void {
    removeAll();
  }

  #set(side: Side, state: "up" | "down"): void {
    at(side, "link", "set", "dev", "cable", state);
  }

  #address(from: Side, linkAddress: string): void {
    at(from, "neigh", "replace", ADDRESSES[other(from)], "lladdr", linkAddress, "nud", "permanent", "dev", "cable");
  }
}

export function other(side: Side): Side {
  return side === "server" ? "client" : "server";
}

export const SIDES: readonly Side[] = ["server", "client"];

function namespace(side: Side): string {
  return `sluice-${process.pid}-${side}`;
}

/** The cable goes with the namespaces. */
function removeAll(): void {
  for (const side of SIDES) spawnSync("ip", ["netns", "delete", namespace(side)]);
}

function linkAddress(side: Side): string {
  const [link] = JSON.parse(at(side, "-json", "link", "show", "dev", "cable")) as [{ address: string }];
  return link.address;
}

function at(side: Side, ...args: readonly string[]): string {
  return ip("-netns", namespace(side), ...args);
}

function ip(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr.trim()}`);
  return stdout;
}
