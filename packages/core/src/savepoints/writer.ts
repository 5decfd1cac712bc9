import { assert } from "../assert.ts";
import { compareBytes, equalBytes } from "../bytes/compare.ts";
import { CheckpointError, StateError } from "../errors.ts";
import type { StateEntry } from "../state/backend.ts";
import { ALL_KEYS } from "../state/key-range.ts";
import { factsOf, type HeldCheckpoint, type ImageFacts, type SavepointSummary, type SnapshotImage } from "./image.ts";
import {
  checksumOf,
  encodeIndex,
  INDEX_FILE,
  isSavepointFile,
  type SavepointIndex,
  type SegmentFacts,
  segmentFile,
} from "./index-codec.ts";
import { SegmentBuilder } from "./segment.ts";
import { StateTally } from "./tally.ts";
import type { SavepointStore } from "./store.ts";

/** What a savepoint is made of. */
export interface SavepointContent {
  readonly facts: ImageFacts;
  /** All entries, in the order of their keys. */
  readonly entries: AsyncIterable<readonly StateEntry[]>;
}

/**
 * Writes a savepoint: its entries segment by segment, then the index that makes it one. What an interrupted attempt left
 * in the place is cleared away last: until there is an index, another one may still come and need it.
 *
 * @throws {CheckpointError} SAVEPOINT_EXISTS if there is one already. @throws {StateError} STATE_INCOMPATIBLE if it would leave
 * out records in flight.
 */
export async function writeSavepoint(store: SavepointStore, content: SavepointContent): Promise<SavepointSummary> {
  if (content.facts.hasRecordsInFlight === true) throw overtaken(store.name, content.facts);
  if ((await store.get(INDEX_FILE)) !== undefined) throw exists(store.name);
  const { segments, tally, bytes } = await writeSegments(store, content.entries);
  const index: SavepointIndex = { ...content.facts, operators: tally.operators(content.facts.operators), segments };
  const encoded = encodeIndex(index);
  if (!(await store.put(INDEX_FILE, encoded, "absent"))) {
    // Perhaps by the very write whose answer got lost.
    const found = await store.get(INDEX_FILE);
    if (found === undefined || !equalBytes(found, encoded)) throw exists(store.name);
  }
  await clearLeftovers(store, segments);
  return {
    name: store.name,
    identity: identityOf(index, encoded),
    job: index.job,
    checkpointId: index.checkpointId,
    entries: tally.entries,
    bytes: bytes + encoded.length,
    segments: segments.length,
  };
}

async function clearLeftovers(store: SavepointStore, segments: readonly SegmentFacts[]): Promise<void> {
  const needed = new Set([INDEX_FILE, ...segments.map(({ file }) => file)]);
  const left = (await store.list()).filter((file) => isSavepointFile(file) && !needed.has(file));
  if (left.length > 0) await store.delete(left);
}

/** A savepoint from an image: its facts and all of its entries. */
export function contentOf(image: SnapshotImage): SavepointContent {
  return { facts: image.facts, entries: image.scan(ALL_KEYS) };
}

/** A savepoint from a checkpoint that is held. */
export function heldContent({ manifest, takenAt, view, pace }: HeldCheckpoint): SavepointContent {
  async function* entries(): AsyncGenerator<readonly StateEntry[]> {
    for await (const slice of view.scan(ALL_KEYS)) {
      await pace();
      yield slice;
    }
  }
  return { facts: factsOf(manifest, takenAt), entries: entries() };
}

/** `<checkpoint>-<checksum of the index>`: the index holds the checksums of all else. */
export function identityOf({ checkpointId }: ImageFacts, index: Uint8Array): string {
  return `${checkpointId}-${checksumOf(index).toString(16).padStart(8, "0")}`;
}

interface Written {
  readonly segments: readonly SegmentFacts[];
  readonly tally: StateTally;
  readonly bytes: number;
}

async function writeSegments(store: SavepointStore, slices: AsyncIterable<readonly StateEntry[]>): Promise<Written> {
  const segments: SegmentFacts[] = [];
  const tally = new StateTally();
  const builder = new SegmentBuilder();
  let bytes = 0;
  let last: Uint8Array | undefined;
  const flush = async (): Promise<void> => {
    const { entries, bounds } = builder;
    if (entries === 0) return;
    const sealed = builder.finish();
    const file = segmentFile(segments.length, checksumOf(sealed));
    await store.put(file, sealed, "always");
    bytes += sealed.length;
    segments.push({ file, sizeBytes: sealed.length, checksum: checksumOf(sealed), entries, ...bounds });
  };
  for await (const slice of slices) {
    for (const entry of slice) {
      assert(last === undefined || compareBytes(last, entry.key) < 0, "the entries of a savepoint are not in order");
      last = entry.key;
      tally.add(entry);
      builder.add(entry);
      if (builder.isFull) await flush();
    }
  }
  await flush();
  return { segments, tally, bytes };
}

function overtaken(name: string, { checkpointId }: ImageFacts): StateError {
  return new StateError(
    "STATE_INCOMPATIBLE",
    `Cannot write ${name}: checkpoint ${checkpointId} holds records in flight, for which a savepoint has no place. Take a savepoint ` +
      "of the running job, or let it stop first: what it takes then has none",
    { details: { savepoint: name, checkpointId } },
  );
}

function exists(name: string): CheckpointError {
  return new CheckpointError(
    "SAVEPOINT_EXISTS",
    `Cannot write ${name}: there is a savepoint already, and none is ever written over. Choose another place, or delete it first`,
    { details: { savepoint: name } },
  );
}
