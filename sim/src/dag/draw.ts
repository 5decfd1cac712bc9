import type { SimRandom } from "@tidemark/core/testing";

import { drawSource } from "./draw-source.ts";
import { type DagSpec, KEYS, type StepKind, type StepSpec } from "./spec.ts";

const STEPS_MAX = 7;
const SINKS_MAX = 3;

/** A stream that a step can read. */
interface Open {
  readonly place: number;
  /** Whether the times of its records follow from the input alone, so that windows can be cut. */
  readonly isTimed: boolean;
}

/** How the sources of a pipeline tell the time. `"late"`: some records come later than they may. */
type Timing = "timed" | "untimed" | "late";

/**
 * Draws a pipeline: sources, some steps, and a sink for every stream that nothing else reads.
 *
 * @param mayRepeat whether records may come again, as at-least-once pipelines allow: then it has such steps alone to which
 * that makes no difference but rows that come again.
 */
export function drawDag(random: SimRandom, mayRepeat = false): DagSpec {
  return new DagDraft(random, mayRepeat).draw();
}

/** Steps that count, and would count a record again. */
const COUNTING: ReadonlySet<StepKind> = new Set<StepKind>([
  "count",
  "tumbling",
  "sliding",
  "session",
  "stretch",
  "poison",
  "tardy",
]);

const PLAIN: readonly StepKind[] = [
  "map",
  "filter",
  "flatMap",
  "rebalance",
  "union",
  "route",
  "count",
  "distinct",
  "memo",
  "pause",
  "call",
  "call",
  "pairs",
  "allowed",
  "hold",
  "poison",
];

/** Those that need event time. */
const TIMED: readonly StepKind[] = ["tumbling", "sliding", "session", "stretch", "stretch", "peak", "join", "join"];

class DagDraft {
  readonly #random: SimRandom;
  readonly #mayRepeat: boolean;
  readonly #steps: StepSpec[] = [];
  readonly #open: Open[] = [];
  readonly #used: Set<number> = new Set();
  /** Streams that a sink has to read as a table. */
  readonly #tables: number[] = [];

  constructor(random: SimRandom, mayRepeat: boolean) {
    this.#random = random;
    this.#mayRepeat = mayRepeat;
  }

  draw(): DagSpec {
    const random = this.#random;
    const timing = this.#timing();
    const sources = 1 + random.below(2);
    for (let index = 0; index < sources; index++) {
      this.#add(drawSource(random, `in-${index}`, timing), timing === "timed");
    }
    if (timing === "late") this.#addTardy();
    // Mostly few: long pipelines take long, and are no better at finding what is wrong.
    const steps = 1 + random.below(1 + random.below(STEPS_MAX));
    for (let index = 0; index < steps; index++) this.#addStep(`step-${index}`);
    this.#addSinks();
    return this.#steps;
  }

  #timing(): Timing {
    const drawn = this.#random.next();
    if (drawn < 0.1 && !this.#mayRepeat) return "late";
    return drawn < 0.3 ? "untimed" : "timed";
  }

