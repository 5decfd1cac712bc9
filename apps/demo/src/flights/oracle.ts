/**
 * The independent judge: computes the rows per airport and hour with a plain loop over the data set, and holds what the
 * job has committed against them. Nothing in here comes from the engine.
 *
 * @module
 */
import { type FlightColumns, flightAt } from "./columns.ts";
import { type Flight, HOUR_MS, type HourlyRow, MINUTE_MS } from "./flight.ts";
import { emptyVerdict, note, type Verdict } from "./verdict.ts";

/** The rows that must have been committed, by {@link keyOf}. */
export type ExpectedHours = ReadonlyMap<string, HourlyRow>;

/** What the late output holds. */
export interface LateCheck {
  /** One byte a row number: 1 if the flight is in the late output, rightly or not. */
  readonly late: Uint8Array;
  readonly rows: number;
  readonly verdict: Verdict;
}

/** What the main output holds. */
export interface HoursCheck {
  readonly rows: number;
  /** The sum of the flights that the rows count. */
  readonly flights: number;
  readonly verdict: Verdict;
}

/** Rows per airport and hour, without the flights that are marked late. */
export function expectedHours(columns: FlightColumns, late: Uint8Array): ExpectedHours {
  const groups = new Map<number, { flights: number; sum: number; worst: number }>();
  const minutesPerHour = HOUR_MS / MINUTE_MS;
  for (let row = 0; row < columns.rows; row++) {
    if (late[row] === 1) continue;
    const hour = Math.floor(columns.scheduledMinute[row]! / minutesPerHour);
    const delay = columns.delay[row]!;
    const id = hour * 65_536 + columns.origin[row]!;
    const group = groups.get(id);
    if (group === undefined) {
      groups.set(id, { flights: 1, sum: delay, worst: delay });
    } else {
      group.flights++;
      group.sum += delay;
      if (delay > group.worst) group.worst = delay;
    }
  }
  const expected = new Map<string, HourlyRow>();
  for (const [id, { flights, sum, worst }] of groups) {
    const origin = columns.airports[id % 65_536]!;
    const hour = Math.floor(id / 65_536) * HOUR_MS;
    expected.set(keyOf(origin, hour), { origin, hour, flights, meanDelay: sum / flights, worstDelay: worst });
  }
  return expected;
}

/** Compares the committed rows with the expected ones, as multisets. */
export async function checkHours(expected: ExpectedHours, committed: AsyncIterable<unknown>): Promise<HoursCheck> {
  const verdict = emptyVerdict();
  const seen = new Map<string, number>();
  let rows = 0;
  let flights = 0;
  for await (const found of committed) {
    rows++;
    const { origin, hour, flights: counted } = fieldsOf<HourlyRow>(found);
    const key = keyOf(origin, hour);
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    flights += typeof counted === "number" ? counted : 0;
    const wanted = expected.get(key);
    if (wanted === undefined) note(verdict, "wrong", `nobody expects ${JSON.stringify(found)}`);
    else if (times > 1) note(verdict, "doubled", `copy ${times} of ${JSON.stringify(found)}`);
    else if (!same(wanted, found)) note(verdict, "wrong", instead(found, wanted));
  }
  for (const [key, row] of expected) {
    if (!seen.has(key)) note(verdict, "lost", JSON.stringify(row));
  }
  return { rows, flights, verdict };
}

/**
 * Checks the late output: each flight in it is one of the data set, unchanged, there once, and beyond its bound.
 *
 * @param beyond one byte a row number: 1 if the flight may be late.
 * @param every whether all of those must be late, as with one split.
 */
export async function checkLate(
  columns: FlightColumns,
  beyond: Uint8Array,
  every: boolean,
  committed: AsyncIterable<unknown>,
): Promise<LateCheck> {
  const verdict = emptyVerdict();
  const late = new Uint8Array(columns.rows);
  let rows = 0;
  for await (const found of committed) {
    rows++;
    const { row } = fieldsOf<Flight>(found);
    if (row === undefined || !Number.isInteger(row) || row < 0 || row >= columns.rows) {
      note(verdict, "wrong", `no flight is ${JSON.stringify(found)}`);
    } else if (late[row] === 1) {
      note(verdict, "doubled", `late flight ${JSON.stringify(found)}`);
    } else {
      late[row] = 1;
      const wanted = flightAt(columns, row);
      if (!same(wanted, found)) note(verdict, "wrong", instead(found, wanted));
      else if (beyond[row] !== 1) note(verdict, "wrong", `not late, by its own split: ${JSON.stringify(found)}`);
    }
  }
  for (let row = 0; every && row < columns.rows; row++) {
    if (beyond[row] !== 1 || late[row] === 1) continue;
    note(verdict, "lost", `late flight ${JSON.stringify(flightAt(columns, row))}`);
  }
  return { late, rows, verdict };
}

function keyOf(origin: unknown, hour: unknown): string {
  return `${String(origin)} ${String(hour)}`;
}

function instead(found: unknown, wanted: unknown): string {
  return `${JSON.stringify(found)} should be ${JSON.stringify(wanted)}`;
}

/** What was read back may be anything. */
function fieldsOf<T>(found: unknown): Partial<T> {
  return typeof found === "object" && found !== null ? (found as Partial<T>) : {};
}

/** Whether both have the same fields with the same values. */
function same(wanted: object, found: unknown): boolean {
  if (typeof found !== "object" || found === null) return false;
  const names = Object.keys(wanted);
  if (names.length !== Object.keys(found).length) return false;
  return names.every((name) => Object.is(Reflect.get(wanted, name), Reflect.get(found, name)));
}
