/**
 * This revision beside another one, measured in turns.
 *
 *     npm run bench:compare -- main
 *     npm run bench:compare -- HEAD~3 --rounds 7
 *     npm run bench:compare -- main --rounds 3 -- nexmark --only q4,q18 --profiles 10k/s --setups memory --rounds 1
 */
import { fileURLToPath } from "node:url";

import { compareRevisions } from "./compare.ts";
import { CompareFlagError, readCompareFlags } from "./flags.ts";
import { formatCompared } from "./report.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url)).replace(/\/$/, "");

try {
  const { revision, rounds, benchmark, json } = readCompareFlags(process.argv.slice(2));
  const progress = (done: string): void => console.error(done);
  const compared = await compareRevisions({ root, revision, rounds, benchmark, progress });
  console.log(formatCompared(revision, compared));
  if (json) console.log(JSON.stringify(compared));
} catch (error) {
  if (!(error instanceof CompareFlagError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
