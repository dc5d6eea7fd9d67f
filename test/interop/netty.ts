/**
 * Gets a real Netty: its jars from Maven, else from the system's packages, and our Java programs compiled against them.
 *
 * Both are kept in test/.cache in folders named by what they were made from, so only the first run pays.
 */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Netty {
  readonly version: string;
  readonly classPath: string;
}

/** Returns the reason instead if this machine has no Netty; rejects if it has one and the programs do not compile. */
export async function prepareNetty(): Promise<Netty | string> {
  let jars: string[];
  try {
    await run("javac", ["-version"], "no Java compiler");
    jars = await mavenJars().catch((reason: Error) => systemJars(reason.message));
  } catch (reason) {
    return (reason as Error).message;
  }
  const sources = PROGRAMS.map((name) => join(HERE, name));
  const classes = await cached(
    "classes",
    [...sources.map((source) => readFileSync(source, "utf8")), ...jars],
    (folder) =>
      run("javac", ["-nowarn", "-cp", jars.join(delimiter), "-d", folder, ...sources], "the programs do not compile"),
  );
  const transport = jars.find((jar) => jar.includes("netty-transport-")) ?? "";
  const version = /netty-transport-([\w.]+)\.jar$/.exec(transport)?.[1] ?? "of unknown version";
  return { version, classPath: [classes, ...jars].join(delimiter) };
}

async function mavenJars(): Promise<string[]> {
  const pom = join(HERE, "pom.xml");
  const folder = await cached("jars", [readFileSync(pom, "utf8")], (fresh) =>
    run("mvn", ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${fresh}`], "Maven failed"),
  );
  return jarsIn(folder);
}

/** Where Debian and its descendants put the jars of `libnetty-java`. */
function systemJars(reason: string): string[] {
  const folder = "/usr/share/java";
  const jars = existsSync(folder) ? jarsIn(folder).filter((jar) => NEEDED_JAR.test(jar)) : [];
  if (jars.length < NEEDED_JARS) throw new Error(`no Netty: ${reason}, and libnetty-java is not installed`);
  return jars;
}

function jarsIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".jar"));
  return names.sort().map((name) => join(folder, name));
}

/** A folder of the cache that `fill` has filled once. */
async function cached(kind: string, madeFrom: string[], fill: (folder: string) => Promise<unknown>): Promise<string> {
  const digest = createHash("sha256").update(madeFrom.join("\n")).digest("hex").slice(0, 16);
  const folder = join(CACHE, `${kind}-${digest}`);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const fresh = mkdtempSync(join(CACHE, `${kind}-`));
  try {
    await fill(fresh);
    renameSync(fresh, folder);
  } catch (error) {
    // Another test may have been faster.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

function run(command: string, args: string[], failure: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: TOOL_TIMEOUT_MS }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const why = error.killed ? `not done within ${TOOL_TIMEOUT_MS} ms` : (stdout + stderr).trim().split("\n")[0];
      reject(new Error(`${failure} (${why || error.message})`));
    });
  });
}

const HERE = fileURLToPath(new URL("netty/", import.meta.url));
const PROGRAMS = ["FrameOracle.java", "NettyPeer.java"];
const CACHE = fileURLToPath(new URL("../.cache/netty/", import.meta.url));
const TOOL_TIMEOUT_MS = 90_000;
const NEEDED_JAR = /\/netty-(?:buffer|codec|common|handler|resolver|transport)-\d[\w.]*\.jar$/;
const NEEDED_JARS = 6;
