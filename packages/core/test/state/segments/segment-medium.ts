import type { Env } from "../../../src/env/env.ts";
import { StateError } from "../../../src/errors.ts";
import type { BackendSession, HeadStore, RetainedEpoch, StateStore } from "../../../src/state/backend.ts";
import { ALL_KEYS } from "../../../src/state/key-range.ts";
import type { SegmentIo } from "../../../src/state/segments/segment-io.ts";
import { segmentSession } from "../../../src/state/segments/session.ts";
import type { SegmentTuning } from "../../../src/state/segments/tuning.ts";

export const KEY_GROUPS: { readonly first: number; readonly last: number } = { first: 0, last: 3 };

const ENV: Env = {
  now: () => 0,
  monotonic: () => 0,
  random: () => 0,
  schedule: () => () => undefined,
  turn: async () => undefined,
  log: () => undefined,
  point: () => undefined,
};

const HEAD: HeadStore = { read: async () => undefined, compareAndSet: async () => undefined };

/** A medium that reads by range and counts. It lets a test refuse what is asked of it. */
export class CountingMedium {
  readonly objects: Map<string, Uint8Array> = new Map();
  readonly manifests: Map<string, Uint8Array> = new Map();
  puts = 0;
  gets = 0;
  writtenBytes = 0;
  readBytes = 0;
  isDown = false;
  /** Turns that the host was given. */
  turns = 0;
  /** Called before an object is written. */
  whilePutting: () => Promise<void> = async () => undefined;
  /** Called before an object is read. */
  whileGetting: (name: string) => Promise<void> = async () => undefined;
  /** Called while objects are listed. */
  whileListing: () => Promise<void> = async () => undefined;
  #sessions = 0;

  get storedBytes(): number {
    return [...this.objects.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  }

  io(): SegmentIo {
    return {
      put: async (name, bytes) => {
        if (this.isDown) throw new StateError("STATE_IO", "Cannot put: the network is gone", { retryable: true });
        await this.whilePutting();
        this.puts++;
        this.writtenBytes += bytes.length;
        this.objects.set(name, bytes);
      },
      get: async (name, { offset, length }) => {
        await this.whileGetting(name);
        if (this.isDown) throw new StateError("STATE_IO", "Cannot get: the network is gone", { retryable: true });
        const bytes = this.objects.get(name)?.slice(offset, offset + length);
        this.gets++;
        this.readBytes += bytes?.length ?? 0;
        return bytes;
      },
      list: async () => {
        await this.whileListing();
        return [...this.objects.keys()];
      },
      delete: async (names) => names.forEach((name) => this.objects.delete(name)),
    };
  }

  session(tuning: Partial<SegmentTuning> = {}): BackendSession {
    const { manifests } = this;
    return segmentSession({
      env: { ...ENV, random: () => ++this.#sessions / 1_000, turn: async () => void this.turns++ },
      head: HEAD,
      manifests: {
        write: async (name, bytes) => void manifests.set(name, bytes),
        read: async (name) => manifests.get(name),
        list: async () => [...manifests.keys()],
        delete: async (names) => names.forEach((name) => manifests.delete(name)),
      },
      segments: this.io(),
      tuning,
    });
  }

  /** A new process that goes on from an epoch. */
  async open(epoch: number, handle?: Uint8Array, tuning: Partial<SegmentTuning> = {}): Promise<Opened> {
    const session = this.session(tuning);
    await session.rollback(epoch);
    const parts = handle === undefined ? [] : [{ keyGroups: KEY_GROUPS, handle }];
    const store = await session.openStore({ owner: "0-0", generation: epoch + 1, keyGroups: KEY_GROUPS, parts });
    return { session, store };
  }
}

export interface Opened {
  readonly session: BackendSession;
  readonly store: StateStore;
}

/** Seals and flushes: what a checkpoint does before it is named. */
export async function checkpoint({ session, store }: Opened, epoch: number): Promise<Uint8Array> {
  const handle = await store.seal(epoch);
  await session.flush(epoch);
  return handle;
}

export function retainedOf(epoch: number, handle: Uint8Array): RetainedEpoch {
  return { epoch, manifest: `1-${epoch}`, handles: [handle] };
}

export const keyOf = (index: number): Uint8Array =>
  Uint8Array.of(0, index % 4, index >>> 24, index >>> 16, index >>> 8, index);

export async function put(store: StateStore, epoch: number, index: number, value: Uint8Array): Promise<void> {
  await store.write(epoch, { puts: [{ key: keyOf(index), value }], deletes: [], rangeDeletes: [] });
}

export async function linesOf(store: Pick<StateStore, "scan">): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const slice of store.scan(ALL_KEYS)) {
    for (const { key, value } of slice) lines.push(`${key.join(".")}=${value.length}`);
  }
  return lines;
}
