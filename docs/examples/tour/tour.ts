/** The tour: every scene against the same four servers, then whether all came out as it should. */
import { Checks } from "./checks.js";
import type { Options } from "./command-line.js";
import { faultsScene } from "./faults-scene.js";
import { framingScene } from "./framing-scene.js";
import { FRAMINGS } from "./framings.js";
import { silenceScene } from "./silence-scene.js";
import { Stage } from "./stage.js";

/** @returns whether everything came out as it should @throws what `bind` rejects with */
export async function tour({ host, firstPort }: Options): Promise<boolean> {
  const print = (line = "") => console.log(line.trimEnd());
  const checks = new Checks();
  await using stage = new Stage(host, print, checks);
  await stage.open(firstPort);
  print("Sluice: whatever way the network cuts the bytes, the same messages come out.");
  print("Four servers, and clients that send in awkward pieces. Each row is one piece as its server read it:");
  print("torn characters show as \\x.. bytes, a dot means that no message is complete yet, ! is an event.");

  let number = 1;
  const scene = async (title: string, play: () => Promise<void>) => {
    print();
    print(`${number++}. ${title}`);
    await play().catch((error: Error) => checks.event(title, "no failure", error.message));
  };
  for (const framing of Object.values(FRAMINGS)) {
    await scene(`${framing.name}, on port ${stage.port(framing)}`, () => framingScene(stage, framing));
  }
  await scene("a client falls silent", () => silenceScene(stage));
  await scene("clients that break the rules", () => faultsScene(stage));

  print();
  for (const problem of checks.problems) print(`NOT as expected: ${problem}`);
  print(checks.summary);
  return checks.passed;
}
