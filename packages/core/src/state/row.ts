import { byteText } from "../bytes/byte-text.ts";
import { ByteWriter } from "../bytes/writer.ts";
import { decodeKey, encodeKey, type Key, writeKey } from "./key-codec.ts";
import { KeyGroupSet } from "./key-group-set.ts";
import { ShardedMap } from "./sharded-map.ts";

/** The epoch of a cell without unwritten changes. */
export const CLEAN = 0;

/** The group of a row that nobody has asked for yet: a shuffle or a snapshot will. */
export const UNKNOWN_GROUP = -1;

/** One entry of state: the grain at which changes are noted, written and read. */
export class Cell {
  // What each record looks at comes first: it lies together in memory.
  value: unknown = undefined;
  /** Whether the entry exists, as user code sees it. */
  present = false;
  /** Whether the store has it, as far as everything encoded so far goes. */
  stored = false;
  /**
   * The epoch whose changes it is part of, or {@link CLEAN}. Negative: it is clean as that epoch's changes have it, which are
   * encoded and may not have been written yet.
   */
  epoch: number = CLEAN;
  readonly row: Row;
  readonly slot: number;
  readonly subkey: Key | undefined;
  /** About how many bytes it takes, as far as they were counted. */
  bytes = 0;
  /** Of a map entry, whether it was asked for lately; of a timer, whether it waits in its queue. */
  used = false;

  constructor(row: Row, slot: number, subkey: Key | undefined) {
    this.row = row;
    this.slot = slot;
    this.subkey = subkey;
  }
}

/** The entries of a map state or the timers of one row that are in memory, by the identity of their subkey. */
export class CellMap extends ShardedMap<KeyIdentity, Cell> {
  /** Whether there are no others. */
  isComplete: boolean;
  /** Whether the pager has noted that entries of it left memory. */
  isNoted = false;
  /** The epoch in which the whole map was deleted by range; 0 if it was not. */
  clearedIn = 0;

  constructor(isComplete: boolean) {
    super();
    this.isComplete = isComplete;
  }
}

/** The maps of a row that has none: most rows never do, so they share it. */
const NO_MAPS: (CellMap | undefined)[] = [];
Object.freeze(NO_MAPS);

/** The further cells of a row that has none: most rows never do, so they share it. */
const NO_CELLS: (Cell | undefined)[] = [];
Object.freeze(NO_CELLS);

/** All state of one key in one namespace. */
export class Row {
  readonly key: Key;
  /** The cell of the first slot: most rows have no other, and an array for it would be two more places to look in. */
  #first: Cell | undefined = undefined;
  readonly space: Space;
  #others = NO_CELLS;
  #maps = NO_MAPS;
  keyGroup: number = UNKNOWN_GROUP;
  /** Whether it was asked for lately. Kept where memory is limited. */
  used = false;

  constructor(key: Key, space: Space) {
    this.key = key;
    this.space = space;
  }

  /** The cell of a value state that is in memory. */
  cell(slot: number): Cell | undefined {
    return slot === 0 ? this.#first : this.#others[slot - 1];
  }

  /** Gives a slot its cell, or takes it away. */
  setCell(slot: number, cell: Cell | undefined): void {
    if (slot === 0) {
      this.#first = cell;
      return;
    }
    if (this.#others === NO_CELLS) {
      if (cell === undefined) return;
      // An array that grows by itself takes room for 17.
      this.#others = new Array<Cell | undefined>(slot);
    }
    this.#others[slot - 1] = cell;
  }

