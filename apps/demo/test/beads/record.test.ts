// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";
import { apply } from "../../src/beads/apply.ts";
import { BrokenTrace } from "../../src/beads/broken.ts";
import { COSTS } from "../../src/beads/costs.ts";
import { type Beads, dealBeads } from "../../src/beads/deal.ts";
import { type Model, newModel } from "../../src/beads/model.ts";
import { record, type Recording, type TimedEvent } from "../../src/beads/record.ts";
import { judge } from "../../src/beads/verdict.ts";

const SEEDS = Array.from({ length: 20 }, (_, index) => index);

async function recorded(seed: number, crashIn: number | undefined): Promise<Recording & { readonly beads: Beads }> {
  const beads = dealBeads(seed);
  return { beads, ...(await record({ beads, costs: COSTS, seed, checkpoints: true, crashIn })) };
}

function replay(beads: Beads, events: readonly TimedEvent[]): Model {
  return events.reduce((model, { event }) => apply(model, event), newModel(beads));
}

for (const seed of SEEDS) {
  test(`record: seed ${seed} crashes in a checkpoint, and the picture and a plain loop agree with the rows`, async () => {
    const { beads, events, committed } = await recorded(seed, 2);
    const model = replay(beads, events);
    assert.equal(model.crashes, 1);
    for (const parity of ["even", "odd"] as const) {
      const rows = committed.filter((row) => row.parity === parity).map(({ total }) => total);
      assert.deepEqual(model.sinks[parity].committed, rows);
    }
    assert.deepEqual(judge(beads, committed).right, true);
    const crash = events.findIndex(({ event }) => event.kind === "attempt-failed");
    assert.notEqual(replay(beads, events.slice(0, crash)).underway, undefined);
    assert.ok(events.some(({ event }) => event.kind === "channel-blocked"));
  });
}

test("record: the same seed is the same story", async () => {
  assert.deepEqual(await recorded(3, 2), await recorded(3, 2));
  assert.notDeepEqual((await recorded(3, 2)).events, (await recorded(4, 2)).events);
});

test("record: a trace with any one step left out is noticed", async () => {
  const { beads, events } = await recorded(1, undefined);
  const complete = replay(beads, events);
  const steps = ["batch", "barrier-received", "barrier-forwarded", "snapshot-frozen", "acknowledged", "head-written"];
  let noticed = 0;
  events.forEach(({ event }, left) => {
    // From a sink a barrier goes nowhere.
    if (!steps.includes(event.kind) || (event.kind === "barrier-forwarded" && event.at.stage === "sink")) return;
    assert.throws(() => replay(beads, events.toSpliced(left, 1)), BrokenTrace, `${event.kind}, event ${left}`);
    noticed++;
  });
  assert.ok(noticed > 200);
  assert.equal(complete.sinks.even.committed.at(-1), 992);
});
