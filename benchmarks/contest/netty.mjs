// Gets a real Netty: its jars from Maven, else from the system's packages, and our Java programs compiled against them.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cached } from "./cache.mjs";

const HERE = fileURLToPath(new URL("../netty/", import.meta.url));
const POM = join(HERE, "pom.xml");
/** Where Debian and its descendants put the jars of `libnetty-java`. */
const SYSTEM_JARS = "/usr/share/java";
const NEEDED_JAR = /^netty-(?:buffer|codec|common|handler|resolver|transport)-\d[\w.]*\.jar$/;
const TOOL_TIMEOUT_MS = 90_000;

/** @returns {{ version: string, hasEpoll: boolean, command(heap: string[], name: string, ...args: unknown[]): string[] } | string} or why there is none */
export function prepareNetty() {
  let java;
  try {
    java = run("javac", "-version").trim();
  } catch {
    return "no Java compiler";
  }
  let jars;
  try {
    jars = mavenJars() ?? systemJars();
    if (jars === undefined) return "neither Maven nor libnetty-java has its jars";
    const sources = readdirSync(HERE).filter((name) => name.endsWith(".java"));
    const paths = sources.map((name) => join(HERE, name));
    const classes = cached("classes", [...paths.map((path) => readFileSync(path)), ...jars], (folder) =>
      run("javac", "-nowarn", "-cp", jars.join(delimiter), "-d", folder, ...paths),
    );
    const version = jars.map((jar) => /netty-transport-(\d[\w.]*)\.jar$/.exec(jar)?.[1]).find(Boolean);
    return {
      version: `Netty ${version} on ${java.replace("javac", "Java")}`,
      hasEpoll: process.platform === "linux" && jars.some((jar) => jar.includes(nativeClassifier())),
      command: (heap, name, ...args) => [
        ...["java", ...JVM_OPTIONS, ...heap, "-cp", [classes, ...jars].join(delimiter), name],
        ...args.map(String),
      ],
    };
  } catch (error) {
    return `its programs do not compile: ${error.message.split("\n")[0]}`;
  }
}

function mavenJars() {
  try {
    const folder = cached("jars", [readFileSync(POM), nativeClassifier()], (fresh) =>
      run(
        ...["mvn", "-q", "-B", "-f", POM, "dependency:copy-dependencies"],
        ...[`-Depoll.classifier=${nativeClassifier()}`, `-DoutputDirectory=${fresh}`],
      ),
    );
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return undefined;
  }
}

function nativeClassifier() {
  return process.arch === "arm64" ? "linux-aarch_64" : "linux-x86_64";
}

function systemJars() {
  const names = existsSync(SYSTEM_JARS) ? readdirSync(SYSTEM_JARS).filter((name) => NEEDED_JAR.test(name)) : [];
  return names.length === 0 ? undefined : names.map((name) => join(SYSTEM_JARS, name));
}

function run(command, ...args) {
  return execFileSync(command, args, { encoding: "utf8", timeout: TOOL_TIMEOUT_MS, stdio: ["ignore", "pipe", "pipe"] });
}

/** One thread collects garbage. A thread that ended would take its CPU time with it: as many compile at all times. */
const JVM_OPTIONS = ["-XX:+UseSerialGC", "-XX:-UseDynamicNumberOfCompilerThreads"];
