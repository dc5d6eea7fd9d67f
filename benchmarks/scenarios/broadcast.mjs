import * as servers from "../servers/index.mjs";
import { METRICS, startServed } from "../servers/served.mjs";

export const broadcast = {
  name: "broadcast",
  title: "Broadcast to 1 000 subscribers",
  asks: "What does it cost to send a message to everybody, each delivery counted?",
  isServed: true,
  metrics: [
    { ...METRICS.cpu, title: "CPU per delivery" },
    { ...METRICS.perSecond, title: "deliveries/s" },
    METRICS.system,
    METRICS.peak,
    METRICS.collections,
    METRICS.load,
  ],
  cases: [1, 16].map((depth) => ({
    name: `64 B, ${depth === 1 ? "one message" : `${depth} messages`} at a time`,
    isExtra: depth === 1,
    traffic: { role: "broadcast", mode: "broadcast", connections: 1000, size: 64, depth },
  })),
  contenders: [servers.sluice, servers.nettyNio, servers.nettyEpoll, servers.netConcat],
  unfair: [
    "net writes a header and a content to each socket, corked; who thinks of it makes one buffer of both first.",
    "Sluice and Netty are asked to flush the group once for all messages that were read together; net writes each message as it comes.",
  ],
  start: (contender, one, bench) => startServed(contender, one.traffic, bench),
};
