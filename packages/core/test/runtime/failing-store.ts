import { type BackendSession, type StateBackend, StateError, type StateStore } from "@tidemark/core";

/** Which call of a store fails: by what it does and the epoch it does it for. */
export type Refusal = (act: "write" | "seal" | "flush" | "manifest", epoch: number) => boolean;

/** A backend whose medium says now and then that it cannot, and may be asked again. */
export function failingStore(inner: StateBackend, refuses: Refusal): StateBackend {
  const perhaps = (act: "write" | "seal" | "flush" | "manifest", epoch: number): void => {
    if (!refuses(act, epoch)) return;
    throw new StateError("STATE_IO", `Cannot ${act} for epoch ${epoch}: the medium is busy`, { retryable: true });
  };
  const storeOf = (store: StateStore): StateStore => ({
    read: (keys) => store.read(keys),
    scan: (range) => store.scan(range),
    write: async (epoch, changes) => {
      perhaps("write", epoch);
      await store.write(epoch, changes);
    },
    seal: async (epoch) => {
      perhaps("seal", epoch);
      return store.seal(epoch);
    },
    export: (epoch) => store.export(epoch),
    close: () => store.close(),
  });
  const sessionOf = (session: BackendSession): BackendSession => ({
    head: session.head,
    manifests: {
      read: (name) => session.manifests.read(name),
      list: () => session.manifests.list(),
      write: async (name, bytes) => {
        perhaps("manifest", Number(name.split("-")[1]));
        await session.manifests.write(name, bytes);
      },
    },
    rollback: (epoch) => session.rollback(epoch),
    openStore: async (options) => storeOf(await session.openStore(options)),
    flush: async (epoch) => {
      perhaps("flush", epoch);
      await session.flush(epoch);
    },
    openView: (options) => session.openView(options),
    release: (retained) => session.release(retained),
    audit: (retained) => session.audit(retained),
    close: () => session.close(),
  });
  return { name: inner.name, capabilities: inner.capabilities, open: async (job) => sessionOf(await inner.open(job)) };
}

/** A backend whose manifests take until something has happened. */
export function slowManifests(
  inner: StateBackend,
  happened: Promise<void>,
): { readonly backend: StateBackend; /** How many were being written at one time. */ readonly most: number } {
  let most = 0;
  let writing = 0;
  const open: StateBackend["open"] = async (job) => {
    const session = await inner.open(job);
    const { manifests } = session;
    const write = async (name: string, bytes: Uint8Array): Promise<void> => {
      most = Math.max(most, ++writing);
      await happened;
      writing--;
      await manifests.write(name, bytes);
    };
    const slow = { read: manifests.read.bind(manifests), list: manifests.list.bind(manifests), write };
    return new Proxy(session, {
      get: (target, name) => {
        const found = name === "manifests" ? slow : (Reflect.get(target, name) as unknown);
        return typeof found === "function" ? (found.bind(target) as unknown) : found;
      },
    });
  };
  return {
    backend: { name: inner.name, capabilities: inner.capabilities, open },
    get most() {
      return most;
    },
  };
}
