/** What user code is given can be taken apart. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { emits, sideOutput, valueState } from "@tidemark/core";
import { broadcastState, keyedBroadcastProcess } from "@tidemark/core/state";

import { processOperator, type AnyKeyedProcess } from "../../src/operators/process.ts";
import { subtaskProcess } from "../../src/operators/subtask-process.ts";
import type { TriggerRules } from "../../src/operators/windows/triggers/trigger.ts";
import { tumbling } from "../../src/operators/windows/tumbling.ts";
import type { WindowContext } from "../../src/operators/windows/window-process.ts";
import { Harness } from "./harness.ts";
import { generalPlan } from "../../src/operators/windows/window-plan.ts";

const seen = sideOutput<unknown>("seen");
const keyOf = (value: unknown): number => value as number;

describe("the methods of a context, taken out of it", () => {
  it("emit, set timers and tell the time in a keyed process", () => {
    const process: AnyKeyedProcess = {
      state: { count: valueState(0) },
      onRecord(
        value,
        { emit, output, now, setEventTimer, deleteEventTimer, setProcessingTimer, deleteProcessingTimer },
      ) {
        emit(value);
        output(seen, now());
        setEventTimer(10);
        setEventTimer(20);
        deleteEventTimer(10);
        setProcessingTimer(30);
        setProcessingTimer(40);
        deleteProcessingTimer(30);
      },
      onTimer: (time, { emit, key }) => emit(`${String(key)} at ${time}`),
    };
    const harness = new Harness(processOperator("p", keyOf, process), { now: () => 7 });
    harness.batch([1, 5]);
    harness.watermark(100);
    harness.tick(100);
    assert.deepEqual(harness.values, [1, "1 at 20", "1 at 40"]);
    assert.deepEqual(harness.outcome.sides["seen"], [[7, 5]]);
  });

  it("emit and tell the time in a process without keys, and for broadcast records", () => {
    const plan = subtaskProcess({
      state: {},
      emits: emits<unknown>(),
      onRecord(value: number, { emit, output, now }) {
        emit(value);
        output(seen, now());
      },
    });
    const harness = new Harness(plan.plan("s").create, { now: () => 7 });
    harness.batch([1, 5]);
    assert.deepEqual(harness.values, [1]);
    assert.deepEqual(harness.outcome.sides["seen"], [[7, 5]]);

    const broadcast = keyedBroadcastProcess({
      state: { rules: broadcastState<string, number>() },
      emits: emits<unknown>(),
      onRecord: (value: number, { emit }) => emit(value),
      onBroadcast(value: number, { emit, output, now }) {
        emit(value + now());
        output(seen, value);
      },
    });
    const both = new Harness(broadcast.plan("b", keyOf).create, { now: () => 7 });
    both.batch([1, 5]);
    both.call({ kind: "batch", input: 1, records: [[2, 6]] });
    assert.deepEqual(both.values, [1, 9]);
    assert.deepEqual(both.outcome.sides["seen"], [[2, 6]]);
  });

  it("emit and tell the time in a window process, and serve a trigger", () => {
    const trigger: TriggerRules<unknown, number> = {
      name: "after two",
      state: { initial: 0 },
      onRecord(_value, _timestamp, { get, set, now, setEventTimer, deleteEventTimer }) {
        set(get() + now());
        setEventTimer(3);
        setEventTimer(4);
        deleteEventTimer(3);
        return "continue";
      },
      onEventTime: (time, { get }) => (time === 4 && get() === 2 ? "fire" : "continue"),
      onProcessingTime: () => "continue",
    };
    const onWindow = (values: readonly unknown[], { output, now }: WindowContext<unknown, never, never>) => {
      output(seen, now());
      return [values.length];
    };
    const spec = {
      id: "w",
      keyOf: () => "all",
      latenessMs: 0,
      trigger,
      work: { name: "process", process: { onWindow: onWindow as never } },
    };
    const windows = tumbling("10ms").plan(spec as never, generalPlan);
    const harness = new Harness(windows.create, { now: () => 1 });
    harness.batch([1, 1], [2, 2]);
    harness.watermark(5);
    assert.deepEqual(harness.values, [2]);
    assert.deepEqual(harness.outcome.sides["seen"], [[1, 9]]);
  });
});
