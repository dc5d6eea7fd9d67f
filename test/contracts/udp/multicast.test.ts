/** Multicast groups on the loopback interface. */

import { EmbeddedChannel } from "@sluice/core/embedded";
import { ChannelOption, joinGroup, leaveGroup } from "sluice";
import { describe, expect, it, type TestContext } from "vitest";
import { addressOf, bound, packet, texts } from "./loopback.js";

const GROUP = "239.255.77.77";
const LOOPBACK = "127.0.0.1";
const code = (code: string) => expect.objectContaining({ code });

describe("multicast", () => {
  it("reaches the members of a group, and nobody who has left it", async (context) => {
    const member = await joined(context);
    const sender = await bound((bootstrap) =>
      bootstrap
        .option(ChannelOption.IP_MULTICAST_IF, LOOPBACK)
        .option(ChannelOption.IP_MULTICAST_TTL, 1)
        .option(ChannelOption.IP_MULTICAST_LOOP, true),
    );
    const toGroup = (text: string) => sender.writeAndFlush(packet({ host: GROUP, port: addressOf(member).port }, text));
    try {
      await toGroup("to the group");
    } catch {
      context.skip("this machine sends no multicast");
    }
    expect(await texts(member, 1)).toEqual(["to the group"]);
    leaveGroup(member, { group: GROUP, interfaceAddress: LOOPBACK });
    await toGroup("not for you");
    await sender.writeAndFlush(packet({ host: LOOPBACK, port: addressOf(member).port }, "for you alone"));
    expect(await texts(member, 1)).toEqual(["for you alone"]);
  });

  it("reaches every member on one port", async (context) => {
    const first = await joined(context);
    const second = await joined(context, addressOf(first).port);
    const sender = await bound((bootstrap) => bootstrap.option(ChannelOption.IP_MULTICAST_IF, LOOPBACK));
    await sender.writeAndFlush(packet({ host: GROUP, port: addressOf(first).port }, "to all"));
    expect([await texts(first, 1), await texts(second, 1)]).toEqual([["to all"], ["to all"]]);
  });

  it("comes from one sender only, for a member of a source", async (context) => {
    const member = await joined(context, 0, LOOPBACK);
    const sender = await bound((bootstrap) => bootstrap.option(ChannelOption.IP_MULTICAST_IF, LOOPBACK));
    await sender.writeAndFlush(packet({ host: GROUP, port: addressOf(member).port }, "from the source"));
    expect(await texts(member, 1)).toEqual(["from the source"]);
    leaveGroup(member, { group: GROUP, interfaceAddress: LOOPBACK, source: LOOPBACK });
  });

  it("fails with a code: no group, a member already, no member, no interface, no socket any more", async (context) => {
    const member = await joined(context);
    const membership = { group: GROUP, interfaceAddress: LOOPBACK };
    expect(() => joinGroup(member, { group: "10.0.0.1" })).toThrow(code("INVALID_ARGUMENT"));
    expect(() => joinGroup(member, membership)).toThrow(code("ADDRESS_IN_USE"));
    expect(() => joinGroup(member, { group: GROUP, interfaceAddress: "192.0.2.1" })).toThrow(
      code("ADDRESS_UNAVAILABLE"),
    );
    leaveGroup(member, membership);
    expect(() => leaveGroup(member, membership)).toThrow(code("ADDRESS_UNAVAILABLE"));
    await member.close();
    expect(() => joinGroup(member, membership)).toThrow(code("CHANNEL_NOT_ACTIVE"));
  });

  it("is nothing for a channel of another transport", () => {
    expect(() => joinGroup(new EmbeddedChannel(), { group: GROUP })).toThrow(code("INVALID_ARGUMENT"));
  });
});

/** A channel that has joined the group on the loopback interface. */
async function joined(context: TestContext, port = 0, source?: string) {
  const options = { host: "0.0.0.0", port };
  const member = await bound((bootstrap) => bootstrap.option(ChannelOption.SO_REUSEADDR, true), undefined, options);
  try {
    joinGroup(member, { group: GROUP, interfaceAddress: LOOPBACK, ...(source === undefined ? {} : { source }) });
  } catch (error) {
    context.skip(`groups cannot be joined here: ${(error as Error).message}`);
  }
  return member;
}
