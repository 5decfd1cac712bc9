/**
 * The data set, decoded: 3,000,000 US flights of the first half of 2001 from the npm package `vega-datasets`, as typed
 * columns. Twelve bytes a flight, so that all of them are at hand in 36 MB.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parquetMetadataAsync, parquetRead } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { type Flight, MINUTE_MS } from "./flight.ts";

/** The flights by row number. */
export interface FlightColumns {
  readonly rows: number;
  /** Scheduled departure, in minutes since the epoch. */
  readonly scheduledMinute: Int32Array;
  /** Minutes. */
  readonly delay: Int16Array;
  /** Miles. */
  readonly distance: Int16Array;
  /** Places in {@link airports}. */
  readonly origin: Uint16Array;
  readonly destination: Uint16Array;
  readonly airports: readonly string[];
}

/** How many flights the data set has. */
export const ROWS_ALL = 3_000_000;

/** Where the data set lies. Its package exports no data file, so the way goes through the package's entry. */
export function datasetPath(): string {
  const entry = new URL(import.meta.resolve("vega-datasets"));
  return fileURLToPath(new URL("../data/flights-3m.parquet", entry));
}

/**
 * Decodes the first `rows` flights, one row group after the other.
 *
 * @param progress called with the number of rows decoded so far.
 */
export async function readColumns(
  rows: number,
  progress: (rowsDone: number) => void = () => {},
): Promise<FlightColumns> {
  const bytes = await readFile(datasetPath());
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const metadata = await parquetMetadataAsync(file);
  if (rows > Number(metadata.num_rows)) {
    throw new RangeError(`Cannot read ${rows} flights: the data set has ${metadata.num_rows}`);
  }
  const columns = emptyColumns(rows);
  const airports = new Airports();
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    if (rowStart >= rows) break;
    const rowEnd = Math.min(rowStart + Number(group.num_rows), rows);
    await parquetRead({
      file,
      metadata,
      compressors,
      rowStart,
      rowEnd,
      parsers: { timestampFromMicroseconds: (micros: bigint) => minutesOf(micros) },
      onChunk: (chunk) => {
        const take = taker(chunk.columnName, columns, airports);
        const end = Math.min(chunk.rowEnd, rows);
        for (let row = chunk.rowStart; row < end; row++) take(row, chunk.columnData[row - chunk.rowStart]);
      },
    });
    rowStart = rowEnd;
    progress(rowStart);
  }
  return { ...columns, airports: airports.names };
}

/** One flight out of the columns. */
export function flightAt(columns: FlightColumns, row: number): Flight {
  return {
    row,
    origin: columns.airports[columns.origin[row]!]!,
    destination: columns.airports[columns.destination[row]!]!,
    scheduled: columns.scheduledMinute[row]! * MINUTE_MS,
    delay: columns.delay[row]!,
    distance: columns.distance[row]!,
  };
}

/** Columns of `rows` flights with nothing in them and no airports yet. */
export function emptyColumns(rows: number): FlightColumns {
  return {
    rows,
    scheduledMinute: new Int32Array(rows),
    delay: new Int16Array(rows),
    distance: new Int16Array(rows),
    origin: new Uint16Array(rows),
    destination: new Uint16Array(rows),
    airports: [],
  };
}

/** Gives airports small numbers, in the order they are first met. */
export class Airports {
  readonly names: string[] = [];
  readonly #codes = new Map<string, number>();

  code(name: string): number {
    let code = this.#codes.get(name);
    if (code === undefined) {
      code = this.names.push(name) - 1;
      this.#codes.set(name, code);
    }
    return code;
  }
}

/** What to do with a value of the column of that name. */
function taker(name: string, columns: FlightColumns, airports: Airports): (row: number, value: unknown) => void {
  switch (name) {
    case "date":
      return (row, value) => (columns.scheduledMinute[row] = numberOf(name, row, value));
    case "delay":
      return (row, value) => (columns.delay[row] = smallOf(name, row, value));
    case "distance":
      return (row, value) => (columns.distance[row] = smallOf(name, row, value));
    case "origin":
      return (row, value) => (columns.origin[row] = airports.code(textOf(name, row, value)));
    case "destination":
      return (row, value) => (columns.destination[row] = airports.code(textOf(name, row, value)));
    default:
      return () => {};
  }
}

function minutesOf(micros: bigint): number {
  const minutes = Number(micros) / 60_000_000;
  if (!Number.isInteger(minutes)) throw new RangeError(`Cannot read the data set: ${micros} µs is not a whole minute`);
  return minutes;
}

function numberOf(column: string, row: number, value: unknown): number {
  if (typeof value === "number" || typeof value === "bigint") return Number(value);
  throw new TypeError(`Cannot read the data set: row ${row} has ${String(value)} as ${column}`);
}

/** A number that fits sixteen bits. */
function smallOf(column: string, row: number, value: unknown): number {
  const number = numberOf(column, row, value);
  if (number >= -32_768 && number <= 32_767) return number;
  throw new RangeError(`Cannot read the data set: row ${row} has ${number} as ${column}`);
}

function textOf(column: string, row: number, value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError(`Cannot read the data set: row ${row} has ${String(value)} as ${column}`);
}
