/** Counts what two servers do, and watches channels come and go from outside. */
import { subscribe } from "node:diagnostics_channel";
import {
  Bootstrap,
  type ChannelDiagnostics,
  formatAddress,
  LineBasedFrameDecoder,
  LineEncoder,
  StringDecoder,
  tcp,
} from "sluice";
import { countedServer, processTotals } from "./counted-server.js";

let failed = 0;
subscribe("sluice.channel.exception", (message) => {
  const { channel, error } = message as ChannelDiagnostics;
  failed++;
  console.log(`${formatAddress(channel.remoteAddress)} failed: ${error?.message}`);
});

const [api, feed] = [countedServer("api"), countedServer("feed")];
await using apiServer = await api.bound;
await using feedServer = await feed.bound;

for (const [server, lines] of [
  [apiServer, ["one", "two"]],
  [feedServer, ["three"]],
] as const) {
  const client = await new Bootstrap()
    .transport(tcp())
    .handler((p) =>
      p
        .addLast(new LineBasedFrameDecoder())
        .addLast(new StringDecoder({ framed: true }))
        .addLast(new LineEncoder()),
    )
    .connect(server.localAddress);
  const answers = client.messages();
  for (const line of lines) {
    await client.send(line);
    await answers.next();
  }
  await client.close();
}

for (const totals of [api.messages, feed.messages, processTotals.messages, processTotals.wire]) {
  const { channelsOpened, messagesRead, messagesWritten, bytesRead } = totals.snapshot();
  console.log(
    `${totals.name}: ${channelsOpened} channels, ${messagesRead} in, ${messagesWritten} out, ${bytesRead} bytes`,
  );
}
console.log(`${failed} failures`);
