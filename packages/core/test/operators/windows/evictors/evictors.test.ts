import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { countEvictor } from "../../../../src/operators/windows/evictors/count-evictor.ts";
import { deltaEvictor } from "../../../../src/operators/windows/evictors/delta-evictor.ts";
import { timeEvictor } from "../../../../src/operators/windows/evictors/time-evictor.ts";
import { global } from "../../../../src/operators/windows/global.ts";
import { session } from "../../../../src/operators/windows/session.ts";
import { countTrigger } from "../../../../src/operators/windows/triggers/count-trigger.ts";
import { Harness, verifyOperator } from "../../harness.ts";
import { batch, collect, end, operatorOf, shown } from "../windows.ts";
import { customEvictor } from "../../../../src/operators/windows/evictors/custom-evictor.ts";

describe("evictors", () => {
  const run = (evictor: ReturnType<typeof countEvictor<string>>, aggregate: typeof collect | null = collect) =>
    verifyOperator(
      operatorOf(global(), {
        evictor,
        trigger: countTrigger(2),
        aggregate,
        ...(aggregate === null
          ? {
              process: { onWindow: (items: string[]) => [items.join(" ")] },
            }
          : {}),
      }),
      [batch(["a1", 10], ["a2", 30], ["a3", 20], ["a4", 25], ["a9", 31], ["a8", 33])],
    ).main.map(([value]) => (typeof value === "string" ? value : (value as { value: string }).value));

  it("remove records before the result is made, or after it (WIN-03)", () => {
    assert.deepEqual(run(countEvictor(3)), ["a1 a2", "a2 a3 a4", "a4 a9 a8"]);
    assert.deepEqual(run(countEvictor(3), null), ["a1 a2", "a2 a3 a4", "a4 a9 a8"]);
    assert.deepEqual(run(countEvictor(1, { after: true })), ["a1 a2", "a2 a3 a4", "a4 a9 a8"]);
    assert.deepEqual(run(timeEvictor("10ms")), ["a2", "a2 a4", "a2 a4 a9 a8"]);
    assert.deepEqual(run(deltaEvictor(3, (value, last) => Math.abs(Number(last.slice(1)) - Number(value.slice(1))))), [
      "a1 a2",
      "a2 a3 a4",
      "a9 a8",
    ]);
  });

  it("may leave nothing: there is no result then", () => {
    assert.deepEqual(run(customEvictor({ name: "all", evictBefore: () => [] })), []);
    assert.deepEqual(run(customEvictor({ name: "all afterwards", evictAfter: () => [] })), ["a1 a2", "a3 a4", "a9 a8"]);
    const harness = new Harness(
      operatorOf(global(), { evictor: { name: "all", evictAfter: () => [] }, trigger: countTrigger(2) }),
    );
    harness.batch(["a1", 10], ["a2", 30]);
    assert.equal(harness.save().entries.size, 0, "a key of which nothing is left takes no room");
  });

  it("must give back what they were given", () => {
    const bad = customEvictor({ name: "bad", evictBefore: () => [{ value: "x", timestamp: 0 }] });
    assert.throws(() => run(bad), { code: "USER_CODE", message: /must give back records that it was given/ });
  });

  it("need no merge of an aggregate in sessions", () => {
    const { merge: _merge, ...unmergeable } = collect;
    const { main } = verifyOperator(
      operatorOf(session("5ms"), { evictor: countEvictor<string>(2), aggregate: unmergeable }),
      [batch(["a1", 0], ["a2", 8], ["a3", 4]), end],
    );
    assert.deepEqual(shown(main), ["a 0..13 @13: a2 a3"]);
  });
});
