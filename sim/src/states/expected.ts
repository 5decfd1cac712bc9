/** What the steps of a random pipeline keep, worked out from the records that have come to them. */
import { grouped } from "./grouped.ts";
import type { StateEntry } from "./dump.ts";
import { isPoison, type Rec, type StepKind, type StepOf, type StepSpec } from "../dag/spec.ts";

/** An entry that has to be there until event time has come to its end; of one without an end, always. */
export interface ExpectedEntry extends StateEntry {
  readonly until?: number;
}

/** What a step keeps of records that have come to it; `others`: those of its second input. */
export function expectedState(
  step: StepSpec,
  recs: readonly Rec[],
  others: readonly Rec[],
): readonly ExpectedEntry[] | undefined {
  switch (step.kind) {
    case "count":
      return perKey(recs).map(([k, own]) => entry("result", k, "", { k, n: own.length, at: 0 }));
    case "distinct":
      return perKey(recs).flatMap(([k, own]) =>
        [...new Set(own.map(({ n }) => n))].map((n) => entry("seen", k, String(n), true)),
      );
    case "poison":
      return perKey(recs.filter(({ n }) => !isPoison(n))).flatMap(([k, own]) => [
        entry("count", k, "", own.length),
        ...own.map(({ n }) => entry("seen", k, "item", n)),
      ]);
    case "pairs":
      return [...items("lefts", recs), ...items("rights", others)];
    case "tumbling":
      return windows(recs, step.sizeMs, step.sizeMs).map(({ k, start, own }) =>
        entry("$window", k, `${start}-${start + step.sizeMs}`, sumOf(own), start + step.sizeMs - 1),
      );
    case "peak":
      return windows(recs, step.sizeMs, step.sizeMs).map(({ k, start, own }) =>
        entry(
          "$window",
          k,
          `${start}-${start + step.sizeMs}`,
          Math.max(...own.map(({ n }) => n)),
          start + step.sizeMs - 1,
        ),
      );
    case "sliding":
      return slices(step, recs);
    case "session":
      return perKey(recs).flatMap(([k, own]) => sessions(k, own, step.gapMs));
    case "stretch":
      return stretches(step, recs);
    default:
      return undefined;
  }
}

/**
 * Steps that give out what comes of a record when it comes, whatever the time is: of all that a checkpoint has read nothing
 * is on its way in them.
 */
export const PROMPT: ReadonlySet<StepKind> = new Set<StepKind>([
  "source",
  "map",
  "filter",
  "flatMap",
  "union",
  "rebalance",
  "count",
  "distinct",
  "route",
  "side",
  "memo",
  "pairs",
  "poison",
]);

function entry(state: string, key: string, place: string, value: unknown, until?: number): ExpectedEntry {
  return { state, key, place, value, ...(until === undefined ? {} : { until }) };
}

function items(state: string, recs: readonly Rec[]): readonly ExpectedEntry[] {
  return recs.map((rec) => entry(state, rec.k, "item", rec));
}

/** A slice is kept until the last window that it is part of has fired. */
function slices({ sizeMs, everyMs }: StepOf<"sliding">, recs: readonly Rec[]): readonly ExpectedEntry[] | undefined {
  if (sizeMs % everyMs !== 0) return undefined;
  return windows(recs, everyMs, everyMs).map(({ k, start, own }) =>
    entry("$slice", k, `${start}-${start + everyMs}`, sumOf(own), start + sizeMs - 1),
  );
}

function stretches({ sizeMs, state }: StepOf<"stretch">, recs: readonly Rec[]): readonly ExpectedEntry[] {
  return windows(recs, sizeMs, sizeMs).flatMap(({ k, start, own }) => {
    const until = start + sizeMs - 1;
    const timer = entry("event timer", k, `${until}`, undefined, until);
    if (state === "map") return [timer, entry("sums", k, `${start}`, sumOf(own), until)];
    return [timer, ...own.map((rec) => entry("waiting", k, "item", rec, until))];
  });
}

/** A session is complete at its end. */
function sessions(k: string, recs: readonly Rec[], gapMs: number): readonly ExpectedEntry[] {
  const found: Rec[][] = [];
  for (const rec of recs.toSorted((left, right) => left.at - right.at)) {
    const open = found.at(-1);
    if (open !== undefined && rec.at <= open.at(-1)!.at + gapMs) open.push(rec);
    else found.push([rec]);
  }
  return found.map((own) => {
    const end = own.at(-1)!.at + gapMs;
    return entry("session", k, `${own[0]!.at}-${end}`, { sum: sumOf(own), hasTimer: true }, end);
  });
}

function sumOf(recs: readonly Rec[]): number {
  return recs.reduce((sum, { n }) => sum + n, 0);
}

function perKey(recs: readonly Rec[]): readonly (readonly [string, readonly Rec[]])[] {
  return [...grouped(recs, ({ k }) => k)];
}

function windows(
  recs: readonly Rec[],
  sizeMs: number,
  everyMs: number,
): readonly { readonly k: string; readonly start: number; readonly own: readonly Rec[] }[] {
  return perKey(recs).flatMap(([k, all]) =>
    [...grouped(all, ({ at }) => Math.floor(at / everyMs) * everyMs)].map(([start, own]) => ({
      k,
      start,
      own: own.filter(({ at }) => at < start + sizeMs),
    })),
  );
}
