// What a PcapWriteHandler costs a message, against the same pipeline without one. The sink takes the bytes and forgets
// them. See README.md.
import { EmbeddedChannel } from "@sluice/core/embedded";
import { ByteBuf, PcapCapture, PcapWriteHandler } from "sluice";

const ROUNDS = 15;
const BYTES_A_ROUND = 64 * 1024 * 1024;
const MOST_MESSAGES = 200_000;

console.log(`node ${process.version}`);
for (const size of [64, 1024, 16 * 1024, 64 * 1024]) {
  const message = ByteBuf.from(new Uint8Array(size));
  const messages = Math.min(MOST_MESSAGES, BYTES_A_ROUND / size);
  let received = 0;
  const sink = { sharable: true, channelRead: () => received++ };
  const capture = new PcapCapture({
    sink: () => ({ write() {} }),
    onError: (error) => {
      throw error;
    },
  });
  const variants = [new EmbeddedChannel(sink), new EmbeddedChannel(new PcapWriteHandler({ capture }), sink)];
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push(
      variants.map((channel) => {
        const before = process.cpuUsage();
        for (let i = 0; i < messages; i++) channel.pipeline.fireChannelRead(message);
        return cpuNs(before) / messages;
      }),
    );
  }
  if (received !== messages * ROUNDS * 2 || capture.failure) throw new Error("messages were lost");
  // The first rounds are for the compiler.
  const differences = rounds.slice(3).map(([without, captured]) => captured - without);
  const median = differences.sort((a, b) => a - b)[differences.length >> 1];
  console.log(
    `${String(size).padStart(6)} bytes: ${(median / 1000).toFixed(2)} µs a message, ${(median / size).toFixed(2)} ns a byte`,
  );
}

/** CPU time of this process since then: the wall clock would measure its neighbours. */
function cpuNs(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1000;
}
