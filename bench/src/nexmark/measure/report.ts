/** What the measurements came to, for people. */
import { type Measured, type ProfileName, PROFILES } from "./measure.ts";
import { SETUPS, type SetupName } from "./setup.ts";

/** All measurements, and where they were made. */
export interface NexmarkReport {
  readonly benchmark: "nexmark";
  readonly node: string;
  readonly processor: string;
  readonly processors: number;
  readonly events: number;
  readonly checkpointInterval: "1s";
  readonly rows: readonly Measured[];
}

const BAR_WIDTH = 24;

/** A table with a line for each query: a column for each profile and place, and a bar for memory. */
export function formatNexmark(report: NexmarkReport): string {
  const { rows, events, node, processor, processors } = report;
  const queries = [...new Set(rows.map(({ query }) => query))];
  const profiles = (Object.keys(PROFILES) as ProfileName[]).filter((name) => rows.some((row) => row.profile === name));
  const setups = SETUPS.filter((name) => rows.some((row) => row.setup === name));
  const places = profiles.flatMap((profile) => setups.map((setup) => ({ profile, setup })));
  const rateOf = (query: string, profile: ProfileName, setup: SetupName): number =>
    rows.find((row) => row.query === query && row.profile === profile && row.setup === setup)?.eventsPerSecondPerCore ??
    0;
  const greatest = Math.max(...rows.map((row) => row.eventsPerSecondPerCore));
  const header = ["query", ...places.map(({ profile, setup }) => `${setup} ${profile}`), ""];
  const body = queries.map((query) => {
    const rates = places.map(({ profile, setup }) => rateOf(query, profile, setup));
    const bar = "█".repeat(Math.max(1, Math.round((BAR_WIDTH * (rates[0] ?? 0)) / greatest)));
    return [query, ...rates.map((rate) => Math.round(rate / 1000).toString()), bar];
  });
  const widths = header.map((_, column) => Math.max(...[header, ...body].map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 || column === cells.length - 1
          ? cell.padEnd(widths[column] ?? 0)
          : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [
    `Thousands of events per second and core; ${events} events, a checkpoint each second; every answer compared with the oracle`,
    `Node ${node}, ${processors} x ${processor}`,
    "",
    ...[header, ...body].map(line),
  ].join("\n");
}
