import { assert, hashBytes, isInScope, type StoreScope } from "@tidemark/core/internal";
import { ImagedKeys } from "./imaged-keys.ts";
import type { LevelRows, RowChange } from "./level-rows.ts";
import { dataKey, undoKey } from "./row-keys.ts";
import { encodeImage } from "./row-values.ts";
import { WrittenKeys } from "./written-keys.ts";

/** Keys whose old values are read at once. */
const READ_KEYS_MAX = 128;

/** New values gathered before their old ones are read. */
const READ_BYTES_MAX: number = 256 * 1024;

/** A batch ends with the change that takes it to this size. */
const BATCH_BYTES_MAX: number = 512 * 1024;

/** A key's new value; `undefined` deletes it. */
export interface KeyChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** Told by how many bytes a row has become larger: key and value, without what the database adds. */
export type Resized = (key: Uint8Array, bytes: number) => void;

/** Where changes go, and whether they still may. */
export interface UndoWriterOptions {
  readonly rows: LevelRows;
  readonly scope: StoreScope;
  /** Up to this epoch other stores may have written images of the same keys. */
  readonly foreignEpoch: number;
  /** Whether no key of the scope has a row yet. */
  readonly beginsEmpty: boolean;
  /** Called before each batch. @throws {StateError} STATE_CLOSED once a newer session has taken over. */
  readonly assertCurrent: () => void;
}

/**
 * Changes data rows in place. The first change of a key in an epoch puts what was there before into an undo row, in the
 * same batch: whichever batches reach the disk, every epoch can be undone.
 */
export class UndoWriter {
  readonly #options: UndoWriterOptions;
  readonly #imaged: ImagedKeys;
  readonly #written: WrittenKeys;

  constructor(options: UndoWriterOptions) {
    this.#options = options;
    this.#imaged = new ImagedKeys(options.foreignEpoch);
    this.#written = new WrittenKeys(options.beginsEmpty);
  }

  /** Deletes the store's keys from `from` up to, but without, `to`. */
  async deleteRange(epoch: number, from: Uint8Array, to: Uint8Array, resized: Resized): Promise<void> {
    const { rows, scope } = this.#options;
    const end = dataKey(to);
    let cursor = dataKey(from);
    for (let after = false; ; after = true) {
      const { keys, isEnd } = await rows.keys({ from: cursor, after, to: end });
      const own = keys.map((row) => row.subarray(1)).filter((key) => isInScope(scope, key));
      await this.#applySlice(
        epoch,
        own.map((key) => ({ key, value: undefined })),
        resized,
      );
      const last = keys.at(-1);
      if (isEnd || last === undefined) return;
      cursor = last;
    }
  }

  /** Makes changes of different keys, in slices. */
  async apply(epoch: number, changes: readonly KeyChange[], resized: Resized): Promise<void> {
    let slice: KeyChange[] = [];
    let sizeBytes = 0;
    for (const change of changes) {
      slice.push(change);
      sizeBytes += change.key.length + (change.value?.length ?? 0);
      if (slice.length < READ_KEYS_MAX && sizeBytes < READ_BYTES_MAX) continue;
      await this.#applySlice(epoch, slice, resized);
      slice = [];
      sizeBytes = 0;
    }
    await this.#applySlice(epoch, slice, resized);
  }

  async #applySlice(epoch: number, slice: readonly KeyChange[], resized: Resized): Promise<void> {
    if (slice.length === 0) return;
    const hashes = slice.map(({ key }) => hashBytes(key));
    const known = slice.filter((_, index) => this.#written.mayHave(hashes[index] as number)).map(({ key }) => key);
    const imaged = await this.#withImage(epoch, known);
    const found = await this.#options.rows.getMany(known.map(dataKey));
    const values = new Map(known.map((key, index) => [key, found[index]]));
    const before = new Map(slice.filter(({ key }) => !imaged.has(key)).map(({ key }) => [key, values.get(key)]));
    for (const hash of hashes) this.#written.add(hash);

    let batch: RowChange[] = [];
    let batchBytes = 0;
    for (const { key, value } of slice) {
      const rows = rowsOf(epoch, key, value, before);
      batch.push(...rows);
      for (const row of rows) batchBytes += row.key.length + (row.payload?.length ?? 0);
      if (batchBytes < BATCH_BYTES_MAX) continue;
      await this.#commit(batch);
      batch = [];
      batchBytes = 0;
    }
    await this.#commit(batch);
    for (const [index, { key, value }] of slice.entries()) {
      const old = values.get(key);
      resized(key, sizeOf(key, value) - sizeOf(key, old));
      // Only what was written counts as imaged: a key that was absent and stays so has no undo row.
      const isImaged = before.has(key) && (value !== undefined || old !== undefined);
      if (isImaged) this.#imaged.add(epoch, hashes[index] as number);
    }
  }

  async #commit(batch: readonly RowChange[]): Promise<void> {
    this.#options.assertCurrent();
    await this.#options.rows.commit(batch);
  }

  /** Those that have an image of this epoch. */
  async #withImage(epoch: number, keys: readonly Uint8Array[]): Promise<ReadonlySet<Uint8Array>> {
    const asked = keys.filter((key) => this.#imaged.mayHave(epoch, hashBytes(key)));
    const images = await this.#options.rows.getMany(asked.map((key) => undoKey(epoch, key)));
    return new Set(asked.filter((_, index) => images[index] !== undefined));
  }
}

function sizeOf(key: Uint8Array, value: Uint8Array | undefined): number {
  return value === undefined ? 0 : key.length + value.length;
}

/** The rows that one key's change writes: its image, if it has none yet, and the new value. */
function rowsOf(
  epoch: number,
  key: Uint8Array,
  value: Uint8Array | undefined,
  before: ReadonlyMap<Uint8Array, Uint8Array | undefined>,
): readonly RowChange[] {
  assert(Number.isSafeInteger(epoch) && epoch > 0, `a change in epoch ${epoch}`);
  const put: RowChange = { key: dataKey(key), payload: value };
  if (!before.has(key)) return [put];
  const image = before.get(key);
  if (image === undefined && value === undefined) return [];
  return [{ key: undoKey(epoch, key), payload: encodeImage(image) }, put];
}
