import { StateError } from "@tidemark/core";
import {
  ByteReader,
  ByteWriter,
  equalBytes,
  messageOf,
  openSealed,
  sealBytes,
  type StateNames,
  type StoreScope,
} from "@tidemark/core/internal";
import { type SealedSizes, sizesOf, type StateSizes } from "./state-tally.ts";
import type { SealedStates } from "./stored-states.ts";

const MAGIC = "TMLH";
const VERSION = 0;

/** What a handle says. The rows stay where they are, so it is an epoch of a database, and which of its keys. */
export interface LevelHandle {
  readonly database: number;
  readonly epoch: number;
  readonly scope: StoreScope;
  /** How large its rows are, where that is known. */
  readonly sizes: StateSizes | undefined;
  /** Of which states it may have rows, where that is known. */
  readonly states: StateNames;
}

/** What a store was when it was sealed. */
export type SealedStore = SealedSizes & SealedStates;

/** The bytes by which a checkpoint names a sealed store. */
export function encodeHandle({ database, epoch, scope, sizes, states }: LevelHandle): Uint8Array {
  const writer = new ByteWriter();
  writer.u32(database);
  writer.u64(epoch);
  writer.u16(scope.keyGroups.first);
  writer.u16(scope.keyGroups.last);
  writer.u8(scope.prefixes === undefined ? 0 : 1);
  if (scope.prefixes !== undefined) {
    writer.varint(scope.prefixes.length);
    for (const prefix of scope.prefixes) writer.bytes(prefix);
  }
  writer.u8(sizes === undefined ? 0 : 1);
  for (const bytes of sizes ?? []) writer.varint(bytes);
  // 0: it is not told.
  writer.varint(states === undefined ? 0 : states.length + 1);
  for (const name of states ?? []) writer.bytes(name);
  return sealBytes(MAGIC, VERSION, writer.view());
}

/** Whether the keys of one prefix in one key group were in the store that was sealed. */
export function isSealedIn(scope: StoreScope, keyGroup: number, prefix: Uint8Array): boolean {
  if (keyGroup < scope.keyGroups.first || keyGroup > scope.keyGroups.last) return false;
  return scope.prefixes === undefined || scope.prefixes.some((sealed) => equalBytes(sealed, prefix));
}

/**
 * What a handle says was sealed.
 *
 * @throws {StateError} STATE_CORRUPT if the handle is not one of `expected`'s database and epoch.
 */
export function openHandle(
  bytes: Uint8Array,
  expected: Pick<LevelHandle, "database" | "epoch">,
  name: string,
): Omit<SealedStore, "counts"> {
  const handle = decodeHandle(bytes, name);
  if (handle.database !== expected.database) throw wrong(name, "it was written by another database");
  if (handle.epoch === expected.epoch) return handle;
  throw wrong(name, `it names epoch ${handle.epoch}, and the rows were rolled back to epoch ${expected.epoch}`);
}

function decodeHandle(bytes: Uint8Array, name: string): LevelHandle {
  try {
    const reader = new ByteReader(openSealed(MAGIC, VERSION, bytes).body);
    const [database, epoch] = [reader.u32(), reader.u64()];
    const keyGroups = { first: reader.u16(), last: reader.u16() };
    const hasPrefixes = reader.u8() === 1;
    const prefixes = hasPrefixes ? Array.from({ length: reader.varint() }, () => reader.bytes().slice()) : undefined;
    const scope = { keyGroups, prefixes };
    const hasSizes = reader.u8() === 1;
    const sizes = hasSizes ? Array.from({ length: sizesOf(scope) }, () => reader.varint()) : undefined;
    const names = reader.varint();
    const states = names === 0 ? undefined : Array.from({ length: names - 1 }, () => reader.bytes().slice());
    reader.done();
    return { database, epoch, scope, sizes, states };
  } catch (error) {
    throw wrong(name, messageOf(error));
  }
}

function wrong(name: string, found: string): StateError {
  return new StateError(
    "STATE_CORRUPT",
    `Cannot restore a checkpoint from ${name}: its handle does not fit: ${found}. Restore a savepoint, or put back the ` +
      "database that the checkpoint was taken of",
    { details: { backend: name } },
  );
}
