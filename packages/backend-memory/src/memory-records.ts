import { type HeadStore, type ManifestStore, StateError } from "@tidemark/core";
import { equalBytes } from "@tidemark/core/internal";
import type { MemorySpace } from "./memory-space.ts";

/**
 * The head record of a space, which belongs to the job that sets it first. Comparing and setting is one step, since nothing else
 * runs meanwhile.
 */
export function memoryHead(space: MemorySpace, jobName: string): HeadStore {
  return {
    read: async () => space.head,
    compareAndSet: async (expected, bytes) => {
      if (space.head?.tag !== expected) return undefined;
      const tag = String(++space.headVersions);
      space.jobName = jobName;
      space.head = { tag, bytes: bytes.slice() };
      return tag;
    },
  };
}

/** The manifests of a space. */
export function memoryManifests({ manifests }: MemorySpace): ManifestStore {
  return {
    write: async (name, bytes) => {
      const found = manifests.get(name);
      if (found === undefined) manifests.set(name, bytes.slice());
      else if (!equalBytes(found, bytes)) {
        throw new StateError("STATE_IO", `Cannot write manifest "${name}": there is another one of that name`);
      }
    },
    read: async (name) => manifests.get(name),
    list: async () => [...manifests.keys()],
  };
}
