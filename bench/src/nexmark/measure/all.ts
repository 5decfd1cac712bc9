/** Measures the queries one after the other. */
import { cpus } from "node:os";

import { readMeasureFlags } from "./flags.ts";
import { type Measured, measureQuery, workload } from "./measure.ts";
import { formatNexmark, type NexmarkReport } from "./report.ts";
import { SETUPS } from "./setup.ts";

/**
 * Measures, prints a table and, if asked, everything as one JSON object on the last line. Progress goes to standard error.
 *
 * @throws {FlagError} if a flag cannot be used. @throws {Error} if an answer differs from the oracle's.
 */
export async function measureAll(programArguments: readonly string[]): Promise<void> {
  const { queries, profiles, events, json } = readMeasureFlags(programArguments);
  const rows: Measured[] = [];
  for (const profile of profiles) {
    const work = workload(profile, events);
    for (const query of queries) {
      // Compiled code is part of a service that runs for long: the first run is thrown away.
      await measureQuery(query, "memory", work);
      for (const setup of SETUPS) {
        const measured = await measureQuery(query, setup, work);
        rows.push(measured);
        console.error(`${query} ${profile} ${setup}: ${measured.eventsPerSecondPerCore} events per second and core`);
      }
    }
  }
  const report: NexmarkReport = {
    benchmark: "nexmark",
    node: process.versions.node,
    processor: cpus()[0]?.model ?? "unknown processor",
    processors: cpus().length,
    events,
    checkpointInterval: "1s",
    rows,
  };
  console.log(formatNexmark(report));
  if (json) console.log(JSON.stringify(report));
}
