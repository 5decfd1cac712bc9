/** What the measurements came to, for people. */
import { formatMachine, type Machine } from "../../machine.ts";
import type { Measured } from "./measure.ts";
import { SETUPS, type SetupName } from "./setup.ts";
import { type ProfileName, PROFILES } from "./workload.ts";
import { type Side, tableLines } from "../../table.ts";

/** All measurements, and where they were made. */
export interface NexmarkReport extends Machine {
  readonly benchmark: "nexmark";
  readonly checkpointInterval: "1s";
  readonly rows: readonly Measured[];
}

/** A place, at a density of events. */
interface Place {
  readonly profile: ProfileName;
  readonly setup: SetupName;
}

/** A line of the table: a query, over how many events, and thousands of events per second and core in each place. */
export interface QueryLine {
  readonly query: string;
  readonly events: number;
  readonly thousands: readonly (number | undefined)[];
}

/** The measurements by query. */
export interface QueryTable {
  readonly places: readonly Place[];
  readonly lines: readonly QueryLine[];
}

const BAR_WIDTH = 24;

/** Sorts measurements into a line for each query and a column for each place. */
export function tableOfQueries({ rows }: NexmarkReport): QueryTable {
  const profiles = (Object.keys(PROFILES) as ProfileName[]).filter((name) => rows.some((row) => row.profile === name));
  const setups = SETUPS.filter((name) => rows.some((row) => row.setup === name));
  const places = profiles.flatMap((profile) => setups.map((setup) => ({ profile, setup })));
  const queries = [...new Set(rows.map(({ query }) => query))];
  const lines = queries.map((query): QueryLine => {
    const own = rows.filter((row) => row.query === query);
    const thousands = places.map(({ profile, setup }) => {
      const row = own.find((each) => each.profile === profile && each.setup === setup);
      return row && Math.round(row.eventsPerSecondPerCore.median / 1_000);
    });
    return { query, events: own[0]?.events ?? 0, thousands };
  });
  return { places, lines };
}

/** What all figures have in common. */
export const CAPTION =
  "Thousands of events per second and core; exactly-once, a checkpoint each second; every answer compared with the oracle's";

/** A table with a line for each query, and a bar for its first column. */
export function formatNexmark(report: NexmarkReport): string {
  const { places, lines } = tableOfQueries(report);
  const greatest = Math.max(...lines.map(({ thousands }) => thousands[0] ?? 0));
  const header = ["query", "events", ...places.map(({ profile, setup }) => `${setup} ${profile}`), ""];
  const body = lines.map(({ query, events, thousands }) => {
    const bar = "█".repeat(Math.max(1, Math.round((BAR_WIDTH * (thousands[0] ?? 0)) / greatest)));
    return [query, String(events), ...thousands.map((rate) => String(rate ?? "")), bar];
  });
  const sideOf = (column: number): Side => (column === 0 || column === header.length - 1 ? "left" : "right");
  return [CAPTION, formatMachine(report), "", ...tableLines([header, ...body], sideOf)].join("\n");
}
