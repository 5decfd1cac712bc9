import type { KeyRange, ScanOptions, StateChanges, StateEntry, StateStore, StoreOptions } from "@tidemark/core";
import { ALL_KEYS, prefixRange } from "@tidemark/core/internal";

/** What a {@link LocalStore} is made of. */
export interface LocalStoreOptions {
  /** What is read. */
  readonly local: StateStore;
  /** What checkpoints are made of. */
  readonly remote: StateStore;
  /** Told of an epoch that both have sealed. */
  readonly sealed: (epoch: number, handles: { readonly remote: Uint8Array; readonly local: Uint8Array }) => void;
  /** Told that only the remote one could seal an epoch. */
  readonly failed: (error: unknown) => void;
}

/** A store that reads from this machine and is checkpointed elsewhere. */
export class LocalStore implements StateStore {
  readonly readSync?: (key: Uint8Array) => Uint8Array | undefined;
  readonly #options: LocalStoreOptions;

  constructor(options: LocalStoreOptions) {
    this.#options = options;
    const readSync = options.local.readSync?.bind(options.local);
    if (readSync !== undefined) this.readSync = readSync;
  }

  read(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    return this.#options.local.read(keys);
  }

  scan(range: KeyRange, options?: ScanOptions): AsyncIterable<readonly StateEntry[]> {
    return this.#options.local.scan(range, options);
  }

  /** Both take the changes. The local one is what is read, so what it refuses ends the job, and a restart fills it anew. */
  async write(epoch: number, changes: StateChanges): Promise<void> {
    const { local, remote } = this.#options;
    const [far, near] = await Promise.allSettled([remote.write(epoch, changes), local.write(epoch, changes)]);
    if (near.status === "rejected") throw near.reason;
    if (far.status === "rejected") throw far.reason;
  }

  async seal(epoch: number): Promise<Uint8Array> {
    const { local, remote, sealed, failed } = this.#options;
    const [far, near] = await Promise.allSettled([remote.seal(epoch), local.seal(epoch)]);
    if (far.status === "rejected") throw far.reason;
    if (near.status === "rejected") failed(near.reason);
    else sealed(epoch, { remote: far.value, local: near.value });
    return far.value;
  }

  sealedBytes(epoch: number): number | undefined {
    return this.#options.remote.sealedBytes?.(epoch);
  }

  export(epoch: number): AsyncIterable<readonly StateEntry[]> {
    return this.#options.remote.export(epoch);
  }

  async close(): Promise<void> {
    await Promise.all([this.#options.local.close(), this.#options.remote.close()]);
  }
}

/** Puts into a local store what the remote one has, and nothing else. */
export async function fill(
  local: StateStore,
  remote: StateStore,
  { epoch, ...scope }: Pick<StoreOptions, "keyGroups" | "prefixes"> & { readonly epoch: number },
): Promise<void> {
  await local.write(epoch, { puts: [], deletes: [], rangeDeletes: rangesOf(scope) });
  for await (const puts of remote.scan(ALL_KEYS, { once: true })) {
    await local.write(epoch, { puts, deletes: [], rangeDeletes: [] });
  }
}

/** All keys that a store owns. */
function rangesOf({ keyGroups, prefixes }: Pick<StoreOptions, "keyGroups" | "prefixes">): readonly KeyRange[] {
  const ranges: KeyRange[] = [];
  for (let group = keyGroups.first; group <= keyGroups.last; group++) {
    for (const prefix of prefixes ?? [new Uint8Array(0)]) {
      ranges.push(prefixRange(Uint8Array.of(group >>> 8, group & 0xff, ...prefix)));
    }
  }
  return ranges;
}
