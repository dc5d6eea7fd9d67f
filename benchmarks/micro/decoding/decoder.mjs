// A decoder in a process of its own, as one contender of a contest.
import { versionOf } from "../../contest/machine.mjs";
import { startMicro } from "../measured.mjs";

const NAMES = { sluice: "Sluice ", netty: "Netty ", npm: "", node: "" };

/** @param by sluice, netty, npm, or node for the one by hand */
export function decoder(by, name, more = {}) {
  return {
    ...{ by, decoder: name },
    name: `${by} ${name}`,
    title: `${NAMES[by]}${name}${by === "npm" ? ` ${versionOf(name)}` : ""}`,
    ...more,
  };
}

/** @param stream how the stream is made, and its `chunk` */
export function startDecoder({ by, decoder: name, prefix }, stream, bench) {
  const one = { ...stream, prefix: prefix ?? stream.prefix };
  if (by !== "netty") return startMicro({ by, script: SCRIPT }, [by, name, JSON.stringify(one)], bench);
  const { chunk, size, prefix: head = "", suffixes = [""], delimiters = [] } = one;
  const args = [name, chunk, size, head, suffixes.join(), delimiters.join()];
  return startMicro({ by, java: ["NettyDecoding"] }, args, bench);
}

const SCRIPT = "micro/decoding/contender.mjs";
