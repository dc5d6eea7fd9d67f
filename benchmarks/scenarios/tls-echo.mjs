import * as servers from "../servers/index.mjs";
import { METRICS, startServed } from "../servers/served.mjs";

export const tlsEcho = {
  name: "tls-echo",
  title: "Framed echo over TLS",
  asks: "What does a frame cost when it is decrypted on its way in and encrypted on its way out?",
  isServed: true,
  isSecure: true,
  metrics: [METRICS.cpu, METRICS.perSecond, METRICS.system, METRICS.peak, METRICS.collections, METRICS.load],
  cases: [
    { connections: 64, size: 64, depth: 1, shown: "64 B" },
    { connections: 64, size: 64, depth: 16, shown: "64 B" },
    { connections: 8, size: 16 * 1024, depth: 4, shown: "16 KiB" },
  ].map(({ shown, ...traffic }) => ({
    name: `${traffic.connections} × ${shown} × ${traffic.depth}`,
    traffic: { role: "tls", mode: "echo", isSecure: true, ...traffic },
  })),
  contenders: [servers.sluice, servers.netTls, servers.nettyNio, servers.nettyEpoll],
  unfair: [
    "The load comes from Node.js here, which encrypts as well, so it may be the bottleneck; CPU time of the server is compared, not throughput.",
    "Netty uses the JDK's own TLS. Its users can add OpenSSL, which Node.js always has.",
    "All speak TLS 1.3 with a certificate on P-256; handshakes are not measured.",
  ],
  start: (contender, one, bench) => startServed(contender, one.traffic, bench),
};
