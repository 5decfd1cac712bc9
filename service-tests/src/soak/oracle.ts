/** The independent judge: a plain loop over the numbers, held against what was committed. Nothing of the engine. */
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { recordOf } from "./records.ts";
import { BUCKET_MS, foldHash, RUNNING_EVERY, SIGHTINGS_EVERY, type SoakRow, squared, WINDOW_MS } from "./rows.ts";

/** What the comparison found: the first three have to be 0. */
export interface SoakVerdict {
  readonly rows: number;
  lost: number;
  doubled: number;
  wrong: number;
  readonly examples: readonly string[];
}

interface KeyState {
  count: number;
  hash: number;
  running: number;
  sum: number;
  trail: number;
  highest: number;
  squares: number;
}

const EXAMPLES_MAX = 5;

/** The value of every row that has to be there, by its name. */
export function expectedRows(end: number): Map<string, number> {
  const rows = new Map<string, number>();
  const keys = new Map<string, KeyState>();
  const add = (kind: SoakRow["kind"], key: string, at: number, value: number): void => {
    const name = nameOf({ kind, key, at });
    rows.set(name, (rows.get(name) ?? 0) + value);
  };
  for (let n = 0; n < end; n++) {
    const { key, group, time, amount } = recordOf(n);
    let state = keys.get(key);
    if (state === undefined) {
      state = { count: 0, hash: 0, running: 0, sum: 0, trail: 0, highest: -1, squares: 0 };
      keys.set(key, state);
    }
    state.count++;
    state.hash = foldHash(state.hash, n);
    state.running = state.count === 1 ? foldHash(0, n) : foldHash(state.running, foldHash(0, n));
    state.sum += amount;
    state.trail = foldHash(state.trail, n);
    state.highest = Math.max(state.highest, amount);
    state.squares = squared(state.squares, amount);
    if (state.count % SIGHTINGS_EVERY === 0) {
      add("sightings", key, state.count, state.hash);
      add("trail", key, state.count, foldHash(foldHash(state.trail, state.highest), state.squares));
      state.trail = 0;
    }
    if (state.count % RUNNING_EVERY === 0) add("running", key, state.count, foldHash(state.running, state.sum));
    add("bucket", key, Math.floor(time / BUCKET_MS) * BUCKET_MS, 1);
    add("total", group, Math.floor(time / WINDOW_MS) * WINDOW_MS, amount);
  }
  return rows;
}

/** Holds rows, a line of JSON each, against the numbers up to `end`. */
export async function verdictOf(lines: AsyncIterable<string>, end: number): Promise<SoakVerdict> {
  const expected = expectedRows(end);
  const seen = new Map<string, number>();
  const examples: string[] = [];
  const found = { rows: 0, lost: 0, doubled: 0, wrong: 0, examples };
  const note = (fault: "lost" | "doubled" | "wrong", what: string): void => {
    found[fault]++;
    if (examples.length < EXAMPLES_MAX) examples.push(`${fault}: ${what}`);
  };
  for await (const line of lines) {
    found.rows++;
    const row = parsed(line);
    const name = row === undefined ? line : nameOf(row);
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    const value = expected.get(name);
    if (value === undefined) note("wrong", `nobody expects ${line}`);
    else if (times > 1) note("doubled", `copy ${times} of ${line}`);
    else if (row?.value !== value) note("wrong", `${line}, and the value should be ${value}`);
  }
  for (const [name, value] of expected) if (!seen.has(name)) note("lost", `${name} = ${value}`);
  return found;
}

/** The lines of the visible files of a directory. */
export async function* visibleLines(directory: string): AsyncGenerator<string> {
  for (const name of (await readdir(directory)).filter((each) => each.endsWith(".ndjson") && !each.startsWith("."))) {
    const lines = createInterface({ input: createReadStream(join(directory, name)), crlfDelay: Infinity });
    for await (const line of lines) if (line !== "") yield line;
  }
}

function nameOf({ kind, key, at }: Pick<SoakRow, "kind" | "key" | "at">): string {
  return `${kind} ${key} ${at}`;
}

/** What is in the file may be anything. */
function parsed(line: string): SoakRow | undefined {
  try {
    const found: unknown = JSON.parse(line);
    return typeof found === "object" && found !== null && Object.keys(found).length === 4
      ? (found as SoakRow)
      : undefined;
  } catch {
    return undefined;
  }
}
