/**
 * Kills a job again and again, and judges what it leaves: `npm run soak -- --help`.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { progressLine, reportLines, reportObject } from "./report.ts";
import { diskSite, serverSite } from "./sites.ts";
import { complaints, soak } from "./soak.ts";

const HELP = `npm run soak -- [--kills N] [--backend leveldb|s3] [--seed S] [--faults SHARE] [--json] [--keep]

A job with keyed state, timers, windows and a sink that commits exactly once is killed with SIGKILL, N times, in phases
drawn from the seed. Then its rows are held against a plain loop, and what is stored against what its checkpoints need.

  --kills N           how often. Default: 50. From 200 on each phase has to be hit at least 10 times.
  --backend           leveldb: in a folder. s3: on a real server, behind a proxy that fails. Default: leveldb.
  --seed S            draws the aims and the faults of the proxy. Default: 1.
  --faults SHARE      the share of requests that the proxy strikes, from 0 to 1. Default: 0.03.
  --json              the last line is the result as one JSON object.
  --keep              leaves rows, and the state of LevelDB, where they are, and says where. So does a failure.
`;

/** What was asked for. */
interface Flags {
  readonly kills: number;
  readonly seed: number;
  readonly rate: number;
  readonly backend: "leveldb" | "s3";
  readonly json: boolean;
  readonly keep: boolean;
}

function parseFlags(): Flags | "help" | undefined {
  const { values } = parseArgs({
    options: {
      kills: { type: "string", default: "50" },
      backend: { type: "string", default: "leveldb" },
      seed: { type: "string", default: "1" },
      faults: { type: "string", default: "0.03" },
      json: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const [kills, seed, rate] = [Number(values.kills), Number(values.seed), Number(values.faults)];
  const { backend, json, keep } = values;
  if (!Number.isSafeInteger(kills) || kills < 1 || !Number.isSafeInteger(seed)) return undefined;
  if (!(rate >= 0 && rate <= 1) || (backend !== "leveldb" && backend !== "s3")) return undefined;
  return { kills, seed, rate, backend, json, keep };
}

async function main({ kills, seed, rate, backend, json, keep }: Flags): Promise<boolean> {
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1_000;
  const folder = await mkdtemp(join(tmpdir(), "tidemark-soak-"));
  const site = backend === "s3" ? await serverSite(seed, rate) : diskSite(folder);
  let passed = false;
  try {
    const result = await soak({
      kills,
      seed,
      place: site.place,
      output: join(folder, "rows"),
      settled: () => site.settled(),
      progress: (state) => console.log(progressLine(state, kills, seconds())),
    });
    const wrong = [...complaints(result), ...(await site.strays(result.audit))];
    for (const line of reportLines(result, wrong)) console.log(line);
    const facts = { backend, seed, seconds: seconds(), faults: site.faults() };
    if (json) console.log(JSON.stringify(reportObject(result, wrong, facts)));
    passed = wrong.length === 0;
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    console.log(`FAILED: ${what}`);
    if (json) console.log(JSON.stringify({ passed, backend, seed, seconds: seconds(), complaints: [what] }));
  } finally {
    await site.leave();
    if (keep || !passed) console.error(`State and rows are in ${folder}`);
    else await rm(folder, { recursive: true, force: true });
  }
  return passed;
}

// The child of the moment dies with this process, whichever way it goes.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const flags = parseFlags();
if (typeof flags === "object") {
  process.exitCode = (await main(flags)) ? 0 : 1;
} else {
  console.log(HELP);
  process.exitCode = flags === "help" ? 0 : 2;
}
