/**
 * The feed: the flights in the order they left, one JSON object a line, in a file that can be read from any byte. It is
 * written once and its hash is kept beside it, so that every start of the job can tell that it still reads the same
 * bytes.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type FlightColumns, flightAt } from "./columns.ts";
import type { Flight } from "./flight.ts";

/** A feed on disk. */
export interface Feed {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  /** Of the whole file, in hexadecimal. */
  readonly sha256: string;
  /** Whether it was there before. */
  readonly reused: boolean;
}

/** Part of the file names: another layout of the lines is another feed. */
const FORMAT = "v1";
const LINES_PER_WRITE = 20_000;

/** The line of one flight, without its end. */
export function lineOf(flight: Flight): string {
  return (
    `{"row":${flight.row},"origin":${JSON.stringify(flight.origin)},"destination":${JSON.stringify(flight.destination)},` +
    `"scheduled":${flight.scheduled},"delay":${flight.delay},"distance":${flight.distance}}`
  );
}

/**
 * The feed of these flights in `directory`: the one that is there if its bytes still have the hash written down, else a
 * new one, which appears under its name when it is whole.
 */
export async function prepareFeed(
  directory: string,
  columns: FlightColumns,
  order: Uint32Array,
  progress: (rowsDone: number) => void = () => {},
): Promise<Feed> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, ".gitignore"), "*\n");
  const path = join(directory, `flights-${columns.rows}-${FORMAT}.ndjson`);
  const there = await readNote(path, columns.rows);
  if (there !== undefined && (await sha256Of(path)) === there.sha256) return { ...there, path, reused: true };
  const { bytes, sha256 } = await writeFeed(path, columns, order, progress);
  await putWhole(noteOf(path), async (file) => {
    await file.writeFile(`${JSON.stringify({ rows: columns.rows, bytes, sha256 })}\n`);
  });
  return { path, rows: columns.rows, bytes, sha256, reused: false };
}

/** The hash of a file's bytes. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

async function writeFeed(
  path: string,
  columns: FlightColumns,
  order: Uint32Array,
  progress: (rowsDone: number) => void,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  await putWhole(path, async (file) => {
    for (let from = 0; from < order.length; from += LINES_PER_WRITE) {
      const to = Math.min(from + LINES_PER_WRITE, order.length);
      let text = "";
      for (let at = from; at < to; at++) text += `${lineOf(flightAt(columns, order[at]!))}\n`;
      const chunk = Buffer.from(text, "utf8");
      hash.update(chunk);
      bytes += chunk.byteLength;
      await file.writeFile(chunk);
      progress(to);
    }
  });
  return { bytes, sha256: hash.digest("hex") };
}

/** Writes a file aside, makes it durable and only then gives it its name. */
async function putWhole(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const aside = `${path}.${process.pid}.tmp`;
  const file = await open(aside, "w");
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
}

function noteOf(path: string): string {
  return path.replace(/\.ndjson$/, ".json");
}

/** What was written down about the feed at `path`, if it fits the file that is there. */
async function readNote(
  path: string,
  rows: number,
): Promise<{ rows: number; bytes: number; sha256: string } | undefined> {
  try {
    const note = JSON.parse(await readFile(noteOf(path), "utf8")) as { rows: number; bytes: number; sha256: string };
    const { size } = await stat(path);
    return note.rows === rows && note.bytes === size ? note : undefined;
  } catch {
    return undefined;
  }
}
