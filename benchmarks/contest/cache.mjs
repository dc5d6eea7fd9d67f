// What is made once and kept: jars, classes, compiled programs.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CACHE = fileURLToPath(new URL("../node_modules/.cache/contest/", import.meta.url));

/** A folder that `fill` has filled, from the parts that its name is made of. */
export function cached(kind, madeFrom, fill) {
  const hash = createHash("sha256");
  for (const part of madeFrom) hash.update(part);
  const folder = join(CACHE, `${kind}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const fresh = mkdtempSync(join(CACHE, `${kind}-`));
  try {
    fill(fresh);
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}
