import { leveldb } from "@tidemark/backend-leveldb";
import type { BackendSession, Env, StateBackend, StateStore, StorePart } from "@tidemark/core";
import { ALL_KEYS } from "@tidemark/core/internal";

/** An env in which nothing happens by itself. */
export const suiteEnv: Env = {
  now: () => 0,
  monotonic: () => 0,
  random: () => 0.5,
  schedule: () => () => undefined,
  turn: async () => undefined,
  log: () => undefined,
  point: () => undefined,
};

/** A job with one store over key groups 0 to 15, opened on an epoch. */
export interface OneStore {
  readonly session: BackendSession;
  readonly store: StateStore;
}

const KEY_GROUPS = { first: 0, last: 15 };

/** Opens the state of the job "suite", rolls it back and opens its store. */
export async function openOne(backend: StateBackend, epoch: number, handle?: Uint8Array): Promise<OneStore> {
  const session = await backend.open({ name: "suite", env: suiteEnv });
  const head = await session.head.read();
  await session.head.compareAndSet(head?.tag, Uint8Array.of(1));
  await session.rollback(epoch);
  const parts: readonly StorePart[] = handle === undefined ? [] : [{ keyGroups: KEY_GROUPS, handle }];
  return { session, store: await session.openStore({ owner: "0-0", generation: 1, keyGroups: KEY_GROUPS, parts }) };
}

/** The key of a number, in one of the 16 groups. */
export function keyOf(index: number): Uint8Array {
  return Uint8Array.of(0, index % 16, index >>> 16, index >>> 8, index);
}

/** All entries, as `"key=value"` in hexadecimal. */
export async function linesOf(store: StateStore): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const slice of store.scan(ALL_KEYS)) {
    for (const { key, value } of slice) lines.push(`${key.join(".")}=${value.join(".")}`);
  }
  return lines;
}

/** A database with one sealed epoch, closed. */
export async function writeOne(location: string): Promise<void> {
  const { session, store } = await openOne(leveldb(location), 0);
  await store.write(1, { puts: [{ key: keyOf(1), value: keyOf(2) }], deletes: [], rangeDeletes: [] });
  await store.seal(1);
  await session.flush(1);
  await session.close();
}
