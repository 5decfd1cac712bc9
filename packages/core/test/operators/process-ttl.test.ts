import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { valueState } from "../../src/state/kinds/with-options.ts";
import { Harness, type Timed } from "./harness.ts";
import { of } from "./string-process.ts";

const LIVES_MS = 1000;

/** Remembers each key for a second of processing time. */
function remembering() {
  const clock = { now: 5000 };
  const process = of({
    state: { seen: valueState(false, { ttl: { after: "1s" } }) },
    onRecord: (value, context) => {
      context.emit(`${value} ${context.state.seen.get() ? "again" : "first"}`);
      context.state.seen.update(true);
    },
  });
  return { clock, harness: new Harness(process, { now: () => clock.now }) };
}

/** Records of so many keys, from one on. */
const records = (from: number, count: number): readonly Timed[] =>
  Array.from({ length: count }, (_, index): Timed => [String.fromCodePoint(0x4e00 + from + index), index]);

describe("processOperator, of state with a time to live", () => {
  it("asks env for processing time, through restores (TTL-01)", () => {
    const { clock, harness } = remembering();
    harness.batch(["a", 0], ["a", 0]);
    clock.now += LIVES_MS - 1;
    const again = harness.restored();
    again.batch(["a", 0]);
    clock.now += LIVES_MS;
    again.batch(["a", 0]);
    assert.deepEqual(harness.values, ["a first", "a again"]);
    assert.deepEqual(again.values, ["a again", "a first"]);
  });

  it("leaves nothing expired in the checkpoint of a stream that has become silent (TTL-02)", () => {
    const { clock, harness } = remembering();
    harness.batch(...records(0, 500));
    assert.equal(harness.save().entries.size, 500);
    clock.now += LIVES_MS;
    assert.equal(harness.save().entries.size, 0);
  });

  it("holds no more entries than two times to live have keys, however long the stream (TTL-02)", () => {
    const { clock, harness } = remembering();
    const BATCH = 100;
    for (let batch = 0; batch < 100; batch++) {
      harness.batch(...records(batch * BATCH, BATCH));
      clock.now += LIVES_MS / 10;
    }
    const entries = harness.save().entries.size;
    assert.ok(entries <= 20 * BATCH, `${entries} entries`);
  });
});
