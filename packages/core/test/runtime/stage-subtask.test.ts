import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { frozenEnv } from "@tidemark/core/testing";

import type { Stage } from "../../src/graph/plan.ts";
import type { Operator } from "../../src/operators/operator.ts";
import { AGAIN, DONE, PENDING, type Progress } from "../../src/operators/progress.ts";
import { StageSubtask } from "../../src/runtime/stage-subtask.ts";

/** An operator that does nothing, but for what a test gives it. */
function operatorOf(id: string, changes: Partial<Operator> = {}): Operator {
  const idle: Operator = { id, batch: () => DONE, resume: () => DONE, watermark: () => DONE };
  return Object.defineProperties(idle, Object.getOwnPropertyDescriptors(changes)) as Operator;
}

/** One that has timers left from the first watermark on. */
function firing(): Operator {
  let progress: Progress = DONE;
  return operatorOf("firing", {
    watermark: () => (progress = AGAIN),
    resume: () => progress,
    get isFiring() {
      return progress === AGAIN;
    },
  });
}

/** A subtask of operators in a row, and the watermarks that leave it. */
function subtaskOf(operators: readonly Operator[]) {
  const nodes = operators.map((operator, index) => ({
    node: { id: operator.id, inputs: [], work: { kind: "operator", create: () => operator } },
    fused: index + 1 < operators.length ? [{ side: undefined, to: index + 1, input: 0 }] : [],
    edges: [],
  }));
  const stage = { index: 0, name: "stage", parallelism: 1, nodes, inputs: [], outputs: [] } as unknown as Stage;
  const left: number[] = [];
  const nothing = (): void => undefined;
  const subtask = new StageSubtask(
    { job: "job", stage, parallelismOf: () => 1, subtask: 0, keyGroups: 8, generation: 1, env: frozenEnv().env },
    {
      isFull: false,
      emit: nothing,
      watermark: (time) => void left.push(time),
      endOfData: nothing,
      droppedLate: nothing,
      deadLettered: nothing,
      spilled: nothing,
      requestEnded: nothing,
    },
  );
  return { subtask, left };
}

describe("StageSubtask.mayBeCut", () => {
  it("is asked once for each barrier: who says afterwards that it waits has nothing left of any record", () => {
    const answers: Progress[] = [DONE];
    const { subtask } = subtaskOf([firing(), operatorOf("behind", { resume: () => answers.shift() ?? PENDING })]);
    subtask.open([]);
    assert.equal(subtask.watermark(5), AGAIN);
    answers.push(DONE, PENDING);
    assert.equal(subtask.mayBeCut(), true);
    subtask.barrier(1);
    assert.deepEqual(answers, [PENDING]);
  });

  it("lets nothing that a step has left go to one behind it that is not done", () => {
    const resumed: string[] = [];
    let room: Progress = DONE;
    const noting = (id: string, progressOf: () => Progress): Operator =>
      operatorOf(id, {
        resume: () => {
          resumed.push(id);
          return progressOf();
        },
      });
    const { subtask } = subtaskOf([firing(), noting("has rows", () => DONE), noting("makes room", () => room)]);
    subtask.open([]);
    assert.equal(subtask.watermark(5), AGAIN);
    resumed.length = 0;
    room = PENDING;
    assert.equal(subtask.mayBeCut(), false);
    assert.deepEqual(resumed, ["makes room"]);
  });

  it("lets a barrier in amid timers alone", () => {
    const { subtask } = subtaskOf([operatorOf("busy", { watermark: () => AGAIN, resume: () => AGAIN })]);
    subtask.open([]);
    assert.equal(subtask.mayBeCut(), false, "nothing is on its way");
    subtask.watermark(5);
    assert.equal(subtask.mayBeCut(), false, "it has more left than timers");
    assert.throws(() => subtask.barrier(1), { code: "INTERNAL" });
  });
});

describe("StageSubtask.begin", () => {
  it("passes the watermark through once more that a restored step had reached, and no earlier one after it", () => {
    const seen: string[] = [];
    const heard = (id: string, reached?: number): Operator =>
      operatorOf(id, {
        watermark: (time) => {
          seen.push(`${id} at ${time}`);
          return DONE;
        },
        reached: () => reached,
      });
    const { subtask, left } = subtaskOf([heard("plain"), heard("keyed", 7), heard("behind", 9)]);
    subtask.open([]);
    assert.equal(subtask.replay(1, 0, { values: ["in flight"], timestamps: [5] }), DONE);
    assert.equal(subtask.resume(), DONE);
    assert.deepEqual(seen, [], "what was in flight comes first");
    assert.equal(subtask.begin(), DONE);
    assert.deepEqual(seen.splice(0), ["keyed at 7", "behind at 7"]);
    assert.equal(subtask.watermark(6), DONE);
    assert.equal(subtask.watermark(7), DONE);
    assert.deepEqual(seen, []);
    assert.equal(subtask.watermark(8), DONE);
    assert.deepEqual(seen, ["plain at 8", "keyed at 8", "behind at 8"]);
    assert.deepEqual(left, [7, 8]);
  });
});
