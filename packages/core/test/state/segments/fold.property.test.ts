import assert from "node:assert/strict";
import { test } from "node:test";
import { compareBytes } from "../../../src/bytes/compare.ts";
import type { StateChanges } from "../../../src/state/backend.ts";
import { decodeHandle } from "../../../src/state/segments/handle-codec.ts";
import type { SegmentStore } from "../../../src/state/segments/store.ts";
import { seededRandom } from "../../../src/testing/state-backend/suite-env.ts";
import { atWidth, STRIDE } from "../../width.ts";
import { checkpoint, CountingMedium, KEY_GROUPS, keyOf, linesOf, retainedOf } from "./segment-medium.ts";

const { env } = (globalThis as { process?: { env?: Readonly<Record<string, string | undefined>> } }).process ?? {};
const SEED = Number(env?.["SEED"] ?? 1);
const RUNS = Number(env?.["RUNS"] ?? atWidth(2));
const EPOCHS = 150;
const KEYS = 4_000;

/** What `docs/backends.md` promises of a store over segments. */
const BOUNDS = { chain: 16, written: 6, space: 3 };

interface Kind {
  readonly name: string;
  /** Changes in one epoch. */
  readonly changes: number;
  /** Of a change: that it is a delete; of an epoch: that it deletes a range. */
  readonly deletes: number;
  readonly ranges: number;
  readonly keyAt: (random: number, epoch: number) => number;
}

const KINDS: readonly Kind[] = [
  {
    name: "inserts",
    changes: 60,
    deletes: 0,
    ranges: 0,
    keyAt: (random, epoch) => epoch * 60 + Math.floor(random * 60),
  },
  { name: "updates", changes: 200, deletes: 0, ranges: 0, keyAt: (random) => Math.floor(random * KEYS) },
  { name: "a few hot keys", changes: 100, deletes: 0.1, ranges: 0, keyAt: (random) => Math.floor(random ** 6 * KEYS) },
  {
    name: "a queue",
    changes: 150,
    deletes: 0.5,
    ranges: 0,
    keyAt: (random, epoch) => (epoch * 40 + Math.floor(random * 400)) % KEYS,
  },
  { name: "updates and ranges", changes: 150, deletes: 0.2, ranges: 0.5, keyAt: (random) => Math.floor(random * KEYS) },
];

const rangeOf = (index: number, width: number): { from: Uint8Array; to: Uint8Array } => ({
  from: keyOf(index),
  to: keyOf(index + width),
});

for (const kind of KINDS) {
  for (let run = 0; run < RUNS; run++) {
    const seed = SEED * 1_000 + run;
    test(`folding: ${kind.name}: chain, bytes written and space stay in their bounds (SEED=${SEED}, run ${run})`, async (context) => {
      const random = seededRandom(seed);
      const medium = new CountingMedium();
      let opened = await medium.open(0, undefined, { inlineBytes: 256 });
      const model = new Map<string, Uint8Array>();
      let changedBytes = 0;
      let chain = 0;
      let space = 0;
      for (let epoch = 1; epoch <= EPOCHS; epoch++) {
        const changes = draw(kind, random, epoch);
        changedBytes += apply(model, changes);
        await opened.store.write(epoch, changes);
        const handle = await checkpoint(opened, epoch);
        chain = Math.max(chain, decodeHandle(handle).layers.length);
        if (epoch % 7 !== 0) await (opened.store as SegmentStore).folded();
        await opened.session.release([retainedOf(epoch, handle)]);
        const live = [...model].reduce((sum, [key, value]) => sum + key.length / 2 + value.length, 0);
        // What folding wrote and no checkpoint has named yet comes on top, as does the checkpoint that is retained.
        if (live > 50_000) space = Math.max(space, (medium.storedBytes + handle.length) / live);
        if (epoch % 40 === 0) opened = await medium.open(epoch, handle, { inlineBytes: 256, cacheBytes: 100_000 });
      }
      const lines = [...model].map(([key, value]) => `${key}=${value.length}`);
      assert.deepEqual((await linesOf(opened.store)).toSorted(), lines.toSorted());
      const written = medium.writtenBytes / changedBytes;
      context.diagnostic(
        `chain ${chain}, written ${written.toFixed(2)} of changed, stored ${space.toFixed(2)} of live`,
      );
      assert.ok(chain <= BOUNDS.chain, `a chain of ${chain} layers`);
      assert.ok(written <= BOUNDS.written, `${written} bytes written for each that changed`);
      assert.ok(space <= BOUNDS.space, `${space} bytes stored for each that is live`);
    });
  }
}

