import type { StateEntry } from "../state/backend.ts";
import { decodeEntryKey, decodeEntryValue, EVENT_TIMERS, isTimerState } from "../state/entry-codec.ts";
import type { Key } from "../state/key-codec.ts";

/** Where an entry belongs. */
export interface EntryPlace<K extends Key = Key> {
  /** The id of the operator. */
  readonly operator: string;
  /** What the operator calls the state. */
  readonly state: string;
  /** The group of the key. */
  readonly keyGroup: number;
  /** The key, as the operator's key selector gave it. */
  readonly key: K;
  /** `null`, or the tuple of start and end of a window, in milliseconds. */
  readonly namespace: Key;
}

/**
 * One entry of keyed state.
 *
 * @typeParam K the keys of its operator. @typeParam V the values of its state.
 */
export interface SnapshotEntry<K extends Key = Key, V = unknown> extends EntryPlace<K> {
  /** Of an entry of a map: its key in the map. */
  readonly subkey: Key | undefined;
  /** The version of the value. */
  readonly version: number;
  /** When it was last written, in milliseconds since the epoch, where the state has a time to live. */
  readonly writtenAt: number | undefined;
  /**
   * The value, decoded when it is first asked for.
   *
   * @throws {SerializationError} if it cannot be decoded.
   */
  readonly value: V;
  /** The bytes, as `docs/format.md` has them. Not to be written to. */
  readonly bytes: StateEntry;
  /** The entry without its bytes and with its value, as plain data. What `JSON.stringify` and `console.log` show of it. */
  toJSON(): Omit<SnapshotEntry<K, V>, "bytes" | "toJSON">;
}

/** A timer of an operator. */
export interface SnapshotTimer<K extends Key = Key> extends EntryPlace<K> {
  /** Milliseconds. */
  readonly time: number;
  /** Whether it is due by event time or by processing time. */
  readonly clock: "event" | "processing";
}

/** An entry over its bytes. */
export function snapshotEntry(bytes: StateEntry): SnapshotEntry {
  return new Entry(bytes);
}

/** Whether an entry is a timer. */
export function isTimer({ state }: SnapshotEntry): boolean {
  return isTimerState(state);
}

/** An entry as the timer that it is. */
export function timerOf({ operator, state, keyGroup, key, namespace, subkey }: SnapshotEntry): SnapshotTimer {
  const clock = state === EVENT_TIMERS ? "event" : "processing";
  return { operator, state, keyGroup, key, namespace, time: subkey as number, clock };
}

/** By this name the consoles of Node, Deno and Bun ask an object what they shall show of it. */
const SHOWN = Symbol.for("nodejs.util.inspect.custom");

class Entry implements SnapshotEntry {
  readonly operator: string;
  readonly state: string;
  readonly keyGroup: number;
  readonly key: Key;
  readonly namespace: Key;
  readonly subkey: Key | undefined;
  readonly bytes: StateEntry;
  #decoded: ReturnType<typeof decodeEntryValue> | undefined;

  constructor(bytes: StateEntry) {
    const { operatorId, state, keyGroup, key, namespace, subkey } = decodeEntryKey(bytes.key);
    this.operator = operatorId;
    this.state = state;
    this.keyGroup = keyGroup;
    this.key = key;
    this.namespace = namespace;
    this.subkey = subkey;
    this.bytes = bytes;
  }

  get version(): number {
    return this.#value().version;
  }

  get writtenAt(): number | undefined {
    return this.#value().at;
  }

  get value(): unknown {
    return this.#value().value;
  }

  toJSON(): Omit<SnapshotEntry, "bytes" | "toJSON"> {
    const { operator, state, keyGroup, key, namespace, subkey, version, writtenAt, value } = this;
    return { operator, state, keyGroup, key, namespace, subkey, version, writtenAt, value };
  }

  [SHOWN](): unknown {
    return this.toJSON();
  }

  #value(): ReturnType<typeof decodeEntryValue> {
    return (this.#decoded ??= decodeEntryValue(this.bytes.value));
  }
}
