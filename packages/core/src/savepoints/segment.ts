import { invalidBytes } from "../bytes/invalid.ts";
import { ByteReader } from "../bytes/reader.ts";
import { openSealed, sealBytes } from "../bytes/sealed.ts";
import { ByteWriter } from "../bytes/writer.ts";
import { compareBytes } from "../bytes/compare.ts";
import type { StateEntry } from "../state/backend.ts";

const MAGIC = "TMSE";
const VERSION = 0;

/** A segment ends with the entry that takes it to this size. */
export const SEGMENT_BYTES: number = 4 * 1024 * 1024;

/** A segment has no more entries than this, so that small ones do not take much more memory than their bytes. */
export const SEGMENT_ENTRIES_MAX = 32_768;

/** Gathers the entries of one segment of a savepoint. See docs/format.md, "Savepoints". */
export class SegmentBuilder {
  readonly #body = new ByteWriter(4096);
  #entries = 0;
  #first: Uint8Array | undefined;
  #last: Uint8Array | undefined;

  get entries(): number {
    return this.#entries;
  }

  get isFull(): boolean {
    return this.#body.length >= SEGMENT_BYTES || this.#entries >= SEGMENT_ENTRIES_MAX;
  }

  /** The first and the last key, as arrays of their own: what a backend gives may be a Buffer of Node. */
  get bounds(): { readonly first: Uint8Array; readonly last: Uint8Array } {
    return { first: new Uint8Array(this.#first ?? []), last: new Uint8Array(this.#last ?? []) };
  }

  add({ key, value }: StateEntry): void {
    this.#first ??= key;
    this.#last = key;
    this.#entries++;
    this.#body.bytes(key);
    this.#body.bytes(value);
  }

  /** The bytes of the segment; it is empty again after that. */
  finish(): Uint8Array {
    const bytes = sealBytes(MAGIC, VERSION, this.#body.view());
    this.#body.reset();
    this.#entries = 0;
    this.#first = undefined;
    this.#last = undefined;
    return bytes;
  }
}

/**
 * The entries of a segment. Their arrays are views of its bytes.
 *
 * @throws {SerializationError} BYTES_INVALID or FORMAT_UNKNOWN if it is not one, or not in order.
 */
export function readSegment(bytes: Uint8Array): readonly StateEntry[] {
  const reader = new ByteReader(openSealed(MAGIC, VERSION, bytes).body);
  const entries: StateEntry[] = [];
  let last: Uint8Array | undefined;
  while (reader.remaining > 0) {
    const key = reader.bytes();
    if (last !== undefined && compareBytes(last, key) >= 0) {
      throw invalidBytes("keys that are not in order", reader.position);
    }
    last = key;
    entries.push({ key, value: reader.bytes() });
  }
  return entries;
}
