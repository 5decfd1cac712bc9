import type { MediumChange, MediumRange, SimProcess, SortedMedium } from "@tidemark/core/testing";
import { AbstractIterator, type AbstractIteratorOptions, AbstractLevel, AbstractSnapshot } from "abstract-level";

type Bytes = Uint8Array;
type Range = MediumRange & { readonly keys?: boolean; readonly values?: boolean; readonly snapshot?: FrozenLevel };
type Operation = { readonly type: "put" | "del"; readonly key: Bytes; readonly value?: Bytes };

/** As much of `level` as abstract-level asks of an implementation. Its types leave the underscored methods out. */
interface Options {
  readonly sync?: boolean;
  readonly snapshot?: FrozenLevel;
}

/**
 * A LevelDB under simulation: abstract-level's own base class, with all its rules, over a disk that lives in the world.
 * Each write is an effect of the process that has it open, and a power cut takes unsynced writes away.
 */
export class FaultyLevel extends AbstractLevel<Bytes, Bytes, Bytes> {
  readonly #process: SimProcess;
  readonly #medium: SortedMedium;

  /** One process's view of a disk of the world; other processes open the same disk by an object of their own. */
  constructor(process: SimProcess, medium: SortedMedium) {
    super(
      {
        encodings: { view: true },
        createIfMissing: true,
        errorIfExists: true,
        explicitSnapshots: true,
        getSync: true,
      } as ConstructorParameters<typeof AbstractLevel>[0],
      { keyEncoding: "view", valueEncoding: "view" },
    );
    this.#process = process;
    this.#medium = medium;
  }

