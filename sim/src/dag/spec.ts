/** A record of the random pipelines. */
export interface Rec {
  readonly k: string;
  readonly n: number;
  /** When it happened; 0 where the time of a record depends on the order of the records before it. */
  readonly at: number;
}

/**
 * One step of a random pipeline, as plain data: it can be built with the engine, and worked out without it. `from` is the
 * place of the step that it reads. All of them give the same rows in any order in which records can meet.
 */
export type StepSpec =
  | {
      readonly kind: "source";
      readonly id: string;
      readonly splits: Readonly<Record<string, readonly Rec[]>>;
      readonly outOfOrderMs: number;
      /** Whether it has event time. Splits of one without are handed out while others are read. */
      readonly timed: boolean;
    }
  | { readonly kind: "map"; readonly from: number; readonly add: number; readonly turn: number }
  | { readonly kind: "filter"; readonly from: number; readonly modulus: number; readonly rest: number }
  | { readonly kind: "flatMap"; readonly from: number; readonly most: number }
  | { readonly kind: "union"; readonly from: number; readonly other: number }
  | { readonly kind: "rebalance"; readonly from: number }
  /** How often each key was seen, for each record. */
  | { readonly kind: "count"; readonly id: string; readonly from: number }
  /** The first record of each key and number. */
  | { readonly kind: "distinct"; readonly id: string; readonly from: number }
  | { readonly kind: "tumbling"; readonly id: string; readonly from: number; readonly sizeMs: number }
  | {
      readonly kind: "sliding";
      readonly id: string;
      readonly from: number;
      readonly sizeMs: number;
      readonly everyMs: number;
    }
  | { readonly kind: "session"; readonly id: string; readonly from: number; readonly gapMs: number }
  /** Sums of each key and stretch of time, by hand: state of a kind, and a timer. */
  | {
      readonly kind: "stretch";
      readonly id: string;
      readonly from: number;
      readonly sizeMs: number;
      readonly state: "map" | "list";
    }
  /** Even numbers go on, odd ones leave by a side output, which the step at `from` of a `side` reads. */
  | { readonly kind: "route"; readonly id: string; readonly from: number }
  | { readonly kind: "side"; readonly from: number }
  | { readonly kind: "sink"; readonly id: string; readonly from: number };

/** A random pipeline: each step reads steps before it. */
export type DagSpec = readonly StepSpec[];

/** Keys have the form `k3`. */
export const KEYS = 6;

/** Another key, and another number, of a record. */
export function mapped({ k, n, at }: Rec, add: number, turn: number): Rec {
  return { k: `k${(Number(k.slice(1)) + turn) % KEYS}`, n: (n * 3 + add) % 101, at };
}

/** A pipeline in one line, such as `source map(0) count(1) sink(2)`. */
export function dagText(spec: DagSpec): string {
  return spec
    .map((step) => {
      if (step.kind === "source") return "source";
      return step.kind === "union" ? `union(${step.from},${step.other})` : `${step.kind}(${step.from})`;
    })
    .join(" ");
}
