/** What joins mean, over plain arrays of everything that comes. */
import { END_OF_TIME, NO_TIMESTAMP } from "../../src/time/timestamps.ts";
import type { Call, Timed } from "../operators/harness.ts";

/** A record of a test. */
export interface Item {
  readonly key: number;
  readonly id: number;
}

/** A record, with its time. */
export interface Row extends Item {
  readonly at: number;
}

/** What came in time on each of two inputs, and what came late. */
export interface Judged {
  readonly rows: readonly [left: readonly Row[], right: readonly Row[]];
  readonly late: readonly [left: readonly Timed[], right: readonly Timed[]];
}

/** Divides records by whether the watermark had passed them when they came. */
export function judge(calls: readonly Call[]): Judged {
  const rows: [Row[], Row[]] = [[], []];
  const late: [Timed[], Timed[]] = [[], []];
  let time = NO_TIMESTAMP;
  for (const call of calls) {
    if (call.kind === "watermark") time = call.time;
    if (call.kind !== "batch") continue;
    const side = call.input === 1 ? 1 : 0;
    for (const [value, at] of call.records) {
      if (at <= time) late[side].push([value, at]);
      else rows[side].push({ ...(value as Item), at });
    }
  }
  return { rows, late };
}

/** Every pair of one key whose times are as a join wants them, with the later of the two times. */
export function pairs(
  [lefts, rights]: Judged["rows"],
  meets: (left: number, right: number) => boolean,
): readonly string[] {
  return lefts.flatMap((left) =>
    rights
      .filter((right) => left.key === right.key && meets(left.at, right.at))
      .map((right) => `${left.id}+${right.id} at ${Math.max(left.at, right.at)}`),
  );
}

/** The left records that meet none, with the time at which that is certain. */
export function alone(
  [lefts, rights]: Judged["rows"],
  meets: (left: number, right: number) => boolean,
  waitsMs: number,
): readonly string[] {
  return lefts
    .filter((left) => !rights.some((right) => left.key === right.key && meets(left.at, right.at)))
    .map((left) => `${left.id} alone at ${left.at + waitsMs}`);
}

/** One thing that happens in a random run: a record on one of two inputs, or time going on. */
export type Happening = { readonly side: 0 | 1; readonly key: number; readonly at: number } | number;

/** The calls of a run, with records of one input in batches of up to `size`, and an end. */
export function callsOf(happenings: readonly Happening[], size: number, from: number = -40): readonly Call[] {
  const calls: Call[] = [];
  let time = from;
  happenings.forEach((happening, id) => {
    if (typeof happening === "number") {
      time += happening;
      calls.push({ kind: "watermark", time });
      return;
    }
    const { side, key, at } = happening;
    const record: Timed = [{ key, id } satisfies Item, at];
    const last = calls.at(-1);
    if (last?.kind === "batch" && last.input === side && last.records.length < size) {
      calls[calls.length - 1] = { ...last, records: [...last.records, record] };
    } else {
      calls.push({ kind: "batch", records: [record], input: side });
    }
  });
  return [...calls, { kind: "watermark", time: END_OF_TIME }];
}

/** What comes of the records of one window: every pair of both sides, or all of each side at once. */
export function together(
  calls: readonly Call[],
  ids: readonly number[],
  isGroup: boolean,
  at: number,
): readonly string[] {
  const taken = new Set(ids);
  const [lefts, rights] = [0, 1].map((side) =>
    calls.flatMap((call) =>
      call.kind === "batch" && (call.input ?? 0) === side
        ? call.records.map(([value]) => (value as Item).id).filter((id) => taken.has(id))
        : [],
    ),
  ) as [number[], number[]];
  if (isGroup) return [`${lefts.join(" ")}|${rights.join(" ")} at ${at}`];
  return lefts.flatMap((left) => rights.map((right) => `${left}+${right} at ${at}`));
}

/** How rows of a table are deleted, and for how long that is known. */
export interface Deletions {
  readonly isDeletion: (row: Item) => boolean;
  readonly rememberMs: number;
}

/** What comes of a table over time: each left record with the row that is valid at its time, and what is late. */
export function valid(
  calls: readonly Call[],
  isOuter: boolean,
  { isDeletion, rememberMs }: Deletions = { isDeletion: () => false, rememberMs: 0 },
): { readonly lines: readonly string[]; readonly late: readonly number[]; readonly rows: number } {
  const lines: string[] = [];
  const late: number[] = [];
  let versions: Row[] = [];
  let waiting: Row[] = [];
  let time = NO_TIMESTAMP;
  const latest = (key: number, until: number): Row | undefined =>
    versions.filter((row) => row.key === key && row.at <= until).reduce<Row | undefined>(later, undefined);
  /** What was deleted long ago is as if it had never been, and so is that it was deleted. */
  const forget = (): void => {
    for (const key of new Set(versions.map((row) => row.key))) {
      const last = latest(key, time);
      if (last === undefined || !isDeletion(last) || last.at + rememberMs > time) continue;
      versions = versions.filter((row) => row.key !== key || row.at > last.at);
    }
  };
  for (const call of calls) {
    if (call.kind === "watermark") {
      time = call.time;
      for (const { key, id, at } of waiting.filter((row) => row.at <= time)) {
        const row = latest(key, at);
        if (row !== undefined && !isDeletion(row)) lines.push(`${id}+${row.id} at ${at}`);
        else if (isOuter) lines.push(`${id} alone at ${at}`);
      }
      waiting = waiting.filter((row) => row.at > time);
      forget();
    } else if (call.kind === "batch") {
      for (const [value, at] of call.records) {
        const row: Row = { ...(value as Item), at };
        const isTable = call.input === 1;
        const isSuperseded = isTable && (latest(row.key, time)?.at ?? NO_TIMESTAMP) > at;
        if (at <= time && (!isTable || isSuperseded)) late.push(row.id);
        else (isTable ? versions : waiting).push(row);
        forget();
      }
    }
  }
  return { lines, late, rows: new Set(versions.map(({ key }) => key)).size };
}

/** Of two rows the one from which on the other no longer counts. */
function later(one: Row | undefined, other: Row): Row {
  return one !== undefined && one.at > other.at ? one : other;
}
