/**
 * What a state backend implements: bytes under keys, by epoch, and one head record that decides. No types, no caching:
 * the keyed table above it has both.
 *
 * @module
 */
import type { Env } from "../env/env.ts";
import type { KeyGroupRange } from "./key-groups.ts";
import type { StatePaging } from "./paging/state-paging.ts";

/** What a backend can do. The conformance suite reads these flags. */
export interface BackendCapabilities {
  /** Whether what was sealed outlives the process. */
  readonly durable: boolean;
  /** Whether {@link StateStore.readSync} exists. */
  readonly syncReads: boolean;
  /** Whether two processes may open the same job, the older one being fenced by the head record. */
  readonly sharedAccess: boolean;
}

/** What a backend is told when a job opens it. */
export interface BackendJob {
  /** The job's name: state belongs to one. */
  readonly name: string;
  /** Clock, chance and log. */
  readonly env: Env;
  /**
   * Whether it is opened to be looked into, and nothing else: a backend that would have to make something where nothing is
   * refuses instead, with CHECKPOINT_MISSING. Default: false.
   */
  readonly readOnly?: boolean;
}

/** A state backend, as users hand it to `run`. */
export interface StateBackend {
  /** What messages call it, such as `leveldb "./state"`. */
  readonly name: string;
  /** What it can do. */
  readonly capabilities: BackendCapabilities;
  /**
   * How state leaves memory, if the backend may hold more than that: `statePaging` of `@tidemark/core/state`. Without it all
   * state of a run stays in memory.
   */
  readonly paging?: StatePaging;
  /**
   * Opens the durable state of a job, or makes an empty one. An empty one becomes the job's when its head is set, not before.
   *
   * @throws {StateError} STATE_LOCKED if another process has it, STATE_FOREIGN_JOB if it is another job's,
   * STATE_CORRUPT if it cannot be read, STATE_IO if the medium refuses.
   */
  open(job: BackendJob): Promise<BackendSession>;
}

/** The durable state of one job, opened. */
export interface BackendSession {
  /** The one record that decides. */
  readonly head: HeadStore;
  /** What checkpoints are made of, besides state. */
  readonly manifests: ManifestStore;
  /**
   * Makes the stores what they were when `epoch` was sealed: whatever was written later is gone. `0` empties them. Called
   * once after each takeover of the head and before any store is opened. Can be interrupted anywhere and called again.
   */
  rollback(epoch: number): Promise<void>;
  /** Opens the part of the state that one subtask owns. Stores that are open together never overlap. */
  openStore(options: StoreOptions): Promise<StateStore>;
  /**
   * Makes durable what the stores of this session have sealed for `epoch`, in as few requests as the medium allows. Called
   * once all of them have, and before a manifest names their handles: a handle that was not flushed names nothing. After a
   * failure it may be called again, or the epoch is given up and a later one includes its changes. A job that keeps no
   * state opens no store, and a rollback to the epoch has to be possible all the same.
   */
  flush(epoch: number): Promise<void>;
  /**
   * Opens a retained checkpoint for reading alone, while stores are open or without any: nothing is rolled back, written
   * or taken over. The checkpoint must stay retained meanwhile.
   *
   * @throws {CheckpointError} CHECKPOINT_MISSING if the medium cannot show that epoch any more.
   * @throws {StateError} STATE_CORRUPT if a part does not fit.
   */
  openView(options: ViewOptions): Promise<StateView>;
  /**
   * Told, after the head was written, which checkpoints a restore may still ask for. What none of them needs may go:
   * images and segments of older epochs, and manifests, orphans of aborted checkpoints among them. Whatever belongs to
   * an epoch above the newest retained one, or to a pending checkpoint, stays. With nothing retained, nothing goes but
   * what an older generation left above the epoch that was rolled back to.
   */
  release(retained: readonly RetainedEpoch[]): Promise<void>;
  /** Compares what is stored with what is needed. Changes nothing. */
  audit(retained: readonly RetainedEpoch[]): Promise<StorageAudit>;
  /** Waits for what is under way and gives back the medium. May never be called. */
  close(): Promise<void>;
}

