import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { fileSink } from "./file-sink.js";

const folder = mkdtempSync(join(tmpdir(), "sluice-file-sink-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a file sink", () => {
  it("empties its file, and has what was written in it at once", () => {
    const path = join(folder, "a");
    writeFileSync(path, "old and longer");
    using sink = fileSink(path);
    expect(readFileSync(path, "utf8")).toBe("");
    sink.write(Buffer.from("one "));
    sink.write(Buffer.from("two"));
    expect(readFileSync(path, "utf8")).toBe("one two");
  });

  it("says that it cannot be opened, or is closed", () => {
    const failed = (task: () => unknown) => expect(task).toThrow(expect.objectContaining({ code: "FILE_FAILED" }));
    failed(() => fileSink(join(folder, "missing", "a")));
    const sink = fileSink(join(folder, "b"));
    sink.close();
    sink.close();
    failed(() => sink.write(Buffer.from("late")));
  });

  it("says that the disk is full", (context) => {
    if (!existsSync("/dev/full")) context.skip("this system has no /dev/full");
    using sink = fileSink("/dev/full");
    expect(() => sink.write(Buffer.from("a"))).toThrow(
      expect.objectContaining({ code: "FILE_FAILED", message: expect.stringContaining("ENOSPC") }),
    );
  });
});
