/** Turns test files into plain JavaScript that uses the built packages, for a runtime that cannot read TypeScript. */
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";

import { build, type Plugin } from "esbuild";

import { filesUnder } from "./workspace.ts";

/** Where the compiled tests are. */
export interface CompiledTests {
  readonly files: readonly string[];
  /** The folders that hold them, to be removed afterwards. */
  readonly folders: readonly string[];
}

const OUT = ".node20";

/** The folder whose name is `test` or `smoke` and that holds the file. */
function testFolderOf(file: string): string {
  let folder = dirname(file);
  while (!["test", "smoke"].includes(basename(folder))) {
    if (dirname(folder) === folder) throw new Error(`Cannot compile ${file}: it is in no test folder`);
    folder = dirname(folder);
  }
  return folder;
}

// The compiled folder stands beside the test folder, so that `../` means the same from both.
const compiledFolderOf = (testFolder: string): string => join(dirname(testFolder), OUT);

/** Leaves every import an import; one of a source file becomes one of the built file. */
function keepImports(testFolder: string): Plugin {
  return {
    name: "keep-imports",
    setup: (setup) => {
      setup.onResolve({ filter: /^\.\.?\// }, (found) => {
        if (found.kind === "entry-point") return undefined;
        const target = resolve(found.resolveDir, found.path);
        const importer = join(compiledFolderOf(testFolder), relative(testFolder, found.resolveDir));
        const inTests = target.startsWith(testFolder + sep);
        const built = inTests
          ? join(compiledFolderOf(testFolder), relative(testFolder, target))
          : target.replace(`${sep}src${sep}`, `${sep}dist${sep}`);
        const path = relative(importer, built).split(sep).join("/").replace(/\.ts$/, ".js");
        return { path: path.startsWith(".") ? path : `./${path}`, external: true };
      });
    },
  };
}

/** Compiles the test folders of the given files, whole: fixtures and programs that tests start come along. */
export async function compileTests(files: readonly string[]): Promise<CompiledTests> {
  const folders = [...new Set(files.map((file) => testFolderOf(file)))];
  for (const folder of folders) {
    const compiled = compiledFolderOf(folder);
    rmSync(compiled, { recursive: true, force: true });
    mkdirSync(compiled, { recursive: true });
    cpSync(folder, compiled, { recursive: true, filter: (path) => !path.endsWith(".ts") });
    await build({
      entryPoints: filesUnder(folder, (path) => path.endsWith(".ts")).slice(),
      outdir: compiled,
      outbase: folder,
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      target: "node20",
      sourcemap: "inline",
      logLevel: "error",
      plugins: [keepImports(folder)],
    });
  }
  return {
    files: files.map((file) => {
      const folder = testFolderOf(file);
      return join(compiledFolderOf(folder), relative(folder, file)).replace(/\.ts$/, ".js");
    }),
    folders: folders.map((folder) => compiledFolderOf(folder)),
  };
}
