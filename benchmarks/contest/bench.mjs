// What a scenario can ask for: processes of contenders and of the load, and the reason why one cannot take part.
import { fileURLToPath } from "node:url";
import { certificate } from "./certificate.mjs";
import { Child } from "./child.mjs";
import { hasProc } from "./machine.mjs";
import { compiled } from "./native.mjs";
import { prepareNetty } from "./netty.mjs";

const SERVER_CORE = 0;
const LOAD_CORE = 1;
/** Two young generations of garbage each; neither runtime's default fits a machine of any size. */
const SERVER_HEAP = ["-Xms512m", "-Xmx1g", "-Xmn256m"];
const IDLE_HEAP = ["-Xmx1g"];
const NODE_OPTIONS = ["--expose-gc"];

export class Bench {
  #netty;
  #withPeers;
  #load = compiled("load/load.c", "load/histogram.h");
  #epollEcho;
  #certificate = certificate();

  constructor({ withPeers }) {
    this.#withPeers = withPeers;
    this.#netty = withPeers ? prepareNetty() : "not asked for";
    this.#epollEcho = withPeers ? compiled("servers/epoll-echo.c") : undefined;
  }

  get nettyVersion() {
    return this.#netty.version ?? `no Netty: ${this.#netty}`;
  }

  get loadName() {
    return `load generator in ${this.#load === undefined ? "Node.js, there being no C compiler" : "C, one thread, epoll"}`;
  }

  /** Why a contender cannot take part, if it cannot. */
  missing(contender, scenario) {
    if (contender.by !== "sluice" && !this.#withPeers) return "peers were not asked for";
    if (scenario.isServed && !hasProc) return "the system has no /proc to read a server's CPU time from";
    if (scenario.isSecure && this.#certificate === undefined) return "no openssl to make a certificate with";
    if (contender.by === "netty" && typeof this.#netty === "string") return this.#netty;
    if (contender.transport === "epoll" && !this.#netty.hasEpoll) return "its native transport is not to be had here";
    if (contender.by === "c" && this.#epollEcho === undefined) return "no C compiler";
    return undefined;
  }

  /** A server in a process of its own, which says its port first. */
  server(contender, role) {
    return new Child(this.#serverCommand(contender, role), { core: SERVER_CORE });
  }

  /** The load on a server; its first answer comes when it is connected. */
  load({ mode, port, connections, size, depth = 1, rate = 0, isSecure = false }) {
    const inNode = isSecure || this.#load === undefined;
    const command = inNode ? [process.execPath, path("load/load.mjs")] : [this.#load];
    const args = [mode, port, connections, size, depth, rate].map(String);
    return new Child([...command, ...args, ...(isSecure ? ["tls"] : [])], { core: LOAD_CORE });
  }

  /** A process that measures itself: a script of ours, or one of the Java programs. */
  micro(contender, args) {
    if (contender.by === "netty") {
      const [main, ...first] = contender.java;
      return new Child(this.#netty.command(MICRO_HEAP, main, ...first, ...args));
    }
    return new Child([process.execPath, ...NODE_OPTIONS, path(contender.script), ...args.map(String)]);
  }

  #serverCommand({ by, script, transport }, role) {
    if (by === "c") return [this.#epollEcho];
    const files = role === "tls" ? [this.#certificate.cert, this.#certificate.key] : [];
    const heap = role === "idle" ? IDLE_HEAP : SERVER_HEAP;
    if (by === "netty") return this.#netty.command(heap, "NettyServer", role, transport, ...files);
    return [process.execPath, ...NODE_OPTIONS, path(script), role, ...files];
  }
}

function path(relative) {
  return fileURLToPath(new URL(`../${relative}`, import.meta.url));
}

/** Little garbage is collected at all: nothing here lives long. */
const MICRO_HEAP = ["-Xms512m", "-Xmn256m"];
