import assert from "node:assert/strict";
import {
  type BackendSession,
  type Env,
  type RetainedEpoch,
  standardEnv,
  type StateBackend,
  type StateEntry,
  type StateStore,
} from "@tidemark/core";
import { ALL_KEYS } from "@tidemark/core/internal";

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const keyOf = (name: string): Uint8Array => Uint8Array.of(0, 1, ...bytesOf(name));

const KEY_GROUPS = { first: 0, last: 7 };

/** A process of a job as a backend sees it: it takes the head over, restores, writes and takes checkpoints. */
export class OneProcess {
  readonly session: BackendSession;
  readonly store: StateStore;
  readonly generation: number;
  #tag: string;

  private constructor(session: BackendSession, store: StateStore, head: { generation: number; tag: string }) {
    this.session = session;
    this.store = store;
    this.generation = head.generation;
    this.#tag = head.tag;
  }

  static async start(
    backend: StateBackend,
    generation: number,
    restored?: RetainedEpoch,
    env?: Env,
  ): Promise<OneProcess> {
    const session = await backend.open({ name: "job", env: env ?? standardEnv({ log: () => undefined }) });
    const found = await session.head.read();
    const tag = await session.head.compareAndSet(found?.tag, bytesOf(`generation ${generation}`));
    assert.ok(tag !== undefined);
    await session.rollback(restored?.epoch ?? 0);
    const parts = (restored?.handles ?? []).map((handle) => ({ keyGroups: KEY_GROUPS, handle }));
    const store = await session.openStore({ owner: "one/0", generation, keyGroups: KEY_GROUPS, parts });
    return new OneProcess(session, store, { generation, tag });
  }

  async write(epoch: number, entries: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    const puts: StateEntry[] = Object.entries(entries).map(([name, value]) => ({
      key: keyOf(name),
      value: typeof value === "string" ? bytesOf(value) : value,
    }));
    await this.store.write(epoch, { puts, deletes: [], rangeDeletes: [] });
  }

  /** Takes a checkpoint: seal, flush, manifest, head. */
  async checkpoint(epoch: number): Promise<RetainedEpoch> {
    const handle = await this.store.seal(epoch);
    await this.session.flush(epoch);
    const manifest = `${String(this.generation).padStart(10, "0")}-${String(epoch).padStart(16, "0")}`;
    await this.session.manifests.write(manifest, bytesOf(`checkpoint ${epoch}`));
    const tag = await this.session.head.compareAndSet(this.#tag, bytesOf(`${this.generation} lists ${epoch}`));
    assert.ok(tag !== undefined, `checkpoint ${epoch} was fenced`);
    this.#tag = tag;
    return { epoch, manifest, handles: [handle] };
  }

  async lines(): Promise<readonly string[]> {
    const lines: string[] = [];
    for await (const slice of this.store.scan(ALL_KEYS)) {
      for (const { key, value } of slice) {
        lines.push(`${new TextDecoder().decode(key.subarray(2))}=${new TextDecoder().decode(value)}`);
      }
    }
    return lines;
  }
}
