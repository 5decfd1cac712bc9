import type { HeadStore, StateBackend } from "@tidemark/core";
import { StateError } from "@tidemark/core";
import { equalBytes, type SegmentIo, segmentSession, type SegmentTuning } from "@tidemark/core/internal";
import type { SweptManifestStore } from "@tidemark/core/internal";

/** What a job has stored in segments, in maps that a test can see and change. */
export class SegmentSpace {
  jobName: string | undefined = undefined;
  head: { readonly tag: string; readonly bytes: Uint8Array } | undefined = undefined;
  /** How often the head was set: the next tag. */
  headVersions = 0;
  readonly manifests: Map<string, Uint8Array> = new Map();
  readonly segments: Map<string, Uint8Array> = new Map();
}

/** A backend that keeps segments in a space. */
export function segmentsIn(space: SegmentSpace, tuning: Partial<SegmentTuning> = {}): StateBackend {
  return {
    name: "segments",
    capabilities: { durable: false, syncReads: true, sharedAccess: false },
    open: async ({ name, env }) => {
      if (space.jobName !== undefined && space.jobName !== name) {
        throw new StateError(
          "STATE_FOREIGN_JOB",
          `Cannot open segments for job "${name}": they are "${space.jobName}"'s`,
        );
      }
      const manifests = manifestsOf(space);
      return segmentSession({ env, head: headOf(space, name), manifests, segments: segmentsOf(space), tuning });
    },
  };
}

function headOf(space: SegmentSpace, jobName: string): HeadStore {
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

function manifestsOf({ manifests }: SegmentSpace): SweptManifestStore {
  return {
    write: async (name, bytes) => putOnce(manifests, name, bytes.slice()),
    read: async (name) => manifests.get(name),
    list: async () => [...manifests.keys()],
    delete: async (names) => names.forEach((name) => manifests.delete(name)),
  };
}

function segmentsOf({ segments }: SegmentSpace): SegmentIo {
  return {
    put: async (name, bytes) => putOnce(segments, name, bytes),
    get: async (name, { offset, length }) => segments.get(name)?.subarray(offset, offset + length),
    resident: (name) => segments.get(name),
    list: async () => [...segments.keys()],
    delete: async (names) => names.forEach((name) => segments.delete(name)),
  };
}

function putOnce(objects: Map<string, Uint8Array>, name: string, bytes: Uint8Array): void {
  const found = objects.get(name);
  if (found === undefined) objects.set(name, bytes);
  else if (!equalBytes(found, bytes)) {
    throw new StateError("STATE_IO", `Cannot write "${name}": there is another object of that name`);
  }
}
