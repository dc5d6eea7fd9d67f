/** A file of 256 MiB to a reader that is slower than the disk: it arrives whole, and little of it is ever in memory. */
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

const MIB = 1024 * 1024;
const FILE_MIB = 256;
const HIGH_WATER_MARK = 64 * 1024;
const PIECE = 64 * 1024;
const ENTRY_OVERHEAD = 96;

it("a large file reaches a slow reader within bounds", { timeout: 120_000 }, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < 2 * FILE_MIB * MIB) context.skip("the disk is too full for the file");
  const file = join(folder, "large.bin");
  const written = writeFile(file);

  const server = fork(join(import.meta.dirname, "large-file/server.mjs"), [file]);
  onTestFinished(() => void server.kill());
  const [{ port }] = (await once(server, "message")) as [{ port: number }];
  const read = await readSlowly(port);
  expect(read).toEqual({ length: FILE_MIB * MIB, digest: written });

  server.send("end");
  const [most] = (await once(server, "message")) as [{ queuedBytes: number; rssBytes: number; progressBytes: number }];
  expect(most.progressBytes).toBe(FILE_MIB * MIB);
  expect(most.queuedBytes).toBeGreaterThan(HIGH_WATER_MARK);
  expect(most.queuedBytes).toBeLessThanOrEqual(HIGH_WATER_MARK + PIECE + 2 * ENTRY_OVERHEAD);
  expect(most.rssBytes).toBeLessThan((FILE_MIB / 2) * MIB);
});

/** Writes a file no two megabytes of which are the same. @returns its digest */
function writeFile(file: string): string {
  const hash = createHash("sha1");
  const descriptor = openSync(file, "w");
  const chunk = Buffer.alloc(MIB, "a line of text that is repeated\n");
  for (let i = 0; i < FILE_MIB; i++) {
    chunk.writeUInt32BE(i, 0);
    hash.update(chunk);
    writeSync(descriptor, chunk);
  }
  closeSync(descriptor);
  return hash.digest("hex");
}

/** Stops reading again and again, for a turn of the event loop and then for a while that the server can feel. */
async function readSlowly(port: number) {
  const hash = createHash("sha1");
  const socket = connect({ host: "127.0.0.1", port });
  let length = 0;
  let pauses = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    hash.update(chunk);
    length += chunk.length;
    if (length > pauses * 16 * MIB) {
      pauses++;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return { length, digest: hash.digest("hex") };
}
