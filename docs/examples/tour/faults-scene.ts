/** Clients that break the rules get an error with a code; everyone else is served as before. */
import { FRAMINGS } from "./framings.js";
import { until } from "./net-client.js";
import type { Stage } from "./stage.js";
import { Transcript } from "./transcript.js";

export async function faultsScene(stage: Stage): Promise<void> {
  const { print } = stage;
  print("   A line that is too long is skipped; the same connection goes on behind it.");
  print();
  print(Transcript.HEADING);
  await longLine(stage);
  print();
  print("   A client announces two gigabytes: refused at once, before any of them is there.");
  print("   Meanwhile another client of the same server is served as ever.");
  print();
  print(Transcript.HEADING);
  await hugeLength(stage);
  print();
  print("   A client goes away in the middle of a message: what is missing is reported, not swallowed.");
  print();
  print(Transcript.HEADING);
  await halfMessage(stage);
}

async function longLine(stage: Stage): Promise<void> {
  const { checks } = stage;
  const framing = FRAMINGS.lines;
  const meeting = await stage.meet(framing);
  const { client, transcript } = meeting;
  const half = Buffer.alloc(600, "x");
  await stage.sendApart(meeting, [half, half, framing.encode("x"), framing.encode("still here")]);
  await until("an answer", () => client.received.includes("still here\n"));
  await client.end();
  checks.messages("long line", ["still here"], transcript.messages);
  checks.event("long line: errors", ["FRAME_TOO_LONG"], transcript.errorCodes);
  checks.event("long line: answers", "error FRAME_TOO_LONG\nstill here\n", client.received.toString());
}

async function hugeLength(stage: Stage): Promise<void> {
  const { checks } = stage;
  const framing = FRAMINGS.lengthField;
  const greedy = await stage.meet(framing);
  await stage.sendApart(greedy, [Buffer.from([0x7f, 0xff, 0xff, 0xff]), Buffer.from("just the beginning")]);
  const other = await stage.meet(framing);
  await stage.sendApart(other, [framing.encode("a neighbour")]);
  const answer = framing.encode("error FRAME_TOO_LONG");
  await until("the refusal", () => greedy.client.received.length >= answer.length);
  greedy.client.vanish();
  await other.client.end();
  checks.messages("huge length", [], greedy.transcript.messages);
  checks.event("huge length: errors", ["FRAME_TOO_LONG"], greedy.transcript.errorCodes);
  checks.event("huge length: answer", answer.toString("hex"), greedy.client.received.toString("hex"));
  checks.messages("neighbour", ["a neighbour"], other.transcript.messages);
  checks.event("neighbour: errors", [], other.transcript.errorCodes);
}

async function halfMessage(stage: Stage): Promise<void> {
  const { checks } = stage;
  const meeting = await stage.meet(FRAMINGS.delimiters);
  const { client, transcript } = meeting;
  await stage.sendApart(meeting, [Buffer.from("whole||ha")]);
  await client.end();
  await until("the server to close", () => transcript.isClosed);
  checks.messages("half message", ["whole"], transcript.messages);
  checks.event("half message: errors", ["FRAME_TRUNCATED"], transcript.errorCodes);
}
