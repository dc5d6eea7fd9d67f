import { once } from "node:events";
import { connect } from "node:net";
import {
  Bootstrap,
  ConnectionRefusedEvent,
  type InetAddress,
  JsonCodec,
  LengthFieldBasedFrameDecoder,
  LengthFieldPrepender,
  type SluiceError,
  tcp,
} from "sluice";
import { FastClock } from "./fast-clock.js";
import { type Answer, filter, hardenedServer, type Question } from "./hardened-server.js";

// Two of the same server: one whose time passes twenty times as fast, so that nobody has to wait for the deadlines.
await using server = await start(hardenedServer());
await using fastServer = await start(hardenedServer().clock(new FastClock(20)));

console.log("a client that keeps to the rules");
const channel = await new Bootstrap()
  .transport(tcp())
  .handler((p) =>
    p
      .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }))
      .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }))
      .addLast(new JsonCodec<Answer, Question>()),
  )
  .connect(server.localAddress as InetAddress);
await channel.send({ id: 1, text: "hello" });
for await (const { shout } of channel.messages()) {
  console.log(`  answered: ${shout}`);
  break;
}
await channel.close();

console.log("one that says nothing");
await over(client(fastServer));

console.log("one that sends a byte now and then");
const dribbler = client(fastServer);
dribbler.write("\0\0\0\x40");
const dribbling = setInterval(() => dribbler.write("x"), 50);
await over(dribbler);
clearInterval(dribbling);

console.log("one that announces a frame of 2 GiB");
const boaster = client();
boaster.write(Buffer.from([0x7f, 0xff, 0xff, 0xff]));
await over(boaster);

console.log("the 101st from one address");
const crowd = Array.from({ length: 100 }, () => client());
await Promise.all(crowd.map((socket) => once(socket, "connect")));
await over(client());
for (const socket of crowd) socket.destroy();
await Promise.all(crowd.map(over));

console.log("one from an address that is not let in any more");
filter.rules = [{ action: "reject", cidr: "127.0.0.0/8" }];
await over(client());

async function start(bootstrap: ReturnType<typeof hardenedServer>) {
  const started = await bootstrap.bind({ host: "127.0.0.1", port: 0 });
  started.pipeline.addFirst({
    userEventTriggered: (_ctx, event) => {
      if (event instanceof ConnectionRefusedEvent) console.log(`  refused: ${event.reason.code}`);
    },
  });
  started.children.on("error", (error) => console.log(`  ended: ${(error as SluiceError).code}`));
  return started;
}

function client({ localAddress } = server) {
  return connect((localAddress as InetAddress).port, "127.0.0.1").on("error", () => {});
}

async function over(socket: ReturnType<typeof client>): Promise<void> {
  socket.resume();
  // Who is turned away is reset: that is an end as well.
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
}