  /** The cells of its value states, by slot, as they are now. */
  get cells(): readonly (Cell | undefined)[] {
    return [this.#first, ...this.#others];
  }

  /** The entries of its map states and its timers, by slot. */
  get maps(): readonly (CellMap | undefined)[] {
    return this.#maps;
  }

  /** Whether it holds no entry. */
  get isEmpty(): boolean {
    if (this.#first !== undefined) return false;
    return isVacant(this.#others) && isVacant(this.#maps);
  }

  /** Gives a slot a map, or takes it away. */
  setMap(slot: number, map: CellMap | undefined): void {
    if (this.#maps === NO_MAPS) {
      if (map === undefined) return;
      // As for the cells.
      this.#maps = new Array<CellMap | undefined>(slot + 1);
    }
    this.#maps[slot] = map;
  }
}

/** Looked at after each record: `every` would take a closure for it. */
function isVacant(slots: readonly unknown[]): boolean {
  for (let slot = 0; slot < slots.length; slot++) if (slots[slot] !== undefined) return false;
  return true;
}

/** What stands for a key in a `Map`: itself if it is a primitive, otherwise its bytes as text. */
export type KeyIdentity = string | number | bigint | boolean | null;

/** Something for each of some keys, whatever they are made of. */
export class KeyMap<V> {
  readonly #primitives = new ShardedMap<KeyIdentity, V>();
  readonly #composites = new ShardedMap<string, V>();

  get size(): number {
    return this.#primitives.size + this.#composites.size;
  }

  get(key: Key): V | undefined {
    return isComposite(key) ? this.#composites.get(compositeIdentity(key)) : this.#primitives.get(key);
  }

  set(key: Key, value: V): void {
    if (isComposite(key)) this.#composites.set(compositeIdentity(key), value);
    else this.#primitives.set(key, value);
  }

  delete(key: Key): void {
    if (isComposite(key)) this.#composites.delete(compositeIdentity(key));
    else this.#primitives.delete(key);
  }

  *values(): IterableIterator<V> {
    yield* this.#primitives.values();
    yield* this.#composites.values();
  }

  /** Adds the values to a list, at less cost than {@link values}. */
  valuesInto(list: V[]): void {
    this.#primitives.valuesInto(list);
    this.#composites.valuesInto(list);
  }
}

/** The rows of one namespace: a window, or none. */
export class Space extends KeyMap<Row> {
  readonly namespace: Key;
  /** The key groups of which the store may have entries that memory does not. Kept where memory is limited. */
  left: KeyGroupSet | undefined = undefined;
  /** Whether somebody may hold it. If not, it goes with its last row. */
  isAskedFor = false;

  constructor(namespace: Key) {
    super();
    this.namespace = namespace;
  }

  rows(): IterableIterator<Row> {
    return this.values();
  }

  /** The store may have entries of a key group that memory does not. */
  noteLeft(keyGroup: number): void {
    this.left ??= new KeyGroupSet();
    this.left.add(keyGroup);
  }
}

type CompositeKey = Exclude<Key, KeyIdentity>;

function isComposite(key: Key): key is CompositeKey {
  return typeof key === "object" && key !== null;
}

/**
 * A key as its bytes have it: a copy that no record shares, so that nobody can change it, and 0 for -0.
 *
 * @throws {SerializationError} KEY_UNSUPPORTED, with the place in it, if it can be no key.
 */
export function ownKey(key: Key): Key {
  if (typeof key === "string") return key;
  if (typeof key === "number" && Number.isFinite(key)) return key === 0 ? 0 : key;
  const tuple = Array.isArray(key) ? ownTuple(key as readonly Key[]) : undefined;
  if (tuple !== undefined) return tuple;
  const bytes = encodeKey(key);
  if (isComposite(key)) return decodeKey(bytes);
  return key === 0 ? 0 : key;
}

/** A copy of a tuple of strings, numbers, booleans and nulls, without the way to its bytes and back; `undefined` of any other. */
function ownTuple(tuple: readonly Key[]): Key | undefined {
  const own: Key[] = [];
  for (const part of tuple) {
    const isSimple = part === null || typeof part === "string" || typeof part === "boolean" || Number.isFinite(part);
    if (!isSimple) return undefined;
    own.push(part === 0 ? 0 : part);
  }
  return own;
}

const scratch = new ByteWriter();

function compositeIdentity(key: CompositeKey): string {
  return (Array.isArray(key) ? tupleIdentity(key as readonly Key[]) : undefined) ?? bytesIdentity(key);
}

/**
 * A text for a tuple of strings, numbers, booleans and nulls, which most composite keys are: many times as fast as its
 * bytes. Each part says where it ends, and no bytes of a key begin as it does. `undefined` of any other tuple.
 */
function tupleIdentity(tuple: readonly Key[]): string | undefined {
  let text = "t";
  for (let i = 0; i < tuple.length; i++) {
    const part = tuple[i];
    if (typeof part === "string") text += `"${part.length}:${part}`;
    else if (typeof part === "number" && Number.isFinite(part)) text += `${part},`;
    else if (part === null || typeof part === "boolean") text += `${part},`;
    else return undefined;
  }
  return text;
}

function bytesIdentity(key: CompositeKey): string {
  scratch.reset();
  writeKey(scratch, key);
  return byteText(scratch.view());
}

/**
 * What stands for a subkey or a namespace in a `Map`. Composite keys get a mark in front that keeps them apart from
 * strings.
 */
export function identityOf(key: Key): KeyIdentity {
  if (isComposite(key)) return `c${compositeIdentity(key)}`;
  return typeof key === "string" ? `s${key}` : key;
}
