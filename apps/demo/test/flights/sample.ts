/** Small feeds made by hand. */
import { Airports, emptyColumns, type FlightColumns } from "../../src/flights/columns.ts";

export const HOUR = 60;

/** Columns of flights given as origin, scheduled minute and delay. Minutes count from a day well after the epoch. */
export const DAY = 11_000 * 24 * HOUR;

export function columnsOf(
  flights: readonly (readonly [origin: string, minute: number, delay: number])[],
): FlightColumns {
  const columns = emptyColumns(flights.length);
  const airports = new Airports();
  flights.forEach(([origin, minute, delay], row) => {
    columns.scheduledMinute[row] = DAY + minute;
    columns.delay[row] = delay;
    columns.distance[row] = 100 + row;
    columns.origin[row] = airports.code(origin);
    columns.destination[row] = airports.code("JFK");
  });
  return { ...columns, airports: airports.names };
}

/** Any iterable, as one that has to be awaited. */
export async function* later(values: Iterable<unknown>): AsyncGenerator<unknown> {
  yield* values;
}
