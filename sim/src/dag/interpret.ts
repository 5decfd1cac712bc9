/** What a random pipeline means, on plain arrays: nothing of the engine, no state, no time that passes. */
import { type DagSpec, mapped, type Rec, type StepSpec } from "./spec.ts";

/** The rows of each sink, in some order. */
export function interpret(spec: DagSpec): ReadonlyMap<string, readonly Rec[]> {
  const streams: (readonly Rec[])[] = [];
  const sinks = new Map<string, readonly Rec[]>();
  for (const step of spec) {
    const input = step.kind === "source" ? [] : streams[step.from]!;
    if (step.kind === "sink") sinks.set(step.id, input);
    streams.push(meaning(step, spec, streams, input));
  }
  return sinks;
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
    default:
      return step satisfies never;
  }
}

function perKey(recs: readonly Rec[]): readonly (readonly [string, readonly Rec[]])[] {
  const keys = [...new Set(recs.map(({ k }) => k))];
  return keys.map((k) => [k, recs.filter((rec) => rec.k === k)]);
}

/** Sums for each key and window, of windows that begin at all multiples of `everyMs`. */
function windows(recs: readonly Rec[], sizeMs: number, everyMs: number): readonly Rec[] {
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
      return { k, n: sumOf(inside), at: start + sizeMs - 1 };
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
