// What the workspace consists of, and how its tools are run: quiet while they succeed, complete when they fail.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The parsed JSON of a file named from the root. */
export function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

/**
 * The folders of packages/, sorted.
 * @returns {string[]}
 */
export function packageFolders() {
  return readdirSync(join(root, "packages"))
    .filter((name) => existsSync(join(root, "packages", name, "package.json")))
    .sort();
}

/**
 * Every file below a folder named from the root, as paths from the root; dist and node_modules are left out.
 * @param {string} folder
 * @returns {string[]}
 */
export function filesBelow(folder) {
  const found = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isFile()) found.push(path);
    else if (entry.isDirectory() && !SKIPPED.has(entry.name)) found.push(...filesBelow(path));
  }
  return found.sort();
}

const SKIPPED = new Set([".cache", ".git", ".turbo", "coverage", "dist", "node_modules", "results"]);

/** Runs a command, in the root unless told, and returns `{ status, output }`; nothing reaches the terminal. */
export function capture(command, args, { cwd = root, env = {} } = {}) {
  const child = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === "win32",
  });
  if (child.error !== undefined) return { status: 127, output: `${command}: ${child.error.message}\n` };
  return { status: child.status ?? 128, output: child.stdout + child.stderr };
}

/** Runs a tool the workspace has installed, by the name of its binary. */
export function tool(name, ...args) {
  return capture(join(root, "node_modules", ".bin", name), args, { env: { FORCE_COLOR: "0", NO_COLOR: "1" } });
}

/**
 * Runs the pnpm that `packageManager` pins. npx keeps it in its cache, so nothing is installed globally, and puts it
 * on the PATH of what it starts, where turbo looks for it.
 */
export function pnpm(...args) {
  const { packageManager } = readJson("package.json");
  return capture("npx", ["--yes", "--prefer-offline", packageManager, ...args], {
    env: { DO_NOT_TRACK: "1", TURBO_NO_UPDATE_NOTIFIER: "1", TURBO_TELEMETRY_DISABLED: "1" },
  });
}
