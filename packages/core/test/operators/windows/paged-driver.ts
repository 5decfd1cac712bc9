import assert from "node:assert/strict";

import { count } from "@tidemark/core/aggregates";

import type { Batch } from "../../../src/operators/batch.ts";
import type { Operator, OperatorContext } from "../../../src/operators/operator.ts";
import { DONE, PENDING, type Progress } from "../../../src/operators/progress.ts";
import { statePaging } from "../../../src/operators/state-paging.ts";
import type { WindowAssigner, WindowResult } from "../../../src/operators/windows/assigner.ts";
import { StateMemory } from "../../../src/state/paging/state-memory.ts";
import { frozenEnv } from "../../../src/testing/test-env.ts";
import { PagedStore } from "../../state/paging/paged-store.ts";

export const KEY_GROUPS = 128;

/** So many steps may follow one another without a result: three times as many as do. */
const FRUITLESS_STEPS = 3_000;

export interface Result extends WindowResult<number, number> {}

export interface DriverOptions {
  /** 0: everything leaves memory between any two steps that can. */
  readonly limitBytes: number;
  readonly readsAtOnce: boolean;
  /** How many steps are taken before anything leaves. Default: none. */
  readonly leavesAfter?: number;
  /** How much is done in one step. Default: 4096. */
  readonly slice?: number;
}

/** An operator over a store that writes a little whenever it is waited for. */
export class Driver {
  readonly results: Result[] = [];
  readonly memory: StateMemory;
  readonly store: PagedStore;
  mostBytes = 0;
  /** How many results there were after each step. */
  readonly progress: number[] = [];
  readonly #options: DriverOptions;
  readonly #operator: Operator;
  readonly #slice = { remaining: 0 };
  #requests: Promise<void>[] = [];

  /** @param store what a checkpoint had, if the operator is restored from one without any of its entries. */
  constructor(assigner: WindowAssigner, options: DriverOptions, store?: PagedStore) {
    this.#options = options;
    const { limitBytes, leavesAfter = 0 } = options;
    this.memory =
      limitBytes > 0
        ? new StateMemory(limitBytes)
        : new StateMemory(Infinity, () => this.progress.length >= leavesAfter);
    this.store = store ?? new PagedStore(options.readsAtOnce, 1000);
    const work = { name: "aggregate", aggregate: count() as never, process: undefined };
    const spec = { id: "w", keyOf: (value: unknown) => value as number, work, latenessMs: 0, lateOutput: undefined };
    this.#operator = assigner.plan({ ...spec, trigger: undefined, evictor: undefined }).create(this.#context());
    this.#operator.restored?.([], store === undefined);
  }

  #context(): OperatorContext {
    const output = {
      emit: ({ values }: Batch): Progress => {
        this.results.push(...(values as Result[]));
        return DONE;
      },
      flush: () => DONE,
    };
    return {
      env: frozenEnv().env,
      job: "job",
      subtask: 0,
      parallelism: 1,
      generation: 1,
      keyGroups: KEY_GROUPS,
      range: { first: 0, last: KEY_GROUPS - 1 },
      slice: this.#slice,
      requests: { start: (run, completed) => void this.#requests.push(run().then(completed)) },
      output,
      paging: {
        memory: this.memory,
        parts: statePaging,
        access: this.store,
        spill: (_, table) => this.store.frozen.push({ table, done: () => undefined }),
      },
      droppedLate: () => assert.fail("nothing comes late"),
      deadLettered: () => assert.fail("nothing fails"),
      sideOutput: () => output,
    } as OperatorContext;
  }

  async batch(values: readonly number[], at: number): Promise<void> {
    await this.#drive(() => this.#operator.batch(0, { values, timestamps: values.map(() => at) }));
  }

  async watermark(time: number): Promise<void> {
    await this.#drive(() => this.#operator.watermark?.(time) ?? DONE);
  }

  async #drive(call: () => Progress): Promise<void> {
    const { slice = 4096 } = this.#options;
    this.disturb();
    this.#slice.remaining = slice;
    let [results, steps] = [this.results.length, 0];
    for (let progress = call(); progress !== DONE; progress = this.#operator.resume()) {
      this.#look();
      [results, steps] = results === this.results.length ? [results, steps + 1] : [this.results.length, 0];
      assert.ok(steps <= FRUITLESS_STEPS, `no result came of ${steps} steps: what is loaded goes before it is used`);
      if (progress === PENDING) {
        this.store.writeAll();
        await Promise.all(this.#requests.splice(0));
      }
      this.disturb();
      this.#slice.remaining = slice;
    }
    this.#look();
  }

  /** Lets go of everything that can go, as if another step of the run needed the memory. */
  disturb(): void {
    const { limitBytes, leavesAfter = 0 } = this.#options;
    if (limitBytes > 0 || this.progress.length < leavesAfter) return;
    this.memory.balance();
    this.store.writeAll();
    this.memory.balance();
  }

  /** Lets go of all that has been written. */
  leave(): void {
    for (const user of this.memory.users) user.evictSome(() => true);
  }

  /** Writes all that a checkpoint would. */
  checkpoint(): PagedStore {
    const table = this.#operator.cut?.(1)?.table;
    if (table !== undefined) this.store.frozen.push({ table, done: () => undefined });
    this.store.writeAll();
    return this.store;
  }

  #look(): void {
    this.progress.push(this.results.length);
    this.mostBytes = Math.max(this.mostBytes, this.memory.usedBytes);
  }
}
