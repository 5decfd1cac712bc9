import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Batch, BATCH_RECORDS } from "../../src/operators/batch.ts";
import { BatchBuffer } from "../../src/operators/batch-buffer.ts";
import type { OperatorContext } from "../../src/operators/operator.ts";
import { DONE, FULL, type Progress } from "../../src/operators/progress.ts";

/** A buffer over a main and a side output, each of which answers as it is told. */
function bufferOver(answer: () => Progress): {
  readonly buffer: BatchBuffer;
  readonly main: Batch[];
  readonly side: Batch[];
} {
  const main: Batch[] = [];
  const side: Batch[] = [];
  const outputInto = (batches: Batch[]) => ({
    emit: (batch: Batch): Progress => {
      batches.push(batch);
      return answer();
    },
  });
  const context = { output: outputInto(main), sideOutput: () => outputInto(side) } as unknown as OperatorContext;
  return { buffer: new BatchBuffer(context), main, side };
}

function numbersOf(batches: readonly Batch[]): unknown[] {
  return batches.flatMap((batch) => batch.values);
}

describe("BatchBuffer", () => {
  it("gives what one call emitted away in batches of a bounded size, in order", () => {
    const { buffer, main } = bufferOver(() => DONE);
    const count = 2 * BATCH_RECORDS + 5;
    for (let i = 0; i < count; i++) buffer.emit(i, i);
    assert.equal(buffer.flush(), DONE);
    assert.deepEqual(
      main.map((batch) => batch.values.length),
      [BATCH_RECORDS, BATCH_RECORDS, 5],
    );
    assert.deepEqual(
      numbersOf(main),
      Array.from({ length: count }, (_, index) => index),
    );
  });

  it("keeps what an output has no room for, and gives it away when asked again", () => {
    let answer: Progress = FULL;
    const { buffer, main, side } = bufferOver(() => answer);
    for (let i = 0; i < 2 * BATCH_RECORDS; i++) buffer.emit(i, i);
    buffer.emitSide("late", "x", 0);
    assert.equal(buffer.flush(), FULL);
    assert.equal(main.length, 1);
    assert.deepEqual(numbersOf(side), ["x"], "each output has room of its own");
    answer = DONE;
    assert.equal(buffer.flush(), DONE);
    assert.equal(main.length, 2);
    assert.equal(buffer.flush(), DONE);
    assert.equal(main.length, 2, "nothing is given twice");
  });
});
