// Clients that ask, wait for the answer, and ask again; says how they fared.

import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { Bootstrap, JsonCodec, LengthFieldBasedFrameDecoder, LengthFieldPrepender, tcp } from "sluice";

const [port, count, everyMs] = process.argv.slice(2).map(Number);
const bootstrap = new Bootstrap().transport(tcp()).handler((p) =>
  p
    .addLast(new LengthFieldBasedFrameDecoder({ lengthFieldLength: 4, initialBytesToStrip: 4 }))
    .addLast(new LengthFieldPrepender({ lengthFieldLength: 4 }))
    .addLast(new JsonCodec()),
);
let asked = 0;
let answered = 0;
let lost = 0;
let stopped = false;

const lives = Array.from({ length: count }, async (_, i) => {
  const channel = await bootstrap.connect({ host: "127.0.0.1", port });
  channel.on("close", () => {
    if (!stopped) lost++;
  });
  const answers = channel.messages();
  while (!stopped && channel.isOpen) {
    asked++;
    await channel.send({ id: i, text: "still there?" });
    const { value } = await answers.next();
    if (value?.shout === "STILL THERE?") answered++;
    await setTimeout(everyMs);
  }
  await channel.close();
});
process.on("message", async () => {
  stopped = true;
  await Promise.allSettled(lives);
  process.send({ asked, answered, lost });
});
process.send("asking");
