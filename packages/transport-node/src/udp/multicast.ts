/** Multicast groups of UDP channels. What such a channel sends to a group is set by the IP_MULTICAST options. */
import type { Socket } from "node:dgram";
import { SluiceError } from "@sluice/buffer";
import type { Channel } from "@sluice/core";
import { UdpConnection } from "./udp-connection.js";
import { settingError } from "./udp-errors.js";

/** Which group, and where. */
export interface GroupMembership {
  /** The group's address, such as `239.1.2.3` or `ff15::1`. */
  readonly group: string;
  /**
   * The interface: its address, for IPv6 `::%` and its name.
   * @default the system's choice
   */
  readonly interfaceAddress?: string;
  /** Take only what this sender sends to the group (source-specific multicast). */
  readonly source?: string;
}

/**
 * Makes a UDP channel a member of a multicast group: it receives what is sent to the group and the channel's port.
 *
 * Bind it to the port, with SO_REUSEADDR if others on this machine shall receive too; it leaves when it closes.
 *
 * @throws ADDRESS_UNAVAILABLE (no such interface), ADDRESS_IN_USE (a member already), INVALID_ARGUMENT (no group, or no
 * UDP channel), CHANNEL_NOT_ACTIVE
 *
 * @example
 * ```ts
 * joinGroup(channel, { group: "239.1.2.3", interfaceAddress: "127.0.0.1" });
 * ```
 */
export function joinGroup(channel: Channel, membership: GroupMembership): void {
  const { group, interfaceAddress, source } = membership;
  change(channel, `cannot join ${group}`, (socket) => {
    if (source === undefined) socket.addMembership(group, interfaceAddress);
    else socket.addSourceSpecificMembership(source, group, interfaceAddress);
  });
}

/** Ends a membership, described as it was when joining. @throws as {@link joinGroup}; ADDRESS_UNAVAILABLE if it is none */
export function leaveGroup(channel: Channel, membership: GroupMembership): void {
  const { group, interfaceAddress, source } = membership;
  change(channel, `cannot leave ${group}`, (socket) => {
    if (source === undefined) socket.dropMembership(group, interfaceAddress);
    else socket.dropSourceSpecificMembership(source, group, interfaceAddress);
  });
}

function change(channel: Channel, what: string, how: (socket: Socket) => void): void {
  const { end } = channel.engine;
  if (!(end instanceof UdpConnection)) throw new SluiceError("INVALID_ARGUMENT", "only UDP channels have groups");
  end.changeMembership((socket) => {
    try {
      how(socket);
    } catch (thrown) {
      throw settingError(thrown as NodeJS.ErrnoException, what);
    }
  });
}
