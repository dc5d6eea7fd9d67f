/** A FlowControlHandler over TCP: the reader takes lines one by one, and the sender feels it. */
import {
  Bootstrap,
  ChannelOption,
  FlowControlHandler,
  LineBasedFrameDecoder,
  LineEncoder,
  ServerBootstrap,
  StringDecoder,
  tcp,
} from "sluice";
import { expect, it } from "vitest";

const LINES = 5000;
const line = (i: number) => `line ${i} ${"x".repeat(200)}`;

it("gives every line for one read each, then the rest at once, and none twice", async () => {
  const seen: string[] = [];
  let before = 0;
  let most = 0;
  let done = () => {};
  const allSeen = new Promise<void>((resolve) => {
    done = resolve;
  });
  await using server = await new ServerBootstrap()
    .transport(tcp())
    .childOption(ChannelOption.AUTO_READ, false)
    .childHandler((p) =>
      p
        .addLast(new LineBasedFrameDecoder())
        .addLast(new StringDecoder())
        .addLast(new FlowControlHandler())
        .addLast({
          channelActive: (ctx) => ctx.read(),
          channelRead(_ctx, text) {
            seen.push(text);
            if (seen.length === LINES) done();
          },
          channelReadComplete(ctx) {
            most = Math.max(most, ctx.channel.autoRead ? 0 : seen.length - before);
            before = seen.length;
            // The next one is asked for later, as by somebody who has to think about each.
            if (seen.length < LINES / 2) setImmediate(() => ctx.read());
            else ctx.channel.autoRead = true;
          },
        }),
    )
    .bind({ host: "127.0.0.1", port: 0 });
  await using client = await new Bootstrap()
    .transport(tcp())
    .handler((p) => p.addLast(new LineEncoder()))
    .connect(server.localAddress);
  for (let i = 0; i < LINES; i++) await client.send(line(i));
  await allSeen;
  expect(seen).toEqual(Array.from({ length: LINES }, (_, i) => line(i)));
  expect(most).toBe(1);
});
