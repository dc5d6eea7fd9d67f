/** Messages glued together, torn apart, and both at once: the same texts have to come out whatever the cuts. */
import type { Framing } from "./framings.js";
import { until } from "./net-client.js";
import type { Stage } from "./stage.js";
import { Transcript } from "./transcript.js";

const GLUED = ["one", "two", "three"];
const TORN = "粘包 🎉";
const MIXED = ["four", "拆包"];

export async function framingScene(stage: Stage, framing: Framing): Promise<void> {
  const { print, checks } = stage;
  print(`   ${framing.decoder}: ${framing.rule}.`);
  print();
  print(Transcript.HEADING);

  const meeting = await stage.meet(framing);
  const { client, transcript } = meeting;
  const [four, five] = MIXED.map(framing.encode) as [Buffer, Buffer];
  const pieces = [
    Buffer.concat(GLUED.map(framing.encode)),
    // Inside the first character, the second, the emoji, and where there is one inside the delimiter.
    ...tear(framing.encode(TORN), [2, 3, 4, 3, 1]),
    // The piece in the middle holds the end of one message and the beginning of the next.
    ...tear(Buffer.concat([four, five]), [four.length - 2, 4]),
  ];
  await stage.sendApart(meeting, pieces);

  const sent = Buffer.concat(pieces);
  await until("the echo", () => client.received.length >= sent.length);
  await client.end();
  await until("the server to close", () => transcript.isClosed);
  checks.messages(framing.name, [...GLUED, TORN, ...MIXED], transcript.messages);
  checks.event(`${framing.name}: errors`, [], transcript.errorCodes);
  checks.event(`${framing.name}: the echo`, sent.toString("hex"), client.received.toString("hex"));
  print();
  print(
    `   ${sent.length} bytes in ${pieces.length} pieces made ${transcript.messages.length} messages; the echo has ${client.received.length} bytes.`,
  );
}

/** Cuts `bytes` into pieces of these sizes; what is left is the last piece. */
function tear(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    if (at + size >= bytes.length) break;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  pieces.push(bytes.subarray(at));
  return pieces;
}
