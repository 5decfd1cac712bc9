import { type BackendJob, type BackendSession, type StateBackend, StateError } from "@tidemark/core";
import { type Medium, textOf } from "./medium.ts";
import { sortOut } from "./sort-out.ts";
import { openStore, slices } from "./store.ts";

/** A backend that keeps a copy of all state for each checkpoint. */
export function copies(medium: Medium): StateBackend {
  return {
    name: "copies",
    capabilities: { durable: false, syncReads: true, sharedAccess: true },
    open: async (job) => openSession(medium, job),
  };
}

function openSession(medium: Medium, { name: job }: BackendJob): BackendSession {
  if (medium.job !== undefined && medium.job !== job) {
    throw new StateError("STATE_FOREIGN_JOB", `Cannot open copies for job "${job}": it is of "${medium.job}"`);
  }
  const position = { generation: 0, restoredEpoch: Infinity };

  return {
    head: {
      read: async () => medium.head,
      async compareAndSet(expected, bytes) {
        if (medium.head?.tag !== expected) return undefined;
        const tag = String(Number(expected ?? 0) + 1);
        medium.job = job;
        medium.head = { tag, bytes };
        return tag;
      },
    },
    manifests: {
      async write(name, bytes) {
        if (textOf(medium.manifests.get(name) ?? bytes) !== textOf(bytes)) {
          throw new StateError("STATE_IO", `Cannot write manifest "${name}": there is another one of that name`);
        }
        medium.manifests.set(name, bytes);
      },
      read: async (name) => medium.manifests.get(name),
      list: async () => [...medium.manifests.keys()],
    },
    async rollback(epoch) {
      position.restoredEpoch = epoch;
    },
    async openStore(options) {
      position.generation = Math.max(position.generation, options.generation);
      return openStore(medium, options, options.epoch ?? position.restoredEpoch);
    },
    async openView({ parts }) {
      const state = medium.load(parts);
      return { scan: (range) => slices(state, range), close: async () => undefined };
    },
    async release(retained) {
      for (const name of sortOut(medium, retained, position).orphaned) {
        medium.manifests.delete(name);
        medium.states.delete(name);
      }
    },
    audit: async (retained) => sortOut(medium, retained, position),
    flush: async () => undefined,
    close: async () => undefined,
  };
}
