import { startMicro } from "../micro/measured.mjs";

const HANDLERS = 10;
const script = "micro/hop.mjs";

export const hop = {
  name: "hop",
  title: "A handler in a pipeline",
  asks: "What does it cost a message to pass one handler more?",
  metrics: [{ key: "ns", title: "CPU per handler", unit: "ns" }],
  cases: [{ name: `${HANDLERS} handlers against none`, atMost: { netty: 0.4, transform: 0.1 } }],
  contenders: [
    { name: "sluice", title: "Sluice", by: "sluice", script },
    { name: "netty", title: "Netty", by: "netty", java: ["NettyMicro", "hop"] },
    { name: "transform", title: "Transform, object mode", by: "node", script },
    { name: "web", title: "Web TransformStream", by: "node", script, isSlow: true },
  ],
  unfair: [
    "The handlers hand messages on and do nothing else; each is of a class of its own. The JVM may inline the whole chain, as it may in a program with one pipeline.",
    "A Transform buffers, counts and can wait at every stage, which a handler does not: it is compared because people build with it what they would build with handlers.",
  ],

  /** Two processes, with and without handlers: what they share is taken off. */
  async start(contender, _one, bench) {
    const name = contender.by === "netty" ? [] : [contender.name];
    const chains = [HANDLERS, 0].map((count) => startMicro(contender, [...name, count], bench));
    return {
      async measure(ms) {
        const [withHandlers, without] = [await chains[0].measure(ms), await chains[1].measure(ms / 2)];
        return { ns: (withHandlers.ns - without.ns) / HANDLERS };
      },
      end: () => Promise.all(chains.map((chain) => chain.end())),
    };
  },
};
