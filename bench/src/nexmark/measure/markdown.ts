/** The table of the queries for a page of Markdown. */
import { formatMachine } from "../../machine.ts";
import { CAPTION, type NexmarkReport, tableOfQueries } from "./report.ts";

/** A table with a line for each query. */
export function markdownOf(report: NexmarkReport): string {
  const { places, lines } = tableOfQueries(report);
  const header = ["query", "events", ...places.map(({ profile, setup }) => `${setup}, ${profile}`)];
  const body = lines.map(({ query, events, thousands }) => [
    query,
    grouped(events),
    ...thousands.map((rate) => (rate === undefined ? "" : grouped(rate))),
  ]);
  const ruler = header.map((_, column) => (column === 0 ? "---" : "---:"));
  const table = [header, ruler, ...body].map((cells) => `| ${cells.join(" | ")} |`);
  return [`${CAPTION}. ${formatMachine(report)}.`, "", ...table].join("\n");
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}
