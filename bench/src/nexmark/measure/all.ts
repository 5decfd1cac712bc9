/** Measures the queries one after the other. */
import { runApart } from "../../apart.ts";
import { machine } from "../../machine.ts";
import type { QueryName } from "../oracle/mod.ts";
import { type MeasureFlags, readMeasureFlags } from "./flags.ts";
import { markdownOf } from "./markdown.ts";
import { type Measured, measureQuery } from "./measure.ts";
import { formatNexmark, type NexmarkReport } from "./report.ts";
import { eventsOf, workload } from "./workload.ts";

/** Enough for a million events, their rows and the oracle's. */
const HEAP_MIB = 6_144;

/**
 * Measures, prints a table and, if asked, everything as one JSON object on the last line. Progress goes to standard error.
 *
 * @throws {FlagError} if a flag cannot be used. @throws {Error} if an answer differs from the oracle's.
 */
export async function measureAll(programArguments: readonly string[]): Promise<void> {
  const flags = readMeasureFlags(programArguments);
  const startedAt = performance.now();
  const rows: Measured[] = [];
  for (const [index, query] of flags.queries.entries()) {
    rows.push(...(flags.here ? await measureHere(flags, query) : await measureApart(flags, query)));
    if (flags.here) continue;
    const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
    console.error(`${index + 1} of ${flags.queries.length} queries measured, ${minutes} min`);
  }
  const report: NexmarkReport = { benchmark: "nexmark", ...machine(), checkpointInterval: "1s", rows };
  console.log(flags.markdown ? markdownOf(report) : formatNexmark(report));
  if (flags.json) console.log(JSON.stringify(report));
}

async function measureHere(flags: MeasureFlags, query: QueryName): Promise<readonly Measured[]> {
  const rows: Measured[] = [];
  for (const profile of flags.profiles) {
    const work = workload(profile, flags.events ?? eventsOf(query));
    rows.push(...(await measureQuery(query, work, { setups: flags.setups, effort: flags.effort, progress })));
  }
  return rows;
}

function progress({ query, profile, setup, events, eventsPerSecondPerCore }: Measured): void {
  console.error(
    `${query} ${profile} ${setup}: ${eventsPerSecondPerCore.median} of ${events} events per second and core`,
  );
}

/** In a process of its own, as a job of a user has one. */
async function measureApart(flags: MeasureFlags, query: QueryName): Promise<readonly Measured[]> {
  const { profiles, setups, effort, events } = flags;
  const programArguments = [
    ["--all", "--here", "--json", "--only", query],
    ["--profiles", profiles.join(), "--setups", setups.join(), "--rounds", String(effort.rounds)],
    events === undefined ? [] : ["--events", String(events)],
  ].flat();
  const report = await runApart({
    main: new URL("../main.ts", import.meta.url),
    programArguments,
    nodeFlags: ["--expose-gc", `--max-old-space-size=${HEAP_MIB}`],
  });
  return (report as NexmarkReport).rows;
}