  #add(step: StepSpec, isTimed: boolean): void {
    this.#open.push({ place: this.#steps.length, isTimed });
    this.#steps.push(step);
  }

  /** Reads a source whose records come late, and ends in a table. */
  #addTardy(): void {
    const from = this.#random.below(this.#open.length);
    this.#used.add(from);
    this.#tables.push(this.#steps.length);
    this.#steps.push({ kind: "tardy", id: "tardy", from, sizeMs: 100 * (1 + this.#random.below(3)) });
  }

  /** A stream to read: mostly one that nothing reads yet. */
  #read(timedOnly: boolean): Open | undefined {
    const fitting = this.#open.filter(({ isTimed }) => isTimed || !timedOnly);
    const unused = fitting.filter(({ place }) => !this.#used.has(place));
    const choices = unused.length > 0 && !this.#random.chance(0.2) ? unused : fitting;
    const found = choices[this.#random.below(Math.max(1, choices.length))];
    if (found !== undefined) this.#used.add(found.place);
    return found;
  }

  #kind(isTimed: boolean): StepKind {
    const kinds = (isTimed ? TIMED : PLAIN).filter((kind) => !this.#mayRepeat || !COUNTING.has(kind));
    return kinds[this.#random.below(kinds.length)]!;
  }

  #addStep(id: string): void {
    const kind = this.#kind(this.#random.chance(0.4));
    const isWindow = TIMED.includes(kind);
    const read = this.#read(isWindow);
    if (read === undefined) return;
    const { place: from, isTimed } = read;
    if (isWindow) return this.#add(this.#window(kind, id, from), true);
    const random = this.#random;
    switch (kind) {
      case "map":
        return this.#add({ kind, from, add: random.below(50), turn: random.below(KEYS) }, isTimed);
      case "filter":
        return this.#add({ kind, from, modulus: 2 + random.below(3), rest: random.below(2) }, isTimed);
      case "flatMap":
        return this.#add({ kind, from, most: 3 }, isTimed);
      case "rebalance":
        return this.#add({ kind, from }, isTimed);
      case "union": {
        const other = this.#read(false)!;
        if (other.place === from) return this.#add({ kind: "distinct", id, from }, false);
        return this.#add({ kind, from, other: other.place }, isTimed && other.isTimed);
      }
      case "route":
        this.#add({ kind, id, from }, isTimed);
        return this.#add({ kind: "side", from: this.#steps.length - 1 }, isTimed);
      case "memo":
        return this.#add({ kind, id, from, ttlMs: 2 ** random.below(12) }, isTimed);
      case "pause":
        return this.#add({ kind, id, from, holdMs: 2 ** random.below(12) }, false);
      case "call": {
        const order = random.chance(0.5) ? "ordered" : "unordered";
        return this.#add({ kind, id, from, order, isKeyed: random.chance(0.5), slowMs: 2 ** random.below(9) }, isTimed);
      }
      case "pairs":
        return this.#add({ kind, id, from, other: this.#read(false)!.place }, false);
      case "allowed":
        return this.#add(
          { kind, id, from, other: this.#read(false)!.place, by: random.chance(0.5) ? "key" : "subtask" },
          false,
        );
      default:
        return this.#add({ kind: kind as "count" | "distinct" | "hold" | "poison", id, from }, false);
    }
  }

  #window(kind: StepKind, id: string, from: number): StepSpec {
    const random = this.#random;
    const sizeMs = 100 * (1 + random.below(5));
    switch (kind) {
      case "sliding":
        return { kind, id, from, sizeMs: 3 * sizeMs, everyMs: sizeMs };
      case "session":
        return { kind, id, from, gapMs: sizeMs };
      case "stretch":
        return { kind, id, from, sizeMs, state: random.chance(0.5) ? "map" : "list" };
      case "join": {
        const how = (["interval", "inner", "window"] as const)[random.below(3)]!;
        return { kind, id, from, other: this.#read(true)!.place, how, spanMs: sizeMs };
      }
      default:
        return { kind: kind as "tumbling" | "peak", id, from, sizeMs };
    }
  }

  #addSinks(): void {
    const ends = this.#open.filter(({ place }) => !this.#used.has(place)).map(({ place }) => place);
    while (ends.length + this.#tables.length > SINKS_MAX) {
      const [from, other] = ends.splice(0, 2);
      this.#steps.push({ kind: "union", from: from!, other: other! });
      ends.push(this.#steps.length - 1);
    }
    ends.forEach((from, index) => this.#steps.push({ kind: "sink", id: `out-${index}`, from }));
    this.#tables.forEach((from, index) =>
      this.#steps.push({ kind: "sink", id: `table-${index}`, from, isTable: true }),
    );
  }
}
