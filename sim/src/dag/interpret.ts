/** What a random pipeline means, on plain arrays: nothing of the engine, no state, no time that passes. */
import {
  classOf,
  type DagSpec,
  isPoison,
  mapped,
  paired,
  type Rec,
  type StepOf,
  type StepSpec,
  workedOut,
} from "./spec.ts";

/** The rows of each sink, in some order. */
export function interpret(spec: DagSpec): ReadonlyMap<string, readonly Rec[]> {
  const streams = meanings(spec);
  return new Map(spec.flatMap((step) => (step.kind === "sink" ? [[step.id, streams[step.from]!]] : [])));
}

/** Whether no step has more rows. What is larger is not worked out. */
export function isWithin(spec: DagSpec, rowsMax: number): boolean {
  const streams = meanings(spec, rowsMax);
  return streams.length === spec.length && streams.every(({ length }) => length <= rowsMax);
}

/** The rows of each step, in some order. @param rowsMax after a step with more of them it is given up. */
export function meanings(spec: DagSpec, rowsMax: number = Infinity): readonly (readonly Rec[])[] {
  const streams: (readonly Rec[])[] = [];
  for (const step of spec) {
    if ((streams.at(-1)?.length ?? 0) > rowsMax) return streams;
    const input = step.kind === "source" ? [] : streams[step.from]!;
    streams.push(meaning(step, spec, streams, input));
  }
  return streams;
}

function meaning(
  step: StepSpec,
  spec: DagSpec,
  streams: readonly (readonly Rec[])[],
  input: readonly Rec[],
): readonly Rec[] {
  switch (step.kind) {
    case "source":
      return Object.values(step.splits).flat();
    case "map":
      return input.map((rec) => mapped(rec, step.add, step.turn));
    case "filter":
      return input.filter(({ n }) => n % step.modulus !== step.rest);
    case "flatMap":
      return input.flatMap((rec) =>
        Array.from({ length: rec.n % step.most }, (_, copy) => ({ ...rec, n: rec.n + copy })),
      );
    case "union":
      return [...input, ...streams[step.other]!];
    case "rebalance":
    case "sink":
      return input;
    case "count":
      return perKey(input).flatMap(([k, recs]) => recs.map((_, index) => ({ k, n: index + 1, at: 0 })));
    case "distinct":
      return perKey(input).flatMap(([k, recs]) => [...new Set(recs.map(({ n }) => n))].map((n) => ({ k, n, at: 0 })));
    case "tumbling":
    case "stretch":
      return windows(input, step.sizeMs, step.sizeMs);
    case "sliding":
      return windows(input, step.sizeMs, step.everyMs);
    case "session":
      return perKey(input).flatMap(([k, recs]) => sessions(k, recs, step.gapMs));
    case "route":
      return input.filter(({ n }) => n % 2 === 0);
    case "side": {
      // What the route before it sends the other way.
      const route = spec[step.from] as { readonly from: number };
      return streams[route.from]!.filter(({ n }) => n % 2 === 1);
    }
    case "peak":
      return windows(input, step.sizeMs, step.sizeMs, (recs) => Math.max(...recs.map(({ n }) => n)));
    case "memo":
      return input.map((rec) => ({ ...rec, n: workedOut(rec.n) }));
    case "pause":
      return input.map(untimed);
    case "call":
      return input.map((rec) => ({ ...rec, n: rec.n + 1 }));
    case "join":
      return joined(step, input, streams[step.other]!);
    case "pairs":
      return meetings(input, streams[step.other]!).map(([left, right]) => paired(left, right, 0));
    case "allowed": {
      const classes = new Set(streams[step.other]!.map(({ n }) => classOf(n)));
      return input.filter(({ n }) => classes.has(classOf(n))).map(untimed);
    }
    case "hold":
      return input.flatMap((rec) => [untimed(rec), { ...untimed(rec), n: rec.n + 200 }]);
    case "poison":
      return perKey(input).flatMap(([k, recs]) => [
        ...recs.filter(({ n }) => !isPoison(n)).map((_, index) => ({ k, n: index + 1, at: 0 })),
        ...recs.filter(({ n }) => isPoison(n)).map(({ n }) => ({ k, n: n + 500, at: 0 })),
      ]);
    case "tardy":
      return perKey(input).map(([k, recs]) => ({ k, n: recs.reduce((sum, { n }) => sum + n, 0), at: 0 }));
    default:
      return step satisfies never;
  }
}

function perKey(recs: readonly Rec[]): readonly (readonly [string, readonly Rec[]])[] {
  const keys = [...new Set(recs.map(({ k }) => k))];
  return keys.map((k) => [k, recs.filter((rec) => rec.k === k)]);
}

const untimed = ({ k, n }: Rec): Rec => ({ k, n, at: 0 });

/** Each record with each of the other stream that has its key. */
function meetings(lefts: readonly Rec[], rights: readonly Rec[]): readonly (readonly [left: Rec, right: Rec])[] {
  return lefts.flatMap((left) => rights.filter(({ k }) => k === left.k).map((right) => [left, right] as const));
}

function joined({ how, spanMs }: StepOf<"join">, lefts: readonly Rec[], rights: readonly Rec[]): readonly Rec[] {
  const all = meetings(lefts, rights);
  if (how === "window") {
    const startOf = ({ at }: Rec): number => Math.floor(at / spanMs) * spanMs;
    return all
      .filter(([left, right]) => startOf(left) === startOf(right))
      .map(([left, right]) => paired(left, right, startOf(left) + spanMs - 1));
  }
  const fromMs = how === "interval" ? 0 : -spanMs;
  return all
    .filter(([left, right]) => right.at - left.at >= fromMs && right.at - left.at <= spanMs)
    .map(([left, right]) => paired(left, right, Math.max(left.at, right.at)));
}

/** One number for each key and window, of windows that begin at all multiples of `everyMs`. */
function windows(
  recs: readonly Rec[],
  sizeMs: number,
  everyMs: number,
  numberOf: (inside: readonly Rec[]) => number = sumOf,
): readonly Rec[] {
  return perKey(recs).flatMap(([k, own]) => {
    const starts = new Set(
      own.flatMap(({ at }) => {
        const newest = Math.floor(at / everyMs) * everyMs;
        return Array.from({ length: Math.ceil(sizeMs / everyMs) }, (_, back) => newest - back * everyMs).filter(
          (start) => at < start + sizeMs,
        );
      }),
    );
    return [...starts].map((start) => {
      const inside = own.filter(({ at }) => at >= start && at < start + sizeMs);
      return { k, n: numberOf(inside), at: start + sizeMs - 1 };
    });
  });
}

/** Sums for each run of records of which none comes more than `gapMs` after the one before it. A session has the time of its end. */
function sessions(k: string, recs: readonly Rec[], gapMs: number): readonly Rec[] {
  const found: Rec[][] = [];
  for (const rec of recs.toSorted((left, right) => left.at - right.at)) {
    const open = found.at(-1);
    if (open !== undefined && rec.at <= open.at(-1)!.at + gapMs) open.push(rec);
    else found.push([rec]);
  }
  return found.map((inside) => ({ k, n: sumOf(inside), at: inside.at(-1)!.at + gapMs }));
}

function sumOf(recs: readonly Rec[]): number {
  return recs.reduce((sum, { n }) => sum + n, 0) % 1009;
}
