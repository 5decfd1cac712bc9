import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SplitClock } from "../../src/time/split-clock.ts";
import { NO_TIMESTAMP } from "../../src/time/timestamps.ts";
import { check } from "../bytes/property.ts";

const WINDOW = 10;

/** Quarters of a millisecond are dates too. */
const timestamps = fc.array(
  fc.integer({ min: -200, max: 200 }).map((quarter) => quarter / 4),
  { maxLength: 60 },
);

/** Whether a record that is read lies outside of its split's bound. */
function observe(clock: SplitClock, splitId: string, timestamp: number): boolean {
  return clock.observe(splitId, [timestamp], 0) === 0;
}

/** The records outside of their split's bound, and the watermark after each of them and at the end. */
function outsideOf(observed: (clock: SplitClock) => Iterable<number>, outOfOrderMs: number): readonly number[] {
  const clock = new SplitClock(outOfOrderMs);
  clock.add("split", NO_TIMESTAMP);
  const found: number[] = [];
  for (const index of observed(clock)) found.push(index, clock.advance() ?? NO_TIMESTAMP);
  return [...found, clock.advance() ?? NO_TIMESTAMP];
}

/**
 * Reads a split in batches as a source does: the watermark comes after each batch, and before a record that lies outside the
 * bound. Returns of each record whether its window was over when it came.
 */
function lateOf(records: readonly number[], outOfOrderMs: number, batches: readonly number[]): readonly boolean[] {
  const clock = new SplitClock(outOfOrderMs);
  clock.add("split", NO_TIMESTAMP);
  let watermark = NO_TIMESTAMP;
  const advance = (): void => {
    watermark = clock.advance() ?? watermark;
  };
  const late: boolean[] = [];
  let leftInBatch = batches[0] ?? Infinity;
  let batch = 0;
  for (const timestamp of records) {
    if (leftInBatch === 0) {
      advance();
      batch++;
      leftInBatch = batches[batch] ?? Infinity;
    }
    leftInBatch--;
    if (observe(clock, "split", timestamp)) advance();
    const end = Math.floor(timestamp / WINDOW) * WINDOW + WINDOW;
    late.push(end - 1 <= watermark);
  }
  return late;
}

describe("SplitClock, at any batching", () => {
  it("makes the same records late, and none that is inside the bound of its split", () => {
    check(
      fc.property(
        timestamps,
        fc.integer({ min: 0, max: 30 }),
        fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 30 }),
        (records, outOfOrderMs, batches) => {
          const whole = lateOf(records, outOfOrderMs, []);
          assert.deepEqual(lateOf(records, outOfOrderMs, batches), whole);
          assert.deepEqual(
            lateOf(
              records,
              outOfOrderMs,
              records.map(() => 1),
            ),
            whole,
          );
          let greatest = -Infinity;
          records.forEach((timestamp, index) => {
            if (timestamp >= greatest - outOfOrderMs) assert.equal(whole[index], false);
            greatest = Math.max(greatest, timestamp);
          });
        },
      ),
    );
  });

  it("finds the same records outside the bound one by one and all at once", () => {
    check(
      fc.property(timestamps, fc.integer({ min: 0, max: 30 }), (records, outOfOrderMs) => {
        const oneByOne = outsideOf(function* (clock) {
          for (const [index, timestamp] of records.entries()) if (observe(clock, "split", timestamp)) yield index;
        }, outOfOrderMs);
        const atOnce = outsideOf(function* (clock) {
          for (let at = 0; (at = clock.observe("split", records, at)) < records.length; at++) yield at;
        }, outOfOrderMs);
        assert.deepEqual(atOnce, oneByOne);
      }),
    );
  });

  it("announces a pure function of each split's records, however the splits take turns", () => {
    check(
      fc.property(
        fc.array(
          timestamps.filter(({ length }) => length > 0),
          { minLength: 1, maxLength: 4 },
        ),
        fc.array(fc.nat(3), { maxLength: 60 }),
        fc.integer({ min: 0, max: 30 }),
        (splits, order, outOfOrderMs) => {
          const clock = new SplitClock(outOfOrderMs);
          const left = splits.map((records) => records.slice());
          splits.forEach((_, index) => clock.add(`${index}`, NO_TIMESTAMP));
          const greatest = splits.map(() => NO_TIMESTAMP);
          for (const pick of [...order, ...splits.flatMap((records, index) => records.map(() => index))]) {
            const timestamp = left[pick]?.shift();
            if (timestamp === undefined) continue;
            const inBound = timestamp >= (greatest[pick] as number) - outOfOrderMs;
            assert.equal(observe(clock, `${pick}`, timestamp), !inBound);
            if (inBound) assert.ok(timestamp > clock.announced, "a record inside its split's bound is late");
            greatest[pick] = Math.max(greatest[pick] as number, timestamp);
            clock.advance();
            const least = Math.min(...greatest) - outOfOrderMs - 1;
            assert.equal(clock.announced, least, "the least of the splits, and nothing else");
          }
        },
      ),
    );
  });
});
