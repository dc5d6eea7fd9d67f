// The C programs of the contest, compiled where there is a compiler.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cached } from "./cache.mjs";

/** @returns {string | undefined} the path of the program; nothing where it cannot be compiled */
export function compiled(source, ...included) {
  if (process.platform !== "linux") return undefined;
  const paths = [source, ...included].map((path) => fileURLToPath(new URL(`../${path}`, import.meta.url)));
  const name = basename(source, ".c");
  try {
    const folder = cached(
      name,
      paths.map((path) => readFileSync(path)),
      (fresh) => execFileSync("cc", ["-O2", "-o", join(fresh, name), paths[0]], { stdio: "pipe" }),
    );
    return join(folder, name);
  } catch {
    return undefined;
  }
}