/** One checkpoint that must stay restorable. */
export interface RetainedEpoch {
  /** Its epoch: the id of the checkpoint. */
  readonly epoch: number;
  /** The name of its manifest. */
  readonly manifest: string;
  /** The handles that {@link StateStore.seal} gave for it. */
  readonly handles: readonly Uint8Array[];
}

/** What is stored of a job, held against what its retained checkpoints need. Manifests count, the head does not. */
export interface StorageAudit {
  /** How many objects, or pieces that are written and deleted as one, there are. */
  readonly stored: number;
  /** How many of them a retained checkpoint needs. */
  readonly referenced: number;
  /** The bytes of all of them, where the medium tells. */
  readonly storedBytes?: number;
  /** What belongs to a checkpoint that may still complete, or to a store that is open. */
  readonly pending: readonly string[];
  /** What nothing needs: the next {@link BackendSession.release} takes it. */
  readonly orphaned: readonly string[];
  /** What a retained checkpoint needs and is not there. */
  readonly missing: readonly string[];
  /** What stands among it and is not the backend's: nobody takes it. Where the medium tells. Counted nowhere else. */
  readonly foreign?: readonly string[];
}

/** The one record that decides. Its bytes are opaque here. */
export interface HeadStore {
  /** The newest head; `undefined` if there never was one. */
  read(): Promise<HeadVersion | undefined>;
  /**
   * Replaces the head if it still is the version expected (`undefined`: none), durably, or changes nothing.
   *
   * @returns the new version's tag, or `undefined` if the head is another one by now.
   * @throws {StateError} STATE_IO with `retryable: true` if the outcome is unknown: read before anything else.
   */
  compareAndSet(expected: string | undefined, bytes: Uint8Array): Promise<string | undefined>;
}

/** A head, with the tag by which it is compared. */
export interface HeadVersion {
  /** Another one after each change. */
  readonly tag: string;
  /** The record. */
  readonly bytes: Uint8Array;
}

/**
 * Immutable small objects, each written once. Their names begin with `<generation>-<epoch>` in decimal digits: by these
 * {@link BackendSession.release} knows which of them are orphans. An object whose name is that of a manifest, a hyphen and
 * more belongs to that manifest and stays as long. Any other name stays for ever.
 */
export interface ManifestStore {
  /** Durable when it resolves. Writing the same bytes under the same name again is no error. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** `undefined` if there is none of that name. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** All names, in any order. */
  list(): Promise<readonly string[]>;
}

/** What a store is opened with. */
export interface StoreOptions {
  /** The stage and subtask that own it: part of the names of what it writes. */
  readonly owner: string;
  /** The one that took the head over: part of the names too. */
  readonly generation: number;
  /** The key groups that it owns. */
  readonly keyGroups: KeyGroupRange;
  /**
   * What the store's keys begin with behind their key group, one of these, if stores of other stages own other keys of
   * the same key groups. Two stores that are open together never own the same key. Default: whole key groups.
   */
  readonly prefixes?: readonly Uint8Array[] | undefined;
  /** What the restored checkpoint holds for these key groups; may reach beyond them. Empty: start empty. */
  readonly parts: readonly StorePart[];
  /**
   * The epoch to begin from, if a store of the same keys was open before in this session and is closed: the newest retained
   * one, or 0 for empty. Whatever was written to these keys above it is gone; other stores are not touched, open ones
   * included. Can be interrupted anywhere: a rollback of everything goes on from there. Default: that of the rollback.
   */
  readonly epoch?: number | undefined;
}

/** Which checkpoint {@link BackendSession.openView} opens. */
export interface ViewOptions {
  /** Its epoch: the id of the checkpoint. */
  readonly epoch: number;
  /** What it holds, as its manifest lists it. */
  readonly parts: readonly StorePart[];
}

