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
      /** After how long without a record a split is passed over. `undefined`: never. */
      readonly idleAfterMs?: number | undefined;
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
  /** The greatest number of each key and stretch of time. */
  | { readonly kind: "peak"; readonly id: string; readonly from: number; readonly sizeMs: number }
  /** What is worked out for a number is remembered for a while, and then worked out again. */
  | { readonly kind: "memo"; readonly id: string; readonly from: number; readonly ttlMs: number }
  /** Records wait for a timer of processing time, or for the end. */
  | { readonly kind: "pause"; readonly id: string; readonly from: number; readonly holdMs: number }
  /** A call to the outside for each record, that takes a while and fails at times. */
  | {
      readonly kind: "call";
      readonly id: string;
      readonly from: number;
      readonly order: "ordered" | "unordered";
      readonly isKeyed: boolean;
      readonly slowMs: number;
    }
  /** Pairs of records with the same key whose times are close. */
  | {
      readonly kind: "join";
      readonly id: string;
      readonly from: number;
      readonly other: number;
      readonly how: "interval" | "inner" | "window";
      readonly spanMs: number;
    }
  /** All pairs of records with the same key: two streams that share state. */
  | { readonly kind: "pairs"; readonly id: string; readonly from: number; readonly other: number }
  /** Records whose class the broadcast stream `other` names, sooner or later. */
  | {
      readonly kind: "allowed";
      readonly id: string;
      readonly from: number;
      readonly other: number;
      readonly by: "key" | "subtask";
    }
  /** Each record twice: once when others have come, and once at the end. */
  | { readonly kind: "hold"; readonly id: string; readonly from: number }
  /** Counts records of each key, and throws on some of them once they are counted. */
  | { readonly kind: "poison"; readonly id: string; readonly from: number }
  /** The sum of each key, of windows and of what came too late for them. A sink follows, where the last row of a key counts. */
  | { readonly kind: "tardy"; readonly id: string; readonly from: number; readonly sizeMs: number }
  | {
      readonly kind: "sink";
      readonly id: string;
      readonly from: number;
      /** Whether only the last row of each key counts. Default: every row does. */
      readonly isTable?: boolean;
    };

/** A kind of step. */
export type StepKind = StepSpec["kind"];

/** The step of one kind. */
export type StepOf<K extends StepKind> = Extract<StepSpec, { readonly kind: K }>;

/** A random pipeline: each step reads steps before it. */
export type DagSpec = readonly StepSpec[];

/** Keys have the form `k3`. */
export const KEYS = 6;

/** Another key, and another number, of a record. */
export function mapped({ k, n, at }: Rec, add: number, turn: number): Rec {
  return { k: `k${(Number(k.slice(1)) + turn) % KEYS}`, n: (n * 3 + add) % 101, at };
}

/** What came of two records that met. */
export function paired(left: Rec, right: Rec, at: number): Rec {
  return { k: left.k, n: (left.n * 5 + right.n) % 101, at };
}

/** What is worked out for a number. */
export const workedOut = (n: number): number => (n * 7 + 3) % 97;

/** The class of a number that is allowed or not. */
export const classOf = (n: number): number => n % 3;

/** Whether a step throws on a number. */
export const isPoison = (n: number): boolean => n % 5 === 1;

/** A pipeline in one line, such as `source map(0) count(1) sink(2)`. */
export function dagText(spec: DagSpec): string {
  return spec
    .map((step) => {
      if (step.kind === "source") return "source";
      return "other" in step ? `${step.kind}(${step.from},${step.other})` : `${step.kind}(${step.from})`;
    })
    .join(" ");
}
