import { ByteBuf, ChannelOutboundBuffer, DatagramPacket, WriteBufferWaterMark } from "@sluice/core";
import { describe, expect, it } from "vitest";
import { type SendingSocket, UdpSender } from "./udp-sender.js";

/** A socket that takes datagrams, or keeps them, and calls back when the test says so. */
class ScriptedSocket implements SendingSocket {
  /** `content host:port`, oldest first. */
  readonly handed: string[] = [];
  isFull = false;
  readonly #callbacks: ((error: Error | null) => void)[] = [];

  send(bytes: Uint8Array, from: number, length: number, ...rest: unknown[]): void {
    const onSent = rest.pop() as (error: Error | null) => void;
    const content = Buffer.from(bytes.slice(from, from + length)).toString();
    this.handed.push(rest.length === 0 ? content : `${content} ${rest[1]}:${rest[0]}`);
    this.#callbacks.push(onSent);
  }

  getSendQueueSize(): number {
    return this.isFull ? 1 : 0;
  }

  callsBack(count: number, error: Error | null = null): void {
    for (const callback of this.#callbacks.splice(0, count)) callback(error);
  }
}

function scene(isConnected: boolean) {
  const log: string[] = [];
  const owner = { writabilityChanged: () => {}, messagesCompleted: () => {}, unawaitedFailure: () => {} };
  const queue = new ChannelOutboundBuffer(owner, WriteBufferWaterMark.DEFAULT, 1_000_000);
  const socket = new ScriptedSocket();
  const sender = new UdpSender(socket, isConnected);
  const write = (text: string, message: unknown) =>
    queue.add(message, {
      succeed: () => log.push(text),
      fail: (error) => log.push(`${text}: ${(error as Error & { code: string }).code}`),
    });
  const flush = () => {
    queue.markFlushed();
    sender.send(queue);
  };
  return { log, queue, socket, sender, write, flush };
}

const to = (host: string, text: string) =>
  new DatagramPacket({ content: ByteBuf.from(text), recipient: { host, port: 9 } });

describe("UdpSender", () => {
  it("hands over what is flushed, and completes it in order when it is called back", () => {
    const { log, queue, socket, write, flush } = scene(true);
    for (const text of ["a", "b"]) write(text, ByteBuf.from(text));
    flush();
    write("c", ByteBuf.from("c"));
    expect([socket.handed, log]).toEqual([["a", "b"], []]);
    socket.callsBack(2);
    expect([log, queue.length]).toEqual([["a", "b"], 1]);
  });

  it("sends a packet to its recipient, or from a connected socket to the peer", () => {
    const bound = scene(false);
    bound.write("a", to("10.0.0.1", "a"));
    bound.flush();
    const connected = scene(true);
    connected.write("a", to("10.0.0.1", "a"));
    connected.flush();
    expect([bound.socket.handed, connected.socket.handed]).toEqual([["a 10.0.0.1:9"], ["a"]]);
  });

  it("fails one datagram and goes on with the next", () => {
    const { log, socket, write, flush } = scene(true);
    for (const text of ["a", "b"]) write(text, ByteBuf.from(text));
    flush();
    socket.callsBack(1, Object.assign(new Error("too long"), { code: "EMSGSIZE" }));
    socket.callsBack(1, Object.assign(new Error("firewall"), { code: "EPERM" }));
    expect(log).toEqual(["a: DATAGRAM_TOO_LONG", "b: DATAGRAM_NOT_SENT"]);
  });

  it("waits, when the system takes no more at once, until it has taken all", () => {
    const { log, queue, socket, write, flush } = scene(true);
    socket.isFull = true;
    for (const text of ["a", "b", "c"]) write(text, ByteBuf.from(text));
    flush();
    expect([socket.handed, queue.length]).toEqual([["a"], 3]);
    flush();
    expect(socket.handed).toEqual(["a"]);
    socket.isFull = false;
    socket.callsBack(1);
    expect([socket.handed, log]).toEqual([["a", "b", "c"], ["a"]]);
  });

  it("has at most 64 under way", () => {
    const { log, socket, write, flush } = scene(true);
    for (let i = 0; i < 100; i++) write(`${i}`, ByteBuf.from(`${i}`));
    flush();
    expect(socket.handed).toHaveLength(64);
    socket.callsBack(1);
    expect(socket.handed).toHaveLength(65);
    while (log.length < 100) socket.callsBack(1);
    expect(log).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`));
  });

  it("sends alone what has to be looked up first", () => {
    const { log, socket, write, flush } = scene(false);
    write("a", to("10.0.0.1", "a"));
    write("b", to("example", "b"));
    write("c", to("10.0.0.1", "c"));
    flush();
    expect(socket.handed).toEqual(["a 10.0.0.1:9"]);
    socket.callsBack(1);
    expect(socket.handed.slice(1)).toEqual(["b example:9"]);
    socket.callsBack(1);
    expect([socket.handed.slice(2), log]).toEqual([["c 10.0.0.1:9"], ["a", "b"]]);
  });

  it("leaves the queue alone once it has been stopped", () => {
    const { log, queue, socket, sender, write, flush } = scene(true);
    write("a", ByteBuf.from("a"));
    flush();
    sender.stop();
    socket.callsBack(1);
    expect([log, queue.length]).toEqual([[], 1]);
  });
});
