import type { BackendSession, StateBackend, StateChanges, StateStore } from "@tidemark/core";
import { type Costs, writingMs } from "./costs.ts";
import type { VirtualEnv } from "./virtual-env.ts";

/** A backend whose storage takes its time: so much for a write, and so much for each byte of it. */
export function slowBackend(backend: StateBackend, env: VirtualEnv, costs: Costs): StateBackend {
  return {
    name: backend.name,
    capabilities: backend.capabilities,
    open: async (job) => slowSession(await backend.open(job), env, costs),
  };
}

function slowSession(session: BackendSession, env: VirtualEnv, costs: Costs): BackendSession {
  const { head, manifests } = session;
  return {
    head: {
      read: () => head.read(),
      compareAndSet: async (expected, bytes) => {
        await env.wait(writingMs(costs, bytes.length));
        return await head.compareAndSet(expected, bytes);
      },
    },
    manifests: {
      write: async (name, bytes) => {
        await env.wait(writingMs(costs, bytes.length));
        await manifests.write(name, bytes);
      },
      read: (name) => manifests.read(name),
      list: () => manifests.list(),
    },
    rollback: (epoch) => session.rollback(epoch),
    openStore: async (options) => slowStore(await session.openStore(options), env, costs),
    flush: (epoch) => session.flush(epoch),
    openView: (options) => session.openView(options),
    audit: (retained) => session.audit(retained),
    release: (retained) => session.release(retained),
    close: () => session.close(),
  };
}

function slowStore(store: StateStore, env: VirtualEnv, costs: Costs): StateStore {
  return {
    read: (keys) => store.read(keys),
    scan: (range) => store.scan(range),
    write: async (epoch, changes) => {
      await env.wait(writingMs(costs, bytesOf(changes)));
      await store.write(epoch, changes);
    },
    seal: (epoch) => store.seal(epoch),
    export: (epoch) => store.export(epoch),
    close: () => store.close(),
  };
}

function bytesOf({ puts, deletes }: StateChanges): number {
  let bytes = 0;
  for (const { key, value } of puts) bytes += key.length + value.length;
  for (const key of deletes) bytes += key.length;
  return bytes;
}
