import { StateError } from "../../errors.ts";
import type { BackendSession, StateBackend, StateStore, StoreOptions } from "../../state/backend.ts";
import type { SimProcess } from "./process.ts";

/**
 * Makes every call on a backend an effect of a process. For backends that keep everything in memory and have no medium
 * that could be simulated below them: the process dies before the call, or after it without having been told.
 *
 * @example
 * ```ts
 * import { memory } from "@tidemark/backend-memory";
 * import { effectBackend, type SimBackend } from "@tidemark/core/testing";
 *
 * const inMemory: SimBackend = {
 *   name: "memory",
 *   disk: false,
 *   prepare: () => {
 *     const durable = memory();
 *     return (process) => effectBackend(process, durable);
 *   },
 * };
 * console.log(inMemory.name);
 * // prints memory
 * ```
 */
export function effectBackend(process: SimProcess, inner: StateBackend): StateBackend {
  return {
    name: inner.name,
    capabilities: inner.capabilities,
    ...(inner.paging === undefined ? {} : { paging: inner.paging }),
    open: async (job) => effectSession(process, await inner.open(job)),
  };
}

type Act = <T>(verb: string, read: boolean, apply: () => PromiseLike<T>) => Promise<T>;

function effectSession(process: SimProcess, inner: BackendSession): BackendSession {
  const act: Act = (verb, read, apply) =>
    process.effect({
      name: `backend.${verb}`,
      read,
      apply,
      failure: (applied) =>
        new StateError("STATE_IO", `Cannot ${verb}: the medium does not answer`, {
          retryable: true,
          details: { simulated: true, applied },
        }),
    });
  return {
    head: {
      read: () => act("head.read", true, () => inner.head.read()),
      compareAndSet: (expected, bytes) => act("head.write", false, () => inner.head.compareAndSet(expected, bytes)),
    },
    manifests: {
      write: (name, bytes) => act("manifest.write", false, () => inner.manifests.write(name, bytes)),
      read: (name) => act("manifest.read", true, () => inner.manifests.read(name)),
      list: () => act("manifest.list", true, () => inner.manifests.list()),
    },
    rollback: (epoch) => act("rollback", false, () => inner.rollback(epoch)),
    openStore: async (options: StoreOptions) =>
      effectStore(act, await act("store.open", true, () => inner.openStore(options))),
    flush: (epoch) => act("flush", false, () => inner.flush(epoch)),
    openView: (options) => act("view.open", true, () => inner.openView(options)),
    audit: (retained) => act("audit", true, () => inner.audit(retained)),
    release: (retained) => act("release", false, () => inner.release(retained)),
    close: () => inner.close(),
  };
}

function effectStore(act: Act, inner: StateStore): StateStore {
  const readSync = inner.readSync?.bind(inner);
  return {
    read: (keys) => act("store.read", true, () => inner.read(keys)),
    ...(readSync === undefined ? {} : { readSync }),
    async *scan(range, options) {
      for await (const slice of inner.scan(range, options)) {
        yield await act("store.scan", true, () => Promise.resolve(slice));
      }
    },
    write: (epoch, changes) => act("store.write", false, () => inner.write(epoch, changes)),
    seal: (epoch) => act("store.seal", false, () => inner.seal(epoch)),
    async *export(epoch) {
      for await (const slice of inner.export(epoch)) {
        yield await act("store.export", true, () => Promise.resolve(slice));
      }
    },
    close: () => inner.close(),
  };
}
