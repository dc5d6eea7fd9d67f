// Gets a real Netty: its jars from Maven, else from the system's packages, and NettyDecoding compiled against them.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("NettyDecoding.java", import.meta.url));
/** The Netty the interoperability tests talk to. */
const POM = fileURLToPath(new URL("../../test/interop/netty/pom.xml", import.meta.url));
const CACHE = fileURLToPath(new URL("../node_modules/.cache/netty/", import.meta.url));
/** Where Debian and its descendants put the jars of `libnetty-java`. */
const SYSTEM_JARS = "/usr/share/java";
const NEEDED_JAR = /^netty-(?:buffer|codec|common|resolver|transport)-\d[\w.]*\.jar$/;
const TOOL_TIMEOUT_MS = 90_000;

/** The commands that start a contender, or the reason why there is no Netty. */
export function prepareNetty() {
  let java;
  try {
    java = run("javac", "-version").trim();
  } catch {
    return "no Java compiler";
  }
  const jars = mavenJars() ?? systemJars();
  if (jars === undefined) return "neither Maven nor libnetty-java has its jars";
  const classes = cached("classes", [readFileSync(SOURCE), ...jars], (folder) =>
    run("javac", "-nowarn", "-cp", jars.join(delimiter), "-d", folder, SOURCE),
  );
  const version = jars.map((jar) => /netty-transport-(\d[\w.]*)\.jar$/.exec(jar)?.[1]).find(Boolean);
  // One thread collects garbage, as little of it as there is: nothing here lives long.
  const options = ["-XX:+UseSerialGC", "-Xms512m", "-Xmn256m"];
  return {
    version: `Netty ${version} on ${java.replace("javac", "Java")}`,
    args: [...options, "-cp", [classes, ...jars].join(delimiter), "NettyDecoding"],
  };
}

function mavenJars() {
  try {
    const folder = cached("jars", [readFileSync(POM)], (fresh) =>
      run("mvn", "-q", "-B", "-f", POM, "dependency:copy-dependencies", `-DoutputDirectory=${fresh}`),
    );
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return undefined;
  }
}

function systemJars() {
  const names = existsSync(SYSTEM_JARS) ? readdirSync(SYSTEM_JARS).filter((name) => NEEDED_JAR.test(name)) : [];
  return names.length === 0 ? undefined : names.map((name) => join(SYSTEM_JARS, name));
}

/** A folder of the cache that `fill` has filled once. */
function cached(kind, madeFrom, fill) {
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

function run(command, ...args) {
  return execFileSync(command, args, { encoding: "utf8", timeout: TOOL_TIMEOUT_MS, stdio: ["ignore", "pipe", "pipe"] });
}
