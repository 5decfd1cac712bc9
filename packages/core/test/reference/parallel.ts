/** Several subtasks of an operator side by side, each with its key groups, as a shuffle by key would feed them. */
import type { OperatorFactory } from "../../src/operators/operator.ts";
import { type Key } from "../../src/state/key-codec.ts";
import { keyGroupOf, keyGroupRange } from "../../src/state/key-groups.ts";
import { Harness, type HarnessOptions, type Timed } from "../operators/harness.ts";

const KEY_GROUPS = 128;

/** An operator at some parallelism. */
export class Parallel {
  readonly #factory: OperatorFactory;
  readonly #keyOf: (value: unknown) => Key;
  readonly #options: HarnessOptions;
  readonly #main: Timed[] = [];
  readonly #late: unknown[] = [];
  #subtasks: readonly Harness[];

  constructor(
    factory: OperatorFactory,
    keyOf: (value: unknown) => Key,
    parallelism: number,
    options: HarnessOptions = {},
  ) {
    this.#factory = factory;
    this.#keyOf = keyOf;
    this.#options = options;
    this.#subtasks = this.#ranges(parallelism).map((range) => new Harness(factory, { ...options, range }));
  }

  #ranges(parallelism: number) {
    return Array.from({ length: parallelism }, (_, subtask) => keyGroupRange(subtask, parallelism, KEY_GROUPS));
  }

  batch(records: readonly Timed[], input: number = 0): void {
    for (const harness of this.#subtasks) {
      const { first, last } = harness.options.range ?? { first: 0, last: KEY_GROUPS - 1 };
      const own = records.filter(([value]) => {
        const group = keyGroupOf(this.#keyOf(value), KEY_GROUPS);
        return first <= group && group <= last;
      });
      if (own.length > 0) harness.call({ kind: "batch", records: own, input });
    }
  }

  watermark(time: number): void {
    for (const harness of this.#subtasks) harness.watermark(time);
  }

  /** Takes a checkpoint and goes on from it at another parallelism. */
  restart(parallelism: number): void {
    const saved = this.#subtasks.map((harness) => harness.save());
    this.#collect();
    const entries = new Map(saved.flatMap((part) => [...part.entries]));
    const watermarks = saved.flatMap(({ snapshot }) => snapshot.watermarks ?? []);
    const operatorId = this.#subtasks[0]?.operator.id ?? "";
    this.#subtasks = this.#ranges(parallelism).map((range) => {
      const own = new Map(
        [...entries].filter(([, { key }]) => {
          const group = ((key[0] as number) << 8) | (key[1] as number);
          return range.first <= group && group <= range.last;
        }),
      );
      return new Harness(
        this.#factory,
        { ...this.#options, range },
        { entries: own, snapshot: { operatorId, watermarks } },
      );
    });
  }

  #collect(): void {
    for (const { outcome } of this.#subtasks) {
      this.#main.push(...outcome.main);
      this.#late.push(...(outcome.sides["late"] ?? []).map(([value]) => value));
    }
  }

  /** What came out of all subtasks, and how many entries are left in the next checkpoint. */
  finish(): { readonly main: readonly Timed[]; readonly late: readonly unknown[]; readonly entries: number } {
    const entries = this.#subtasks.reduce((sum, harness) => sum + harness.save().entries.size, 0);
    this.#collect();
    return { main: this.#main, late: this.#late, entries };
  }
}
