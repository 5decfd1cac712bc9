import type { SimRandom } from "@tidemark/core/testing";

import { type DagSpec, KEYS, type Rec, type StepSpec } from "./spec.ts";

const STEPS_MAX = 7;
const SINKS_MAX = 3;

/** A stream that a step can read. */
interface Open {
  readonly place: number;
  /** Whether the times of its records follow from the input alone, so that windows can be cut. */
  readonly isTimed: boolean;
}

/** Draws a pipeline: sources, some steps, and a sink for every stream that nothing else reads. */
export function drawDag(random: SimRandom): DagSpec {
  return new DagDraft(random).draw();
}

class DagDraft {
  readonly #random: SimRandom;
  readonly #steps: StepSpec[] = [];
  readonly #open: Open[] = [];
  readonly #used: Set<number> = new Set();

  constructor(random: SimRandom) {
    this.#random = random;
  }

  draw(): DagSpec {
    const sources = 1 + this.#random.below(2);
    const timed = !this.#random.chance(0.25);
    for (let index = 0; index < sources; index++) this.#add(drawSource(this.#random, `in-${index}`, timed), timed);
    const steps = 1 + this.#random.below(STEPS_MAX);
    for (let index = 0; index < steps; index++) this.#addStep(`step-${index}`);
    this.#addSinks();
    return this.#steps;
  }

  #add(step: StepSpec, isTimed: boolean): void {
    this.#open.push({ place: this.#steps.length, isTimed });
    this.#steps.push(step);
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

  #addStep(id: string): void {
    const random = this.#random;
    const isWindow = random.chance(0.4);
    const read = this.#read(isWindow);
    if (read === undefined) return;
    const { place: from, isTimed } = read;
    if (isWindow) return this.#add(this.#window(id, from), true);
    switch (random.below(7)) {
      case 0:
        return this.#add({ kind: "map", from, add: random.below(50), turn: random.below(KEYS) }, isTimed);
      case 1:
        return this.#add({ kind: "filter", from, modulus: 2 + random.below(3), rest: random.below(2) }, isTimed);
      case 2:
        return this.#add({ kind: "flatMap", from, most: 3 }, isTimed);
      case 3:
        return this.#add({ kind: "rebalance", from }, isTimed);
      case 4: {
        const other = this.#read(false)!;
        if (other.place === from) return this.#add({ kind: "distinct", id, from }, false);
        return this.#add({ kind: "union", from, other: other.place }, isTimed && other.isTimed);
      }
      case 5:
        this.#add({ kind: "route", id, from }, isTimed);
        return this.#add({ kind: "side", from: this.#steps.length - 1 }, isTimed);
      default:
        return this.#add({ kind: random.chance(0.5) ? "count" : "distinct", id, from }, false);
    }
  }

  #window(id: string, from: number): StepSpec {
    const random = this.#random;
    const sizeMs = 100 * (1 + random.below(5));
    switch (random.below(5)) {
      case 0:
        return { kind: "tumbling", id, from, sizeMs };
      case 1:
        return { kind: "sliding", id, from, sizeMs: 3 * sizeMs, everyMs: sizeMs };
      case 2:
        return { kind: "session", id, from, gapMs: sizeMs };
      default:
        return { kind: "stretch", id, from, sizeMs, state: random.chance(0.5) ? "map" : "list" };
    }
  }

  #addSinks(): void {
    const ends = this.#open.filter(({ place }) => !this.#used.has(place)).map(({ place }) => place);
    while (ends.length > SINKS_MAX) {
      const [from, other] = ends.splice(0, 2);
      this.#steps.push({ kind: "union", from: from!, other: other! });
      ends.push(this.#steps.length - 1);
    }
    ends.forEach((from, index) => this.#steps.push({ kind: "sink", id: `out-${index}`, from }));
  }
}

function drawSource(random: SimRandom, id: string, timed: boolean): StepSpec {
  const outOfOrderMs = [0, 80, 300][random.below(3)]!;
  const stepMs = [5, 60, 400][random.below(3)]!;
  const splits = Array.from({ length: 1 + random.below(4) }, (_, split) => {
    const length = random.below(random.chance(0.2) ? 40 : 16);
    const records = Array.from({ length }, (__, index): Rec => ({
      // Half of the records have the same key: subtasks have unequal shares.
      k: `k${random.chance(0.5) ? 0 : random.below(KEYS)}`,
      n: random.below(20),
      at: 1000 + index * stepMs + random.below(outOfOrderMs + 1),
    }));
    return [`split-${split}`, records] as const;
  });
  return { kind: "source", id, splits: Object.fromEntries(splits), outOfOrderMs, timed };
}
