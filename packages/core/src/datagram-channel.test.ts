/** What the core does for channels of datagrams: it binds them, weighs their packets, and lets them outlive errors. */
import { expect, it } from "vitest";
import { ScriptedConnection } from "../fixtures/scripted-transport.js";
import { ENTRY_OVERHEAD } from "./channel-outbound-buffer.js";
import {
  Bootstrap,
  ByteBuf,
  type ChannelOutboundBuffer,
  DatagramPacket,
  type DatagramTransport,
  SluiceError,
} from "./index.js";

class ScriptedSocket extends ScriptedConnection {
  /** For each error nobody handled: whether somebody listened. */
  readonly heard: boolean[] = [];

  bind(): void {
    this.calls.push("bind");
  }

  outlives(error: Error, isHeard: boolean): boolean {
    this.heard.push(isHeard);
    return error instanceof SluiceError && error.recoverable;
  }
}

const packet = (content: unknown) => new DatagramPacket({ content, recipient: { host: "10.0.0.1", port: 9 } });

async function bound() {
  const ends: ScriptedSocket[] = [];
  const transport: DatagramTransport = {
    name: "scripted",
    createConnection: (signals) => {
      const end = new ScriptedSocket(signals);
      ends.push(end);
      return end;
    },
  };
  const binding = new Bootstrap().transport(transport).bind({ port: 9 });
  const [end] = ends as [ScriptedSocket];
  end.signals.active();
  return { channel: await binding, end };
}

it("a Bootstrap binds a channel, which is active then and reads", async () => {
  const { channel, end } = await bound();
  expect([channel.isActive, end.saw()]).toEqual([true, ["bind", "read"]]);
});

it("a packet of bytes weighs in the queue what its bytes weigh", async () => {
  const { channel, end } = await bound();
  channel.write(packet(ByteBuf.from(new Uint8Array(1000))));
  channel.write(packet("text"));
  channel.flush();
  const queue = end.queue as ChannelOutboundBuffer;
  expect(queue.pendingBytes).toBe(1000 + ENTRY_OVERHEAD + 8 + ENTRY_OVERHEAD);
  end.takes();
});

it("an error that the end outlives is emitted, and the channel goes on", async () => {
  const { channel, end } = await bound();
  end.signals.troubled(new SluiceError("INVALID_JSON"));
  const errors: unknown[] = [];
  channel.on("error", (error) => errors.push(error));
  end.signals.troubled(new SluiceError("FRAME_MALFORMED"));
  expect(errors).toEqual([expect.objectContaining({ code: "FRAME_MALFORMED" })]);
  expect([channel.isActive, channel.closeCause, end.heard]).toEqual([true, undefined, [false, true]]);
});

it("an error that it does not outlive closes the channel as anywhere", async () => {
  const { channel, end } = await bound();
  end.signals.troubled(new TypeError("a bug"));
  await channel.closed;
  expect([channel.closeCause, end.heard]).toEqual([new TypeError("a bug"), [false]]);
});

it("a listener that throws closes the channel all the same", async () => {
  const { channel, end } = await bound();
  channel.on("error", () => {
    throw new Error("listener");
  });
  end.signals.troubled(new SluiceError("INVALID_JSON"));
  await channel.closed;
  expect(channel.isOpen).toBe(false);
});

it("an error is a handler's first, and nobody else's then", async () => {
  const { channel, end } = await bound();
  const caught: unknown[] = [];
  channel.pipeline.addLast({ exceptionCaught: (_ctx, error) => caught.push(error) });
  end.signals.troubled(new SluiceError("INVALID_JSON"));
  expect([caught.length, end.heard]).toEqual([1, []]);
});

it("trouble is told while the channel is active, and not after", async () => {
  const { channel, end } = await bound();
  const caught: unknown[] = [];
  channel.pipeline.addLast({ exceptionCaught: (_ctx, error) => caught.push(error) });
  channel.close();
  end.signals.troubled(new SluiceError("INVALID_JSON"));
  await channel.closed;
  expect(caught).toEqual([]);
});
