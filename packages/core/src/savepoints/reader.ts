import { compareBytes } from "../bytes/compare.ts";
import { CheckpointError, isTidemarkError } from "../errors.ts";
import type { KeyRange, StateEntry } from "../state/backend.ts";
import type { ImageFacts, SnapshotImage } from "./image.ts";
import { checksumOf, corrupt, decodeIndex, INDEX_FILE, type SegmentFacts } from "./index-codec.ts";
import { readSegment } from "./segment.ts";
import type { SavepointStore } from "./store.ts";
import { identityOf } from "./writer.ts";

/** Slices hold no more entries than this. */
const SLICE_ENTRIES = 1_000;

/** Segments that stay decoded: one for each of the scans that usually go on side by side. */
const SEGMENTS_KEPT = 2;

/** @throws {CheckpointError} CHECKPOINT_MISSING or CHECKPOINT_CORRUPT. */
export async function readSavepoint(store: SavepointStore): Promise<SnapshotImage> {
  const bytes = await store.get(INDEX_FILE);
  if (bytes === undefined) {
    throw new CheckpointError(
      "CHECKPOINT_MISSING",
      `Cannot open ${store.name}: there is no savepoint, or it was never finished. Look at the place, or take it again`,
      { details: { savepoint: store.name } },
    );
  }
  const { segments, ...facts } = decodeIndex(store.name, bytes);
  return new SavepointImage(store, identityOf(facts, bytes), facts, segments);
}

class SavepointImage implements SnapshotImage {
  readonly name: string;
  readonly identity: string;
  readonly facts: ImageFacts;
  readonly #store: SavepointStore;
  readonly #segments: readonly SegmentFacts[];
  /** The segments that were read last, the newest at the end. */
  readonly #decoded = new Map<SegmentFacts, Promise<readonly StateEntry[]>>();

  constructor(store: SavepointStore, identity: string, facts: ImageFacts, segments: readonly SegmentFacts[]) {
    this.name = store.name;
    this.identity = identity;
    this.facts = facts;
    this.#store = store;
    this.#segments = segments;
  }

  async *scan({ from, to }: KeyRange): AsyncGenerator<readonly StateEntry[], void, undefined> {
    const begin = lowerBound(this.#segments, (segment) => compareBytes(segment.last, from) < 0);
    for (let place = begin; place < this.#segments.length; place++) {
      const segment = this.#segments[place] as SegmentFacts;
      if (compareBytes(segment.first, to) >= 0) return;
      const entries = await this.#entriesOf(segment);
      const end = lowerBound(entries, (entry) => compareBytes(entry.key, to) < 0);
      let at = lowerBound(entries, (entry) => compareBytes(entry.key, from) < 0);
      for (; at < end; at += SLICE_ENTRIES) yield entries.slice(at, Math.min(end, at + SLICE_ENTRIES));
    }
  }

  async close(): Promise<void> {
    this.#decoded.clear();
  }

  #entriesOf(segment: SegmentFacts): Promise<readonly StateEntry[]> {
    const decoded = this.#decoded.get(segment) ?? this.#read(segment);
    this.#decoded.delete(segment);
    this.#decoded.set(segment, decoded);
    // What failed is read again by whoever asks next.
    decoded.catch(() => this.#decoded.delete(segment));
    for (const oldest of this.#decoded.keys()) {
      if (this.#decoded.size <= SEGMENTS_KEPT) break;
      this.#decoded.delete(oldest);
    }
    return decoded;
  }

  async #read({ file, sizeBytes, checksum }: SegmentFacts): Promise<readonly StateEntry[]> {
    const bytes = await this.#store.get(file);
    if (bytes === undefined) throw corrupt(this.name, `its file "${file}" is missing`);
    if (bytes.length !== sizeBytes) {
      throw corrupt(this.name, `its file "${file}" has ${bytes.length} bytes, not ${sizeBytes}`);
    }
    try {
      const entries = readSegment(bytes);
      if (checksumOf(bytes) === checksum) return entries;
    } catch (error) {
      if (!isTidemarkError(error)) throw error;
      throw corrupt(this.name, `its file "${file}" is damaged: ${error.message}`, error);
    }
    throw corrupt(this.name, `its file "${file}" is that of another savepoint`);
  }
}

/** The place of the first item for which `isBefore` does not hold. */
function lowerBound<T>(items: readonly T[], isBefore: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(items[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}
