import type { StateBackend } from "@tidemark/core";
// @boundaries-ignore core's tests run on a backend that depends on core: declaring that would close a circle
export { memory } from "@tidemark/backend-memory";
import { SegmentSpace, segmentsIn } from "../state/segments/segment-space.ts";

/** The bytes of everything that a job has stored, by what kind of thing it is and its name. */
export type Dump = ReadonlyMap<string, Uint8Array>;

/** A backend that keeps segments in memory, where a test can see and change their bytes. */
export interface OpenMemory {
  readonly backend: StateBackend;
  dump(): Dump;
  /** Makes another one that holds these bytes. */
  load(dump: Dump): OpenMemory;
}

/** Makes a backend that a test can look into. */
export function openMemory(): OpenMemory {
  return over(new SegmentSpace());
}

function over(space: SegmentSpace): OpenMemory {
  return {
    backend: segmentsIn(space),
    dump: () => {
      const dump = new Map<string, Uint8Array>();
      if (space.head !== undefined) dump.set("head", space.head.bytes.slice());
      for (const [name, bytes] of space.manifests) dump.set(`manifest ${name}`, bytes.slice());
      for (const [name, bytes] of space.segments) dump.set(`segment ${name}`, bytes.slice());
      return dump;
    },
    load: (dump) => {
      const loaded = new SegmentSpace();
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
