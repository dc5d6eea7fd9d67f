// Makes a clone ready: installs what the lockfile names, then builds every package. Quiet unless something fails, and
// quick when there is nothing to do, so `npm start` and `npm test` begin with it.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesBelow, packageFolders, pnpm, root } from "./workspace.mjs";

const STAMP = join(root, "node_modules", ".sluice-setup");

requireNode(20, 19);
install();
build();

function requireNode(major, minor) {
  const [haveMajor, haveMinor] = process.versions.node.split(".").map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  fail(`Sluice needs Node.js ${major}.${minor} or newer; this is ${process.versions.node}.`, "", 1);
}

function install() {
  const fingerprint = manifestFingerprint();
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === fingerprint) return;
  process.stderr.write("Installing dependencies …\n");
  // A production NODE_ENV would leave the compiler out; without a terminal pnpm could not ask before replacing modules.
  const { status, output } = pnpm("install", "--frozen-lockfile", "--prod=false", "--config.confirmModulesPurge=false");
  if (status !== 0) fail("Installing the dependencies failed.", output, status);
  writeFileSync(STAMP, fingerprint);
}

function build() {
  const { status, output } = pnpm("exec", "turbo", "run", "build", "--output-logs=errors-only", "--log-order=grouped");
  if (status !== 0) fail("Building the packages failed.", output, status);
  for (const folder of packageFolders()) removeOrphans(folder);
}

/** Changes whenever another install could be needed. */
function manifestFingerprint() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  const manifests = ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"];
  for (const folder of ["benchmarks", "docs", "test"]) manifests.push(`${folder}/package.json`);
  for (const folder of packageFolders()) manifests.push(`packages/${folder}/package.json`);
  for (const path of manifests) hash.update(`${path}\n`).update(readFileSync(join(root, path)));
  return hash.digest("hex");
}

/** tsc never deletes what it once emitted; output of a source that was renamed must not be packed or imported. */
function removeOrphans(folder) {
  const dist = join("packages", folder, "dist");
  if (!existsSync(join(root, dist))) return;
  for (const path of filesBelow(`packages/${folder}/dist`)) {
    const source = path.replace("/dist/", "/src/").replace(/(?:\.d\.ts|\.js)(?:\.map)?$/, ".ts");
    if (source.endsWith(".ts") && !existsSync(join(root, source))) rmSync(join(root, path));
  }
}

function fail(line, output, status) {
  process.stderr.write(`${output}${line}\n`);
  process.exit(status);
}
