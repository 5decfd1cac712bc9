import type { StateBackend, StateStore } from "@tidemark/core";

import type { Purposes } from "./purposes.ts";

/** What tables gave to stores. */
export interface Changed {
  /** Entries put. */
  puts: number;
  /** Bytes of keys and values of these, as they are encoded, and of deleted keys. */
  encodedBytes: number;
  /** What a sealed store was put together from: the most layers, small ones included. 0 where there are none. */
  layersMax: number;
}

/** Counts the layers that a handle of a store names. */
export type LayersOf = (handle: Uint8Array) => number;

/** Passes everything on, counts the changed entries that come by, and notes what each call is for. */
export function countingBackend(
  inner: StateBackend,
  changed: Changed,
  purposes: Purposes,
  layersOf: LayersOf,
): StateBackend {
  return {
    name: inner.name,
    capabilities: inner.capabilities,
    ...(inner.paging === undefined ? {} : { paging: inner.paging }),
    open: async (job) => {
      const session = await purposes.open(() => inner.open(job));
      return {
        ...session,
        openStore: async (options) => countingStore(await session.openStore(options), changed, layersOf),
      };
    },
  };
}

function countingStore(store: StateStore, changed: Changed, layersOf: LayersOf): StateStore {
  return new Proxy(store, {
    get: (target, name) => {
      if (name === "seal") {
        const seal: StateStore["seal"] = async (epoch) => {
          const handle = await target.seal(epoch);
          changed.layersMax = Math.max(changed.layersMax, layersOf(handle));
          return handle;
        };
        return seal;
      }
      if (name !== "write") return Reflect.get(target, name, target) as unknown;
      const write: StateStore["write"] = (epoch, changes) => {
        changed.puts += changes.puts.length;
        for (const { key, value } of changes.puts) changed.encodedBytes += key.length + value.length;
        for (const key of changes.deletes) changed.encodedBytes += key.length;
        return target.write(epoch, changes);
      };
      return write;
    },
  });
}
