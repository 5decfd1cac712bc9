/** What a clean-up is told to keep. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { RetainedCheckpoint } from "../../src/checkpoint/head.ts";
import { encodeManifest, type Manifest } from "../../src/checkpoint/manifest.ts";
import { RetainedHandles } from "../../src/runtime/retained-handles.ts";
import { GOLDEN_MANIFEST } from "../checkpoint/golden/manifest.ts";

const checkpoint = (checkpointId: number): RetainedCheckpoint => ({
  checkpointId,
  generation: 1,
  manifest: `manifest-${checkpointId}`,
  completedAt: 0,
});

/** The store's handle is a byte that names the checkpoint. */
const manifest = (checkpointId: number): Manifest => ({
  ...GOLDEN_MANIFEST,
  checkpointId,
  stores: GOLDEN_MANIFEST.stores.slice(0, 1).map((store) => ({ ...store, handle: Uint8Array.of(checkpointId) })),
});

const written = new Map([1, 2, 3, 4, 5].map((id) => [`manifest-${id}`, encodeManifest(manifest(id))]));

/** Has completed these, and counts what it reads of them. */
function afterCompleting(...ids: readonly number[]): { readonly handles: RetainedHandles; readonly reads: string[] } {
  const reads: string[] = [];
  const handles = new RetainedHandles({
    read: async (name) => {
      reads.push(name);
      return written.get(name);
    },
  });
  for (const id of ids) handles.remember(`manifest-${id}`, manifest(id));
  return { handles, reads };
}

test("RetainedHandles: a clean-up that lags behind leaves alone what is newer, also below a newer pin (RET-03, COR-17)", async () => {
  const { handles, reads } = afterCompleting(1, 2, 3, 4);
  // Checkpoint 2 is cleaned up after only now, and a savepoint of checkpoint 4 is being copied.
  const late = await handles.epochsOf([checkpoint(1), checkpoint(2)], [checkpoint(4)]);
  assert.deepEqual(
    late.map(({ epoch, manifest: name, handles: [handle] }) => [epoch, name, handle]),
    [1, 2].map((id) => [id, `manifest-${id}`, Uint8Array.of(id)]),
  );
  const next = await handles.epochsOf([checkpoint(2), checkpoint(3)], [checkpoint(4)]);
  assert.deepEqual([next.map(({ epoch }) => epoch), reads], [[2, 3], []]);
});

test("RetainedHandles: what is pinned is kept once, retained or not, and forgotten with its pin", async () => {
  const { handles, reads } = afterCompleting(1, 2, 3);
  const both = await handles.epochsOf([checkpoint(2), checkpoint(3)], [checkpoint(1), checkpoint(2)]);
  assert.deepEqual(new Set(both.map(({ epoch }) => epoch)), new Set([1, 2, 3]));
  await handles.epochsOf([checkpoint(2), checkpoint(3)], []);
  assert.deepEqual(reads, []);
  await handles.epochsOf([checkpoint(2), checkpoint(3)], [checkpoint(1)]);
  assert.deepEqual(reads, ["manifest-1"]);
});

test("RetainedHandles: a checkpoint whose manifest is gone is told of", async () => {
  const { handles } = afterCompleting(1);
  await assert.rejects(handles.epochsOf([checkpoint(9)], []), { code: "CHECKPOINT_MISSING", message: /manifest-9/ });
});
