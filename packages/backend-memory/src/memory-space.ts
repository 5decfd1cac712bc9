import type { Snapshot } from "./snapshot.ts";

/** What a job has stored: the part of a memory backend that a restart finds again. */
export class MemorySpace {
  /** The job that it belongs to, once one has set its head. */
  jobName: string | undefined = undefined;
  head: { readonly tag: string; readonly bytes: Uint8Array } | undefined = undefined;
  /** How often the head was set: the next tag. */
  headVersions = 0;
  readonly manifests: Map<string, Uint8Array> = new Map();
  /** What stores have sealed, by name. */
  readonly snapshots: Map<string, Snapshot> = new Map();
  /** How many there ever were: the end of the next name. */
  snapshotsTaken = 0;
}
