import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { emits, pipeline } from "@tidemark/core";
import { listState, splitListState, subtaskProcess, type SubtaskProcess, unionListState } from "@tidemark/core/state";
import { explain } from "@tidemark/core/explain";

import type { OperatorFactory } from "../../src/operators/operator.ts";
import { sideOutput } from "../../src/operators/side-output.ts";
import type { OperatorStateDescriptors } from "../../src/state/operator-state/descriptors.ts";
import { END_OF_TIME } from "../../src/time/timestamps.ts";
import { pacedSource } from "../runtime/paced-source.ts";
import { type Call, Harness, inBatches, MANY, run, type Timed, verifyOperator } from "./harness.ts";

const of = <S extends OperatorStateDescriptors, R>(process: SubtaskProcess<number, S, R>): OperatorFactory =>
  subtaskProcess(process).plan("p").create;

const numbers = (count: number): readonly Timed[] => Array.from({ length: count }, (_, index): Timed => [index, index]);
const END: Call = { kind: "watermark", time: END_OF_TIME };

/** Emits numbers in threes; what is left when the input ends, too. */
const threes = of({
  state: { waiting: splitListState<readonly [value: number, at: number]>(), bundles: unionListState<number>() },
  onRecord: (value: number, context) => {
    const { waiting, bundles } = context.state;
    waiting.add([value, context.timestamp]);
    if (waiting.get().length < 3) return;
    context.emit(waiting.get().map(([each]) => each));
    waiting.clear();
    bundles.add(value);
  },
  onEnd: (context) => {
    for (const [value, at] of context.state.waiting.get()) context.emit([value], at);
    context.state.waiting.clear();
    for (const last of context.state.bundles.get()) context.output(sideOutput<number>("bundles"), last, 7);
    context.state.bundles.clear();
  },
});

describe("subtaskProcess", () => {
  for (const size of [1, 2, 8]) {
    it(`keeps state by subtask, through restores at each step, in batches of ${size}`, () => {
      const { main, sides } = verifyOperator(threes, [
        ...inBatches(numbers(8), size),
        { kind: "watermark", time: 4 },
        END,
      ]);
      assert.deepEqual(main, [
        [[0, 1, 2], 2],
        [[3, 4, 5], 5],
        [[6], 6],
        [[7], 7],
      ]);
      assert.deepEqual(sides["bundles"], [
        [2, 7],
        [5, 7],
      ]);
    });
  }

  it("emits any number of results for a record, a batch at a time", () => {
    const many = of({
      onRecord: (value: number, context) => {
        for (let index = 0; index < MANY; index++) context.emit(value);
      },
    });
    const { main } = verifyOperator(many, inBatches(numbers(3), 3));
    assert.equal(main.length, 3 * MANY);
  });

  it("tells times, and its place", () => {
    const times = of({
      onRecord: (_value, context) =>
        context.emit([context.timestamp, context.watermark, context.now(), context.subtask, context.parallelism]),
      onEnd: (context) => context.emit([context.timestamp, context.watermark]),
    });
    const { main } = run(
      times,
      [{ kind: "batch", records: [[0, 5]] }, { kind: "watermark", time: 3 }, { kind: "batch", records: [[0, 6]] }, END],
      { now: () => 99 },
    );
    assert.deepEqual(main, [
      [[5, -Infinity, 99, 0, 1], 5],
      [[6, 3, 99, 0, 1], 6],
      [[-Infinity, Infinity], -Infinity],
    ]);
  });

  it("refuses a time that is none where it is given, and not in a window later", () => {
    for (const time of [NaN, Infinity, "5" as never, null as never, 5n as never]) {
      const emitting = of({ onRecord: (value: number, context) => context.emit(value, time) });
      assert.throws(() => run(emitting, inBatches(numbers(1), 1)), { code: "USER_CODE", message: /Cannot emit at/ });
      const aside = of({ onRecord: (value: number, { output }) => output(sideOutput<number>("a"), value, time) });
      assert.throws(() => run(aside, inBatches(numbers(1), 1)), { code: "USER_CODE", message: /Cannot emit at/ });
    }
  });

  it("calls onEnd once, and again in an instance that is restored from then on", () => {
    const ended = of({ onRecord: () => undefined, onEnd: (context) => context.emit("end") });
    const harness = new Harness(ended);
    harness.watermark(END_OF_TIME);
    harness.watermark(END_OF_TIME);
    assert.deepEqual(harness.values, ["end"]);
    const again = harness.restored();
    again.watermark(END_OF_TIME);
    assert.deepEqual(again.values, ["end"]);
  });

  it("says which function threw", () => {
    const broken = (name: "onRecord" | "onEnd"): OperatorFactory => {
      const fail = (): never => {
        throw new Error("no");
      };
      return of({ onRecord: () => undefined, [name]: fail } as SubtaskProcess<number, OperatorStateDescriptors, never>);
    };
    const thrown = { code: "USER_CODE", message: /^Cannot go on: (onRecord|onEnd) of "p" threw: no$/ };
    assert.throws(() => new Harness(broken("onRecord")).batch([1, 1]), thrown);
    assert.throws(() => new Harness(broken("onEnd")).watermark(END_OF_TIME), thrown);
  });
});

describe("stream.process, of what needs keys", () => {
  const stream = pipeline("job").source("numbers", pacedSource([[1, 2, 3]]));

  it("refuses timers, with a sentence", () => {
    const timer = { onRecord: () => undefined, onTimer: () => undefined } as unknown as SubtaskProcess<
      number,
      {},
      never
    >;
    const missing = { code: "KEY_MISSING", message: /timers belong to keys, and there is none\. Put keyBy/ };
    assert.throws(() => stream.process("p", subtaskProcess(timer)), missing);
    const setting = of({
      onRecord: (value: number, context) => (context.setEventTimer as unknown as (time: number) => void)(value),
    });
    assert.throws(() => new Harness(setting).batch([1, 1]), missing);
  });

  it("refuses a process of records by key, and states by key", () => {
    const byKey = { onRecord: () => undefined } as unknown as ReturnType<typeof subtaskProcess<number>>;
    assert.throws(() => stream.process("p", byKey), { code: "KEY_MISSING", message: /Put keyBy.* subtaskProcess/ });
    const state = { list: listState<number>() } as unknown as OperatorStateDescriptors;
    assert.throws(() => stream.process("p", subtaskProcess({ state, onRecord: () => undefined })), {
      code: "OPTION_INVALID",
      message: /^Cannot declare state "list" of "p": there is no key here to keep it by/,
    });
    const bySubtask = { list: splitListState<number>() } as unknown as Record<never, never>;
    assert.throws(() => stream.keyBy(() => 1).process("p", { state: bySubtask, onRecord: () => undefined }), {
      code: "OPTION_INVALID",
      message: /^Cannot declare state "list" by key: split-list state is that of a subtask/,
    });
  });

  it("keeps the id for its state, and says in the plan that it has some", () => {
    const job = pipeline("job");
    const source = job.source("numbers", pacedSource([[1]]));
    const sink = { name: "s", delivery: "exactly-once", createWriter: () => undefined } as never;
    source
      .process("keeps", subtaskProcess({ state: { a: splitListState() }, onRecord: () => undefined }))
      .sink("a", sink);
    source.process("passes", subtaskProcess({ emits: emits<number>(), onRecord: () => undefined })).sink("b", sink);
    assert.match(explain(job), /keeps: process, operator state a \(split-list\)\n/);
    assert.match(explain(job), /passes: process\n/);
  });
});
