/**
 * Kills a job again and again, and judges what it leaves: `npm run soak -- --help`.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startFaultProxy } from "../proxy/fault-proxy.ts";
import { createBucket } from "../s3/bucket.ts";
import { s3Place } from "../s3/place.ts";
import { complaints, soak, type SoakProgress, type SoakResult } from "./soak.ts";
import type { SoakPlace } from "./task.ts";

const HELP = `npm run soak -- [--kills N] [--backend leveldb|s3] [--seed S] [--faults SHARE] [--json] [--keep]

A job with keyed state, timers, windows and a sink that commits exactly once is killed with SIGKILL, N times, in phases
drawn from the seed. Then its rows are held against a plain loop, and what is stored against what its checkpoints need.

  --kills N           how often. Default: 50. From 200 on each phase has to be hit at least 10 times.
  --backend           leveldb: in a folder. s3: on a real server, behind a proxy that fails. Default: leveldb.
  --seed S            draws the aims and the faults of the proxy. Default: 1.
  --faults SHARE      the share of requests that the proxy strikes, from 0 to 1. Default: 0.03.
  --json              the last line is the result as one JSON object.
  --keep              leaves state and rows where they are, and says where.
`;

/** Where the job works, and how the place is left. */
interface Site {
  readonly place: SoakPlace;
  readonly settled: () => Promise<void>;
  /** Objects in the store that have no business there, after the end. */
  readonly strays: (audit: SoakResult["audit"]) => Promise<readonly string[]>;
  readonly faults: () => Readonly<Record<string, number>> | undefined;
  readonly leave: () => Promise<void>;
}

function diskSite(folder: string): Site {
  return {
    place: { backend: "leveldb", directory: join(folder, "state") },
    settled: async () => undefined,
    strays: async () => [],
    faults: () => undefined,
    leave: async () => undefined,
  };
}

async function serverSite(seed: number, rate: number): Promise<Site> {
  const server = s3Place();
  const bucket = await createBucket(server);
  const proxy = await startFaultProxy({ target: server.endpoint, seed, rate });
  return {
    place: { ...server, backend: "s3", bucket: bucket.name, prefix: "soak", endpoint: proxy.endpoint },
    settled: async () => {
      proxy.heal();
      await proxy.settled();
    },
    // The audit is the backend's own. This asks the server: beside what it counted there are the head and the probe.
    strays: async ({ stored }) => {
      const keys = await bucket.keys();
      const uploads = (await bucket.uploads()).map(({ key }) => `upload of ${key}`);
      return keys.length === stored + 2 ? uploads : [...uploads, `${keys.length} objects: ${keys.join(", ")}`];
    },
    faults: () => proxy.struck,
    leave: async () => {
      await proxy.close();
      await bucket.remove();
    },
  };
}

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
const [kills, seed, rate] = [Number(values.kills), Number(values.seed), Number(values.faults)];
const { backend } = values;
const isValid =
  Number.isSafeInteger(kills) &&
  kills > 0 &&
  Number.isSafeInteger(seed) &&
  rate >= 0 &&
  rate <= 1 &&
  (backend === "leveldb" || backend === "s3");

async function main(): Promise<boolean> {
  const startedAt = performance.now();
  const seconds = (): string => `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;
  const folder = await mkdtemp(join(tmpdir(), "tidemark-soak-"));
  const site = backend === "s3" ? await serverSite(seed, rate) : diskSite(folder);
  const progress = ({ kills: done, life, aim }: SoakProgress): void => {
    const what =
      aim === undefined ? "ran to the end" : `${aim.phase}, ${life.end === "missed" ? "missed" : life.detail}`;
    console.log(`${String(done).padStart(4)} of ${kills}, ${seconds()}: ${what}; ${life.checkpoints} checkpoints`);
  };
  try {
    const output = join(folder, "rows");
    const result = await soak({ kills, seed, place: site.place, output, settled: site.settled, progress });
    const wrong = [...complaints(result), ...(await site.strays(result.audit))];
    report(result, wrong, { backend, seed, seconds: (performance.now() - startedAt) / 1_000, faults: site.faults() });
    return wrong.length === 0;
  } finally {
    await site.leave();
    if (values.keep) console.log(`State and rows are in ${folder}`);
    else await rm(folder, { recursive: true, force: true });
  }
}

function report(result: SoakResult, wrong: readonly string[], run: Readonly<Record<string, unknown>>): void {
  const { hits, missed, verdict, audit, ...others } = result;
  const most = Math.max(...Object.values(hits), 1);
  console.log("");
  for (const [phase, times] of Object.entries(hits)) {
    console.log(`${phase.padEnd(28)} ${String(times).padStart(4)} ${"#".repeat(Math.ceil((times / most) * 40))}`);
  }
  console.log(`${"missed".padEnd(28)} ${String(missed).padStart(4)}`);
  console.log("");
  console.log(`lost ${verdict.lost}, doubled ${verdict.doubled}, wrong ${verdict.wrong} of ${verdict.rows} rows`);
  console.log(`${audit.orphaned.length + audit.pending.length} orphans among ${audit.stored} that are stored`);
  for (const what of wrong) console.log(`FAILED: ${what}`);
  if (!values.json) return;
  const { lost, doubled, wrong: differing, rows } = verdict;
  const figures = { rows, lost, doubled, wrong: differing, stored: audit.stored, needed: audit.referenced };
  const orphans = audit.orphaned.length + audit.pending.length;
  console.log(
    JSON.stringify({
      passed: wrong.length === 0,
      ...run,
      ...others,
      hits,
      missed,
      ...figures,
      orphans,
      complaints: wrong,
    }),
  );
}

if (values.help || !isValid) {
  console.log(HELP);
  process.exitCode = values.help ? 0 : 2;
} else {
  process.exitCode = (await main()) ? 0 : 1;
}
