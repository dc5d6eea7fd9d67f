/** A client stops talking without hanging up: IdleStateHandler notices, and the server says good-bye. */
import { FRAMINGS } from "./framings.js";
import { until } from "./net-client.js";
import type { Stage } from "./stage.js";
import { Transcript } from "./transcript.js";

const READER_IDLE_MS = 1000;

export async function silenceScene(stage: Stage): Promise<void> {
  const { print, checks } = stage;
  const framing = { ...FRAMINGS.lines, name: "silence" };
  await stage.listen(framing, 0, READER_IDLE_MS);
  print(`   IdleStateHandler({ readerIdleMs: ${READER_IDLE_MS} }) in front of the lines.`);
  print();
  print(Transcript.HEADING);

  const meeting = await stage.meet(framing);
  const { client, transcript } = meeting;
  await stage.sendApart(meeting, [framing.encode("hello")]);
  await until("the good-bye", () => client.hasEnded);
  client.vanish();
  checks.messages(framing.name, ["hello"], transcript.messages);
  checks.event("silence: reported", 1, transcript.silences);
  checks.event("silence: what the client was told", "hello\ngood-bye\n", client.received.toString());
  print();
  print("   The client was told good-bye and then disconnected; nothing it had been sent was lost.");
}