function draw(kind: Kind, random: () => number, epoch: number): StateChanges {
  const chosen = new Map<number, Uint8Array | null>();
  for (let change = 0; change < kind.changes; change++) {
    const index = kind.keyAt(random(), epoch);
    chosen.set(index, random() < kind.deletes ? null : new Uint8Array(20 + Math.floor(random() * 200)));
  }
  const entries = [...chosen].map(([index, value]) => ({ key: keyOf(index), value }));
  return {
    puts: entries.flatMap(({ key, value }) => (value === null ? [] : [{ key, value }])),
    deletes: entries.flatMap(({ key, value }) => (value === null ? [key] : [])),
    rangeDeletes: random() < kind.ranges ? [rangeOf(Math.floor(random() * KEYS), 4 * Math.floor(random() * 300))] : [],
  };
}

/** @returns the bytes that changed. */
function apply(model: Map<string, Uint8Array>, { puts, deletes, rangeDeletes }: StateChanges): number {
  let changedBytes = 0;
  for (const { from, to } of rangeDeletes) {
    changedBytes += from.length + to.length;
    for (const key of model.keys()) {
      const bytes = Uint8Array.from(key.split(".").map(Number));
      if (compareBytes(bytes, from) >= 0 && compareBytes(bytes, to) < 0) model.delete(key);
    }
  }
  for (const key of deletes) {
    changedBytes += key.length;
    model.delete(key.join("."));
  }
  for (const { key, value } of puts) {
    changedBytes += key.length + value.length;
    model.set(key.join("."), value);
  }
  return changedBytes;
}

test("folding: a crash at every write and every delete leaves what is retained, and one release leaves no orphan", async () => {
  for (let crash = 1; crash <= 24; crash += STRIDE) {
    const medium = new CountingMedium();
    const random = seededRandom(crash);
    const kind = KINDS[4] as Kind;
    let epoch = 0;
    let retained = { epoch: 0, handle: undefined as Uint8Array | undefined, lines: [] as readonly string[] };
    let effects = 0;
    const model = new Map<string, Uint8Array>();
    let committed = new Map<string, Uint8Array>();
    for (let life = 0; life < 3; life++) {
      const opened = await medium.open(retained.epoch, retained.handle, { inlineBytes: 0, segmentBytes: 4_000 });
      model.clear();
      for (const [key, value] of committed) model.set(key, value);
      assert.deepEqual((await linesOf(opened.store)).toSorted(), retained.lines);
      const crashAt = effects + crash;
      for (let step = 0; step < 12; step++) {
        epoch++;
        const changes = draw(kind, random, epoch);
        apply(model, changes);
        await opened.store.write(epoch, changes);
        const handle = await opened.store.seal(epoch);
        // The process may end before the flush, after it, after the head, and in the middle of a fold.
        if (++effects === crashAt) break;
        await opened.session.flush(epoch);
        if (++effects === crashAt) break;
        committed = new Map(model);
        const lines = [...model].map(([key, value]) => `${key}=${value.length}`).toSorted();
        retained = { epoch, handle, lines };
        if (++effects === crashAt) break;
        await opened.session.release([retainedOf(epoch, handle)]);
        if (++effects === crashAt) break;
        if (random() < 0.5) await (opened.store as SegmentStore).folded();
      }
    }
    const last = await medium.open(retained.epoch, retained.handle);
    epoch++;
    const handle = await checkpoint(last, epoch);
    await last.session.release([retainedOf(epoch, handle)]);
    const audit = await last.session.audit([retainedOf(epoch, handle)]);
    assert.deepEqual(audit.orphaned, []);
    assert.deepEqual(audit.missing, [`1-${epoch}`]);
    const parts = [{ keyGroups: KEY_GROUPS, handle }];
    assert.deepEqual((await linesOf(await medium.session().openView({ epoch, parts }))).toSorted(), retained.lines);
  }
});
