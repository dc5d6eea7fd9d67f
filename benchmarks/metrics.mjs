// What a MetricsHandler costs a message, against the same pipeline with a handler that only passes on, and with neither.
// See README.md.
import { ByteBuf, Channel, ChannelDuplexHandler, ChannelInboundHandler, MetricsHandler, MetricsTotals } from "sluice";

const MESSAGES = 3_000_000;
const ROUNDS = 21;
const MESSAGES_PER_FLUSH = 16;

/** As many hops as a MetricsHandler, and nothing else. */
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

/** A transport that takes everything at once. */
const end = {
  localAddress: undefined,
  remoteAddress: undefined,
  accepts: () => true,
  connect() {},
  read() {},
  flush: (queue) => queue.succeed(queue.flushedLength),
  setOption() {},
  shutdownOutput() {},
  close() {},
  destroy() {},
};

const message = ByteBuf.from(new Uint8Array(64));
const totals = new MetricsTotals();
const variants = [undefined, new Passing(), new MetricsHandler({ totals })].map((first) => {
  const channel = new Channel({ createEnd: () => end });
  const application = new Application();
  if (first !== undefined) channel.pipeline.addLast(first);
  channel.pipeline.addLast(new Codec()).addLast(application);
  channel.engine.active();
  return { channel, application };
});

console.log(`node ${process.version}`);
for (const [name, run] of Object.entries({ read, write })) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(variants.map(run));
  // The first rounds are for the compiler.
  const counted = rounds.slice(3);
  const [base] = differences(counted, (row) => row[0]);
  const [hop] = differences(counted, (row) => row[1] - row[0]);
  const [all, low, high] = differences(counted, (row) => row[2] - row[0]);
  console.log(
    `${name.padEnd(5)} ${base} ns without; a handler that passes on ${hop} more, a MetricsHandler ${all} (${low} – ${high})`,
  );
}
const { messagesRead, bytesWritten } = totals.snapshot();
if (messagesRead !== MESSAGES * ROUNDS || bytesWritten !== 64 * MESSAGES * ROUNDS) throw new Error("miscounted");

function read({ channel, application }) {
  application.received = 0;
  const before = process.cpuUsage();
  for (let i = 0; i < MESSAGES; i++) channel.pipeline.fireChannelRead(message);
  const ns = cpuNs(before) / MESSAGES;
  if (application.received !== MESSAGES) throw new Error("messages were lost");
  return ns;
}

function write({ channel }) {
  const before = process.cpuUsage();
  for (let i = 0; i < MESSAGES; i++) {
    channel.pipeline.write(message);
    if (i % MESSAGES_PER_FLUSH === 0) channel.flush();
  }
  channel.flush();
  return cpuNs(before) / MESSAGES;
}

/** CPU time of this process since then: the wall clock would measure its neighbours. */
function cpuNs(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1000;
}

/** Median and quartiles, as text. */
function differences(rows, of) {
  const sorted = rows.map(of).sort((a, b) => a - b);
  return [0.5, 0.25, 0.75].map((share) => sorted[Math.round((sorted.length - 1) * share)].toFixed(1));
}
