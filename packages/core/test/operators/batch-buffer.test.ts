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

  it("gives each result its time, whether records have one result, none or several", () => {
    const { buffer, main } = bufferOver(() => DONE);
    const times = [10, 20.5, 30, 40];
    const emitted: [number, number][] = [];
    const emitOf = (at: number, results: number): void => {
      for (let i = 0; i < results; i++) {
        emitted.push([emitted.length, times[at] as number]);
        buffer.emitAt(emitted.length - 1, times, at);
      }
    };
    for (const results of [
      [1, 1, 1, 1],
      [1, 1, 0, 0],
      [0, 1, 1, 1],
      [1, 2, 0, 1],
      [1, 0, 3, 1],
    ]) {
      results.forEach((count, at) => emitOf(at, count));
      buffer.flush();
    }
    emitOf(0, 1);
    emitted.push([emitted.length, 99]);
    buffer.emit(emitted.length - 1, 99);
    emitOf(1, 1);
    buffer.flush();
    const given = main.flatMap(({ values, timestamps }) => {
      assert.equal(values.length, timestamps.length);
      return values.map((value, index) => [value, timestamps[index]]);
    });
    assert.deepEqual(given, emitted);
    assert.deepEqual(times, [10, 20.5, 30, 40], "the times of the records are only lent");
  });

  it("forgets what was emitted since a mark, in batches that were full too", () => {
    for (const kept of [0, 3, BATCH_RECORDS - 1, BATCH_RECORDS, BATCH_RECORDS + 3]) {
      const { buffer, main } = bufferOver(() => DONE);
      const times = Array.from({ length: BATCH_RECORDS }, (_, index) => index);
      const emit = (count: number): void => {
        buffer.emitAt(count, times, count % BATCH_RECORDS);
      };
      for (let count = 0; count < kept; count++) emit(count);
      const mark = buffer.mark();
      for (let more = 0; more < BATCH_RECORDS + 5; more++) buffer.emitAt("undone", times, more % BATCH_RECORDS);
      buffer.rollback(mark);
      for (let count = kept; count < kept + 5; count++) emit(count);
      buffer.flush();
      assert.deepEqual(
        numbersOf(main),
        Array.from({ length: kept + 5 }, (_, count) => count),
      );
      assert.deepEqual(
        main.flatMap((batch) => [...batch.timestamps]),
        Array.from({ length: kept + 5 }, (_, count) => count % BATCH_RECORDS),
      );
    }
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