  #read<T>(verb: string, apply: () => T): Promise<T> {
    return this.#process.effect({ name: `db.${verb}`, read: true, apply, failure: () => ioError(verb) });
  }

  #write(changes: readonly MediumChange[], options: Options): Promise<void> {
    const sync = options.sync === true;
    // LevelDB copies a batch before it returns to the caller.
    const batch = changes.map(({ key, value }) => ({ key: key.slice(), value: value?.slice() }));
    return this.#process.effect({
      name: sync ? "db.write.sync" : "db.write",
      apply: () => this.#medium.write(batch, sync),
      failure: () => ioError("write"),
    });
  }

  /**
   * Takes the lock of the disk.
   *
   * @throws {Error} LEVEL_LOCKED if a live process has it.
   */
  async _open(): Promise<void> {
    const open = await this.#process.effect({ name: "db.open", apply: () => this.#medium.lock(this.#process) });
    if (!open) throw Object.assign(new Error("IO error: lock: already held by process"), { code: "LEVEL_LOCKED" });
  }

  /** Gives the lock of the disk back. */
  async _close(): Promise<void> {
    await this.#process.effect({ name: "db.close", apply: () => this.#medium.unlock(this.#process) });
  }

  /** The value of a key, as an effect: now, or as it was in `options.snapshot`. */
  async _get(key: Bytes, options: Options): Promise<Bytes | undefined> {
    const view = this.#view(options.snapshot);
    return this.#read("get", () => view(key));
  }

  /** As {@link _get}, at once and without an effect: nothing durable changes, so a crash makes no difference. */
  _getSync(key: Bytes, options: Options): Bytes | undefined {
    return this.#view(options.snapshot)(key);
  }

  /** As {@link _get}, for many keys in one effect. */
  async _getMany(keys: readonly Bytes[], options: Options): Promise<(Bytes | undefined)[]> {
    const view = this.#view(options.snapshot);
    return this.#read("getMany", () => keys.map(view));
  }

  #view(snapshot: FrozenLevel | undefined): (key: Bytes) => Bytes | undefined {
    return (key) => (snapshot === undefined ? this.#medium.get(key) : snapshot.get(key));
  }

  /** Writes one key, as a batch of one. */
  async _put(key: Bytes, value: Bytes, options: Options): Promise<void> {
    return this.#write([{ key, value }], options);
  }

  /** Deletes one key, as a batch of one. */
  async _del(key: Bytes, options: Options): Promise<void> {
    return this.#write([{ key }], options);
  }

  /** Writes a batch: whole or not at all. With `options.sync` a power cut cannot take it. */
  async _batch(operations: readonly Operation[], options: Options): Promise<void> {
    return this.#write(
      operations.map(({ type, key, value }) => (type === "put" ? { key, value } : { key })),
      options,
    );
  }

  /** As in classic-level, a range is cleared by one batch per slice, and is not synced. */
  async _clear(range: Range): Promise<void> {
    const keys = this.#medium.range(range).map(([key]) => key);
    for (let start = 0; start < keys.length; start += CLEAR_SLICE) {
      await this.#write(
        keys.slice(start, start + CLEAR_SLICE).map((key) => ({ key })),
        {},
      );
    }
  }

  /** Keeps the present content readable while later writes go on. */
  _snapshot(options: object): FrozenLevel {
    return new FrozenLevel(options, this.#medium);
  }

  /** Reads a range in the order of the keys, of what was there when it was made. */
  _iterator(options: Range): FaultyIterator {
    const entries = options.snapshot === undefined ? this.#medium.range(options) : options.snapshot.range(options);
    return new FaultyIterator(this, options, entries, (apply) => this.#read("next", apply));
  }
}

/** Small, so that a clear that is cut off leaves a part behind. classic-level takes larger slices. */
const CLEAR_SLICE = 3;

function ioError(verb: string): Error {
  return Object.assign(new Error(`IO error: ${verb}: simulated failure of the disk`), { code: "LEVEL_IO_ERROR" });
}

// The types of abstract-level leave the constructor's argument out.
const SnapshotBase = AbstractSnapshot as unknown as new (options: object) => AbstractSnapshot;

/** The database as it was at one moment. */
class FrozenLevel extends SnapshotBase {
  readonly #entries: readonly (readonly [Bytes, Bytes])[];

  constructor(options: object, medium: SortedMedium) {
    super(options);
    this.#entries = medium.range({});
  }

  get(key: Bytes): Bytes | undefined {
    return this.#entries.find(([found]) => compare(found, key) === 0)?.[1];
  }

  range(range: MediumRange): readonly (readonly [Bytes, Bytes])[] {
    const inside = this.#entries.filter(
      ([key]) =>
        (range.gte === undefined || compare(key, range.gte) >= 0) &&
        (range.gt === undefined || compare(key, range.gt) > 0) &&
        (range.lte === undefined || compare(key, range.lte) <= 0) &&
        (range.lt === undefined || compare(key, range.lt) < 0),
    );
    const ordered = range.reverse === true ? inside.toReversed() : inside;
    return range.limit === undefined || range.limit < 0 ? ordered : ordered.slice(0, range.limit);
  }
}

function compare(left: Bytes, right: Bytes): number {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    if (left[index] !== right[index]) return left[index]! - right[index]!;
  }
  return left.length - right.length;
}

type Entry = readonly [Bytes, Bytes];
type Read = <T>(apply: () => T) => Promise<T>;

/** Reads the entries of a range as they were when the iterator was made. */
class FaultyIterator extends AbstractIterator<FaultyLevel, Bytes, Bytes> {
  readonly #entries: readonly Entry[];
  readonly #reverse: boolean;
  readonly #read: Read;
  #position = 0;

  constructor(db: FaultyLevel, options: Range, entries: readonly Entry[], read: Read) {
    super(db, options as AbstractIteratorOptions<Bytes, Bytes>);
    this.#entries = entries;
    this.#reverse = options.reverse === true;
    this.#read = read;
  }

  async _next(): Promise<Entry | undefined> {
    return this.#read(() => this.#entries[this.#position++]);
  }

  async _nextv(size: number): Promise<Entry[]> {
    return this.#read(() => {
      const slice = this.#entries.slice(this.#position, this.#position + size);
      this.#position += slice.length;
      return slice;
    });
  }

  _seek(target: Bytes): void {
    const beyond = ([key]: Entry): boolean => (this.#reverse ? compare(key, target) <= 0 : compare(key, target) >= 0);
    const index = this.#entries.findIndex(beyond);
    this.#position = index < 0 ? this.#entries.length : index;
  }
}
