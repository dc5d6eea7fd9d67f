// What it costs a message to pass a handler: a pipeline with ten handlers, each of a class of its own, against none.

import { EmbeddedChannel } from "@sluice/core/embedded";
import { ChannelInboundHandler } from "sluice";

const HANDLERS = 10;
const MESSAGES = 3_000_000;
const ROUNDS = 5;

const passing = () =>
  new (class extends ChannelInboundHandler {
    channelRead(ctx, message) {
      ctx.fireChannelRead(message);
    }
  })();

const results = [0, HANDLERS].map((count) => {
  let received = 0;
  const sink = {
    channelRead() {
      received++;
    },
  };
  const channel = new EmbeddedChannel(...Array.from({ length: count }, passing), sink);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < MESSAGES; i++) channel.pipeline.fireChannelRead(i);
    rounds.push(Number(process.hrtime.bigint() - start) / MESSAGES);
  }
  if (received !== MESSAGES * ROUNDS) throw new Error("messages were lost");
  return Math.min(...rounds);
});
console.log(`${((results[1] - results[0]) / HANDLERS).toFixed(1)} ns per handler`);
