/**
 * How soon a job runs in a fresh process, and what one that waits holds.
 *
 * @module
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { build } from "esbuild";

import { runApart } from "../apart.ts";
import { formatMachine, type Machine, machine } from "../machine.ts";
import { spreadOf, type Spread } from "../statistics.ts";
import type { Start } from "./child.ts";

/** What the start-up benchmark found, and where. */
export interface Report extends Machine {
  readonly benchmark: "startup";
  readonly starts: number;
  readonly idlePipelines: number;
  /** The bundle: core's main entry and backend-memory, minified. */
  readonly bundleBytes: number;
  readonly importMs: Spread;
  readonly firstRecordMs: Spread;
  readonly secondJobMs: Spread;
  readonly idleBytes: Spread;
}

/** Measures, prints lines, and with `--json` the same as one object on the last line. */
export async function startupBench(programArguments: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...programArguments],
    options: {
      starts: { type: "string", default: "10" },
      idle: { type: "string", default: "200" },
      json: { type: "boolean", default: false },
    },
  });
  const report = await measure(wholeNumber("starts", values.starts), wholeNumber("idle", values.idle));
  console.log(formatReport(report));
  if (values.json) console.log(JSON.stringify(report));
}

async function measure(starts: number, idlePipelines: number): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), "startup-bench-"));
  try {
    const bundle = join(directory, "engine.mjs");
    await bundleTo(bundle);
    const all: Start[] = [];
    // The first one brings the files into memory, and does not count.
    for (let round = 0; round <= starts; round++) {
      const start = (await runApart({
        main: new URL("./child.ts", import.meta.url),
        programArguments: [bundle, String(idlePipelines)],
        nodeFlags: ["--expose-gc"],
      })) as Start;
      if (round > 0) all.push(start);
    }
    const of = (figure: (start: Start) => number): Spread => spreadOf(all.map(figure));
    return {
      benchmark: "startup",
      ...machine(),
      starts,
      idlePipelines,
      bundleBytes: (await stat(bundle)).size,
      importMs: of(({ importMs }) => importMs),
      firstRecordMs: of(({ firstRecordMs }) => firstRecordMs),
      secondJobMs: of(({ secondJobMs }) => secondJobMs),
      idleBytes: of(({ idleBytes }) => idleBytes),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function bundleTo(outfile: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL("./engine.ts", import.meta.url))],
    outfile,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    conditions: ["@tidemark/source"],
    logLevel: "error",
  });
}

/** The report as lines for people. */
export function formatReport(report: Report): string {
  const { starts, idlePipelines, bundleBytes, importMs, firstRecordMs, secondJobMs, idleBytes } = report;
  const ms = ({ median, least, greatest }: Spread): string =>
    `${median.toFixed(1)} ms (${least.toFixed(1)} to ${greatest.toFixed(1)})`;
  return [
    `Middle of ${starts} starts, ${formatMachine(report)}`,
    "",
    `import of core and backend-memory, a bundle of ${Math.round(bundleBytes / 1_000)} kB: ${ms(importMs)}`,
    `run to first result, the first job of a process:  ${ms(firstRecordMs)}`,
    `run to first result, the second one:              ${ms(secondJobMs)}`,
    `heap for each of ${idlePipelines} pipelines that wait:        ${(idleBytes.median / 1_000).toFixed(1)} kB`,
  ].join("\n");
}

function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`Cannot use --${flag} ${text}: it must be a whole number, at least 1`);
}
