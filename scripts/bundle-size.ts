/** Bundles the entries of core, and a small app, for a platform that has nothing, and compares their sizes with budgets. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

import { ROOT, readJson } from "./workspace.ts";

type Budgets = Readonly<Record<string, { readonly gzipBytesMax: number }>>;

/** What a bundle came to. */
export interface BundleSize {
  readonly entry: string;
  readonly minifiedBytes: number;
  readonly gzipBytes: number;
  readonly gzipBytesMax: number;
}

/** Bundles everything that has a budget. Rejects if one imports anything that is not in this repository. */
export async function bundleSizes(): Promise<readonly BundleSize[]> {
  const budgets = readJson<Budgets>(join(ROOT, "scripts/budgets.json"));
  return await Promise.all(
    Object.entries(budgets).map(async ([entry, { gzipBytesMax }]) => {
      const bundled = await build({
        entryPoints: [join(ROOT, entry)],
        bundle: true,
        write: false,
        minify: true,
        platform: "neutral",
        format: "esm",
        target: "es2022",
        conditions: ["@tidemark/source"],
        logLevel: "silent",
      });
      const code = bundled.outputFiles[0]?.contents ?? new Uint8Array();
      return { entry, minifiedBytes: code.length, gzipBytes: gzipSync(code, { level: 9 }).length, gzipBytesMax };
    }),
  );
}
