/** The arrows of the design go one way, in the manifests and in the imports, and neutral packages know no host. */

import { join, posix } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { filesBelow, packageFolders, readJson, root } from "../../scripts/workspace.mjs";

const BELOW: Record<string, readonly string[]> = {
  buffer: [],
  core: ["buffer"],
  codec: ["buffer", "core"],
  handler: ["buffer", "core"],
  testing: ["buffer", "core"],
  "transport-node": ["buffer", "core"],
  sluice: ["buffer", "core", "codec", "handler", "transport-node"],
};

const FOREIGN: Record<string, readonly string[]> = { core: ["eventemitter3", "reflect-metadata"] };

/** The host functions neutral packages may name in globals.d.ts: every host has them. */
const HOST_NAMES = [
  ...["setTimeout", "clearTimeout", "setInterval", "clearInterval", "queueMicrotask", "performance", "Performance"],
  ...["TextEncoder", "TextDecoder", "AbortSignal", "AbortController"],
];

interface Import {
  readonly file: string;
  readonly specifier: string;
}

describe("packages", () => {
  it("are the ones the design names", () => {
    expect(packageFolders()).toEqual(Object.keys(BELOW).sort());
  });
});

describe.each(Object.keys(BELOW))("%s", (folder) => {
  const allowed = [...(BELOW[folder] ?? []).map(npmName), ...(FOREIGN[folder] ?? [])];
  const imports = sourceImports(folder);
  const packages = imports.filter(({ specifier }) => !specifier.startsWith(".") && !specifier.startsWith("node:"));

  it("depends on lower layers only", () => {
    const { dependencies = {}, peerDependencies = {}, optionalDependencies = {} } = manifest(folder);
    const all = Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies });
    expect(all.filter((name) => !allowed.includes(name))).toEqual([]);
  });

  it("imports lower layers only, and only what it depends on", () => {
    const declared = Object.keys(manifest(folder).dependencies ?? {});
    const wrong = packages.filter(({ specifier }) => {
      const name = packageName(specifier);
      return !allowed.includes(name) || !declared.includes(name);
    });
    expect(wrong).toEqual([]);
  });

  it("imports its own files by relative paths that end in .js and stay inside src", () => {
    const wrong = imports.filter(({ file, specifier }) => {
      if (!specifier.startsWith(".")) return packageName(specifier) === npmName(folder);
      const target = posix.join(posix.dirname(file), specifier);
      return !specifier.endsWith(".js") || !target.startsWith(`packages/${folder}/src/`);
    });
    expect(wrong).toEqual([]);
  });

  if (folder !== "transport-node") {
    it("does not import from Node.js", () => {
      expect(imports.filter(({ specifier }) => specifier.startsWith("node:"))).toEqual([]);
    });
  }

  it("uses reflect-metadata in core/src/decorators only", () => {
    const used = packages.filter(({ specifier }) => packageName(specifier) === "reflect-metadata");
    expect(used.filter(({ file }) => !file.startsWith("packages/core/src/decorators/"))).toEqual([]);
  });

  if (folder !== "transport-node" && folder !== "sluice") {
    it("compiles without the types of a host", () => {
      const { types, lib } = compilerOptions(folder);
      expect(types).toEqual([]);
      expect(lib).toEqual(["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"]);
      expect(sources(folder).filter((file) => borrowsTypes(file))).toEqual([]);
    });

    it("names in globals.d.ts only what every host has", () => {
      const names = sources(folder)
        .filter((file) => file.endsWith("/globals.d.ts"))
        .flatMap((file) => declaredNames(file));
      expect(names.filter((name) => !HOST_NAMES.includes(name))).toEqual([]);
    });
  }
});

describe("manifests", () => {
  it("form no cycle, development dependencies included: turbo builds along both", () => {
    const done = new Set<string>();
    const visit = (folder: string, path: readonly string[]): void => {
      expect(path, "a cycle").not.toContain(folder);
      if (done.has(folder)) return;
      const { dependencies = {}, devDependencies = {} } = manifest(folder);
      for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
        const below = Object.keys(BELOW).find((other) => npmName(other) === name);
        if (below !== undefined) visit(below, [...path, folder]);
      }
      done.add(folder);
    };
    for (const folder of Object.keys(BELOW)) visit(folder, []);
  });

  it("keep docs, benchmarks and test private leaves", () => {
    for (const leaf of ["docs", "benchmarks", "test"]) expect(readJson(`${leaf}/package.json`).private).toBe(true);
  });

  it("give every package its npm name, one version and one floor for Node.js", () => {
    const versions = new Set<string>();
    for (const folder of Object.keys(BELOW)) {
      const { name, version, engines, type, license } = manifest(folder);
      expect({ name, engines, type, license }).toEqual({
        name: npmName(folder),
        engines: readJson("package.json").engines,
        type: "module",
        license: "Apache-2.0",
      });
      versions.add(version);
    }
    expect([...versions]).toHaveLength(1);
  });
});

describe("sluice", () => {
  it.each(BELOW.sluice ?? [])("re-exports everything from %s", async (folder) => {
    const names = Object.keys(await import(npmName(folder)));
    const shown = await import("sluice");
    expect(names.filter((name) => !(name in shown))).toEqual([]);
  });

  it("re-exports no name from two layers: such a name would silently be left out", async () => {
    const owners = new Map<string, unknown>();
    for (const folder of BELOW.sluice ?? []) {
      for (const [name, value] of Object.entries(await import(npmName(folder)))) {
        expect(owners.get(name) ?? value, name).toBe(value);
        owners.set(name, value);
      }
    }
  });
});

function npmName(folder: string): string {
  return folder === "sluice" ? "sluice" : `@sluice/${folder}`;
}

function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function manifest(folder: string) {
  return readJson(`packages/${folder}/package.json`);
}

/** The files of a package that are built and published. */
function sources(folder: string): string[] {
  return filesBelow(`packages/${folder}/src`).filter((file) => /\.ts$/.test(file) && !/\.test(?:-d)?\.ts$/.test(file));
}

function sourceImports(folder: string): Import[] {
  return sources(folder).flatMap((file) =>
    preProcess(file).importedFiles.map(({ fileName }) => ({ file, specifier: fileName })),
  );
}

/** `/// <reference types>` and `<reference lib>` would let a host in past `types: []`. */
function borrowsTypes(file: string): boolean {
  const { typeReferenceDirectives, libReferenceDirectives, referencedFiles } = preProcess(file);
  return typeReferenceDirectives.length + libReferenceDirectives.length + referencedFiles.length > 0;
}

function preProcess(file: string): ts.PreProcessedFileInfo {
  return ts.preProcessFile(ts.sys.readFile(join(root, file)) ?? "", true, true);
}

function compilerOptions(folder: string): ts.CompilerOptions {
  const path = join(root, "packages", folder, "tsconfig.json");
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  return ts.parseJsonConfigFileContent(config, ts.sys, join(root, "packages", folder)).options;
}

function declaredNames(file: string): string[] {
  const source = ts.createSourceFile(file, ts.sys.readFile(join(root, file)) ?? "", ts.ScriptTarget.ES2022);
  return source.statements.flatMap((statement) => {
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.map(({ name }) => (ts.isIdentifier(name) ? name.text : "?"));
    }
    if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement))
      return statement.name?.text ?? "?";
    return ts.SyntaxKind[statement.kind];
  });
}
