/** What a fold reads, counted in rounds of what is asked for at the same time. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { chainOf } from "../../../src/state/segments/chain.ts";
import { Fold } from "../../../src/state/segments/fold.ts";
import { SegmentMedium } from "../../../src/state/segments/medium.ts";
import { DEFAULT_TUNING, type SegmentTuning } from "../../../src/state/segments/tuning.ts";
import { mergeSlice } from "../../../src/state/segments/merge.ts";
import { ALL_KEYS } from "../../../src/state/key-range.ts";
import { frozenEnv } from "../../../src/testing/test-env.ts";
import { checkpoint, CountingMedium, KEY_GROUPS, put } from "./segment-medium.ts";

const SCOPE = { keyGroups: KEY_GROUPS, prefixes: undefined };

/** Blocks so small that there are many, and nothing in memory. */
const TUNING: SegmentTuning = {
  ...DEFAULT_TUNING,
  blockBytes: 1_000,
  segmentBytes: 400_000,
  packBytes: 400_000,
  inlineBytes: 0,
  cacheBytes: 0,
};

/** Entries of the layers. They become fewer, so that nothing is folded but by a test. */
const LAYERS: readonly number[] = [6_000, 2_700, 1_200, 540, 240, 100];

/** Lets all that can go on do so. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 1_000; turn++) await Promise.resolve();
}

/** Layers whose keys lie between one another, and what they are read from: it answers all together that is asked for before one answer comes. */
async function layered(tuning: SegmentTuning = TUNING) {
  const written = new CountingMedium();
  const opened = await written.open(0, undefined, tuning);
  let handle: Uint8Array = new Uint8Array(0);
  for (const [at, entries] of LAYERS.entries()) {
    for (let entry = 0; entry < entries; entry++) {
      await put(opened.store, at + 1, Math.floor((entry * 40_000) / entries) + at, new Uint8Array(100));
    }
    handle = await checkpoint(opened, at + 1);
  }
  const counts = { isCounting: true, failsAt: Infinity, rounds: 0, gets: 0, together: 0, bytes: 0, mostBytes: 0 };
  let asked: { readonly answer: () => void }[] = [];
  const io = written.io();
  const answerAll = async (): Promise<void> => {
    await settle();
    counts.rounds++;
    counts.together = Math.max(counts.together, asked.length);
    const answers = asked;
    asked = [];
    for (const { answer } of answers) answer();
  };
  const { env } = frozenEnv();
  const medium = new SegmentMedium(
    {
      ...io,
      get: async (name, range) => {
        if (!counts.isCounting) return io.get(name, range);
        counts.gets++;
        counts.bytes += range.length;
        counts.mostBytes = Math.max(counts.mostBytes, counts.bytes);
        if (asked.length === 0) void answerAll();
        await new Promise<void>((answer) => asked.push({ answer }));
        counts.bytes -= range.length;
        if (counts.rounds > counts.failsAt) throw new Error("the network is gone");
        return io.get(name, range);
      },
    },
    { ...env, turn: async () => undefined },
    tuning,
  );
  const layers = chainOf(medium, [{ keyGroups: KEY_GROUPS, handle }], SCOPE);
  assert.equal(layers.length, LAYERS.length);
  return { medium, layers, counts };
}

const options = { owner: "0-0", scope: SCOPE, isWhole: true, isOver: () => false };

test("Fold: what several layers lack is read at the same time", async (context) => {
  const { medium, layers, counts } = await layered();
  const folded = await new Fold({ ...options, medium, run: layers }).run();
  context.diagnostic(`${counts.gets} requests in ${counts.rounds} rounds, ${counts.together} at once`);
  assert.equal(folded?.length, 1);
  // Six layers of 1.2 MB together. When each was read as it was come to these were 77 in 67 rounds.
  assert.ok(counts.gets <= 80, `${counts.gets} requests`);
  assert.ok(counts.rounds <= 18, `${counts.rounds} rounds`);
  assert.ok(counts.mostBytes <= TUNING.segmentBytes + layers.length * 17_000, `${counts.mostBytes} bytes at once`);
});

test("Fold: makes no more requests where the part of a layer is less than one of them reads", async (context) => {
  const { medium, layers, counts } = await layered({ ...TUNING, packBytes: 50_000, segmentBytes: 50_000 });
  await new Fold({ ...options, medium, run: layers }).run();
  context.diagnostic(`${counts.gets} requests in ${counts.rounds} rounds`);
  // 181 where a request read no more than that part.
  assert.ok(counts.gets <= 100, `${counts.gets} requests`);
});

/** Everything that a chain says. */
async function entriesOf(medium: SegmentMedium, sources: Parameters<typeof mergeSlice>[0]): Promise<readonly string[]> {
  const shown: string[] = [];
  let from: Uint8Array | undefined = ALL_KEYS.from;
  for (let after = false; from !== undefined; after = true) {
    const blocks = { ahead: 8, aheadBytes: 0, isKept: false };
    const reading = { from, after, to: ALL_KEYS.to, ...blocks, deletes: "hidden", pace: medium.pace } as const;
    const slice = await mergeSlice(sources, reading);
    for (const { key, value } of slice.entries) shown.push(`${key.join(".")}=${value?.length}`);
    from = slice.next;
  }
  return shown;
}

for (const segmentBytes of [400_000, 50_000]) {
  test(`Fold: says what the layers say, in segments of ${segmentBytes} bytes`, async () => {
    const { medium, layers, counts } = await layered({ ...TUNING, segmentBytes });
    const folded = await new Fold({ ...options, medium, run: layers }).run();
    assert.equal(counts.bytes, 0);
    counts.isCounting = false;
    assert.deepEqual(await entriesOf(medium, folded ?? []), await entriesOf(medium, layers));
  });
}

test("Fold: leaves nothing under way when it ends early, or when a read fails", async () => {
  const { medium, layers, counts } = await layered();
  let slices = 0;
  const ended = await new Fold({ ...options, medium, run: layers, isOver: () => ++slices > 2 }).run();
  assert.deepEqual([ended, counts.bytes], [undefined, 0]);
  const failing = await layered();
  failing.counts.failsAt = 5;
  const fold = new Fold({ ...options, medium: failing.medium, run: failing.layers });
  await assert.rejects(fold.run(), /the network is gone/);
  assert.equal(failing.counts.bytes, 0);
});
