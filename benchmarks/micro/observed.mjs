// A message passes a codec and is counted, with something in front that looks at it:
// `observed.mjs none | passing | metrics | capture SIZE`.
import { EmbeddedChannel } from "@sluice/core/embedded";
import {
  ByteBuf,
  ChannelDuplexHandler,
  ChannelInboundHandler,
  MetricsHandler,
  MetricsTotals,
  PcapCapture,
  PcapWriteHandler,
} from "sluice";
import { takeTurns } from "./turns.mjs";

const BATCH = 1000;
const [name, size] = process.argv.slice(2);

class Passing extends ChannelDuplexHandler {
  channelRead(ctx, message) {
    ctx.fireChannelRead(message);
  }

  write(ctx, message, completion) {
    ctx.write(message, completion);
  }
}

class Codec extends ChannelDuplexHandler {
  channelRead(ctx, message) {
    ctx.fireChannelRead(message);
  }

  write(ctx, message, completion) {
    ctx.write(message, completion);
  }
}

class Application extends ChannelInboundHandler {
  received = 0;

  channelRead() {
    this.received++;
  }
}

const totals = new MetricsTotals();
const capture = new PcapCapture({
  // It forgets what it gets: headers, copy and checksum are measured, not a disk.
  sink: () => ({ write() {} }),
  onError: (error) => {
    throw error;
  },
});

const FIRST = {
  none: () => [],
  passing: () => [new Passing()],
  metrics: () => [new MetricsHandler({ totals })],
  capture: () => [new PcapWriteHandler({ capture })],
};

const application = new Application();
const { pipeline } = new EmbeddedChannel(...FIRST[name](), new Codec(), application);
const message = ByteBuf.from(new Uint8Array(Number(size)));
let sent = 0;

await takeTurns(() => {
  for (let i = 0; i < BATCH; i++) pipeline.fireChannelRead(message);
  sent += BATCH;
  if (application.received !== sent) throw new Error("messages were lost");
  if (name === "metrics" && totals.snapshot().messagesRead !== sent) throw new Error("miscounted");
  return BATCH;
});