/** The state of all subtasks as a checkpoint has it, for reading. */
export interface StateView {
  /** As {@link StateStore.scan}. */
  scan(range: KeyRange): AsyncIterable<readonly StateEntry[]>;
  /** Frees what the view holds. */
  close(): Promise<void>;
}

/** A sealed piece of state in a checkpoint. */
export interface StorePart {
  /** The key groups for which it counts. */
  readonly keyGroups: KeyGroupRange;
  /** What {@link StateStore.seal} returned. */
  readonly handle: Uint8Array;
}

/** A key and its value. Keys begin with their key group as u16, big-endian. */
export interface StateEntry {
  /** Begins with the key group. */
  readonly key: Uint8Array;
  /** May be empty. */
  readonly value: Uint8Array;
}

/** Changes of one epoch. Within one call each key is named at most once; range deletes come first. */
export interface StateChanges {
  /** New values. */
  readonly puts: readonly StateEntry[];
  /** Keys to delete; one that is absent is no error. */
  readonly deletes: readonly Uint8Array[];
  /** Ranges to delete, before anything else. */
  readonly rangeDeletes: readonly KeyRange[];
}

/** How a range is scanned. */
export interface ScanOptions {
  /**
   * Whether nobody will ask for the same entries soon: a cache should keep what others ask for, and not these. Default: `false`.
   */
  readonly once?: boolean;
  /**
   * How many entries will do for now: a slice need hold no more. Whoever reads on is given all of the range. Default: as many as
   * make a slice.
   */
  readonly enough?: number;
}

/** All keys from `from` up to, but without, `to`. */
export interface KeyRange {
  /** Inclusive. */
  readonly from: Uint8Array;
  /** Exclusive. */
  readonly to: Uint8Array;
}

/**
 * The state of one subtask. Reads see every write that has resolved. Byte arrays that are handed in belong to the store,
 * and those handed out are not to be written to.
 */
export interface StateStore {
  /** The values of these keys, `undefined` where there is none. */
  read(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** As `read`, for one key, at once. Present where `capabilities.syncReads` says so. */
  readSync?(key: Uint8Array): Uint8Array | undefined;
  /**
   * Every entry of a range, in the order of keys, in bounded slices, of which none is read before it is asked for. An entry
   * that changes while the scan is under way is in it as it was before or as it is after.
   */
  scan(range: KeyRange, options?: ScanOptions): AsyncIterable<readonly StateEntry[]>;
  /**
   * Adds changes to an epoch. May be called at any time until `seal` is called for it or for a later one; epochs never
   * go back. Writes of the next epoch may come before or while one is sealed, and are no part of it. What an epoch holds
   * is invisible to every restore until a completed checkpoint names its handle.
   */
  write(epoch: number, changes: StateChanges): Promise<void>;
  /**
   * Closes the state as of `epoch`, with all epochs before it, and returns how a checkpoint names it, once
   * {@link BackendSession.flush} has made it durable. After a failure the changes stay with the store: sealing the same
   * epoch again, or a later one, includes them.
   */
  seal(epoch: number): Promise<Uint8Array>;
  /**
   * How many bytes the whole state takes as it was sealed for `epoch`, keys included and in the form in which the backend
   * keeps it. What several stores share counts in each. Present where the backend knows it without reading.
   */
  sealedBytes?(epoch: number): number | undefined;
  /**
   * The entries as they were when `epoch` was sealed, in the order of keys and in bounded slices, while the store goes
   * on. For savepoints and for reading offline. The epoch must stay retained meanwhile.
   *
   * @throws {CheckpointError} CHECKPOINT_MISSING if this store neither sealed the epoch nor was opened with it, or if it was
   * released.
   */
  export(epoch: number): AsyncIterable<readonly StateEntry[]>;
  /** Waits for what is under way. Nothing depends on its being called. */
  close(): Promise<void>;
}
