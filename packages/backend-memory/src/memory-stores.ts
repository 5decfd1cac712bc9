import { type HeadStore, StateError } from "@tidemark/core";
import { equalBytes, type SegmentIo, type SweptManifestStore } from "@tidemark/core/internal";
import type { MemorySpace } from "./memory-space.ts";

/** The head record of a space. Comparing and setting is one step, since nothing else runs meanwhile. */
export function memoryHead(space: MemorySpace): HeadStore {
  return {
    read: async () => space.head,
    compareAndSet: async (expected, bytes) => {
      if (space.head?.tag !== expected) return undefined;
      const tag = String(++space.headVersions);
      space.head = { tag, bytes: bytes.slice() };
      return tag;
    },
  };
}

/** The manifests of a space. */
export function memoryManifests(space: MemorySpace): SweptManifestStore {
  return {
    write: async (name, bytes) => putOnce(space.manifests, "manifest", name, bytes.slice()),
    read: async (name) => space.manifests.get(name),
    list: async () => [...space.manifests.keys()],
    delete: async (names) => deleteAll(space.manifests, names),
  };
}

/** The segments of a space. */
export function memorySegments(space: MemorySpace): SegmentIo {
  return {
    // Not a copy: nobody writes to it any more.
    put: async (name, bytes) => putOnce(space.segments, "segment", name, bytes),
    get: async (name, { offset, length }) => space.segments.get(name)?.subarray(offset, offset + length),
    resident: (name) => space.segments.get(name),
    list: async () => [...space.segments.keys()],
    delete: async (names) => deleteAll(space.segments, names),
  };
}

function putOnce(objects: Map<string, Uint8Array>, kind: string, name: string, bytes: Uint8Array): void {
  const found = objects.get(name);
  if (found === undefined) objects.set(name, bytes);
  else if (!equalBytes(found, bytes)) {
    throw new StateError("STATE_IO", `Cannot write ${kind} "${name}": there is another one of that name`);
  }
}

function deleteAll(objects: Map<string, Uint8Array>, names: readonly string[]): void {
  for (const name of names) objects.delete(name);
}
