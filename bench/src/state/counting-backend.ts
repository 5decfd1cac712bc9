import type { BackendSession, StateBackend, StateStore } from "@tidemark/core";

/** What tables gave to stores. */
export interface Changed {
  /** Entries put. */
  puts: number;
  /** Bytes of keys and values of these, as they are encoded, and of deleted keys. */
  encodedBytes: number;
}

/** Passes everything on, and counts the changed entries that come by. */
export function countingBackend(inner: StateBackend, changed: Changed): StateBackend {
  return {
    name: inner.name,
    capabilities: inner.capabilities,
    open: async (job) => {
      const session = await inner.open(job);
      const counting: BackendSession = {
        head: session.head,
        manifests: session.manifests,
        rollback: (epoch) => session.rollback(epoch),
        flush: (epoch) => session.flush(epoch),
        openView: (options) => session.openView(options),
        release: (retained) => session.release(retained),
        audit: (retained) => session.audit(retained),
        close: () => session.close(),
        openStore: async (options) => countingStore(await session.openStore(options), changed),
      };
      return counting;
    },
  };
}

function countingStore(store: StateStore, changed: Changed): StateStore {
  // Bound to the store itself: its methods reach for what is private to it.
  return new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (name !== "write") return typeof member === "function" ? (member.bind(target) as unknown) : member;
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
