import type { StateBackend } from "@tidemark/core";
// @boundaries-ignore core's tests run on a backend that depends on core: declaring that would close a circle
export { memory } from "@tidemark/backend-memory";
// @boundaries-ignore the same, and damage is done below what the package exports
import { MemoryBackend } from "../../../backend-memory/src/memory-backend.ts";
// @boundaries-ignore the same
import { MemorySpace } from "../../../backend-memory/src/memory-space.ts";

/** The bytes of everything that a job has stored, by what kind of thing it is and its name. */
export type Dump = ReadonlyMap<string, Uint8Array>;

/** A memory backend whose stored bytes a test can see and change. */
export interface OpenMemory {
  readonly backend: StateBackend;
  dump(): Dump;
  /** Makes another one that holds these bytes. */
  load(dump: Dump): OpenMemory;
}

/** Makes a memory backend that a test can look into. */
export function openMemory(): OpenMemory {
  return over(new MemorySpace());
}

function over(space: MemorySpace): OpenMemory {
  return {
    backend: new MemoryBackend(space),
    dump: () => {
      const dump = new Map<string, Uint8Array>();
      if (space.head !== undefined) dump.set("head", space.head.bytes.slice());
      for (const [name, bytes] of space.manifests) dump.set(`manifest ${name}`, bytes.slice());
      for (const [name, bytes] of space.segments) dump.set(`segment ${name}`, bytes.slice());
      return dump;
    },
    load: (dump) => {
      const loaded = new MemorySpace();
      loaded.headVersions = space.headVersions;
      for (const [label, bytes] of dump) {
        const name = label.replace(/^\w+ /, "");
        if (label === "head") loaded.head = { tag: String(++loaded.headVersions), bytes: bytes.slice() };
        else (label.startsWith("manifest") ? loaded.manifests : loaded.segments).set(name, bytes.slice());
      }
      return over(loaded);
    },
  };
}
