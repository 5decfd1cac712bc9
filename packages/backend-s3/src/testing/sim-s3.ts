import { DEFAULT_TUNING } from "@tidemark/core/internal";
import { type SimBackend, simObjectStore, type SimObjectStoreOptions, type SimProcess } from "@tidemark/core/testing";

import { S3Backend } from "../s3-backend.ts";

/** Which store {@link simS3} lies in. */
export interface SimS3Options extends SimObjectStoreOptions {
  /** Default: `s3`. */
  readonly name?: string;
  /**
   * `"small"`: limits so small that a few records already spill, fold, and are written in parts; `"tiny"`: each entry is an object
   * of its own. Default: `"usual"`.
   */
  readonly pieces?: "usual" | "small" | "tiny";
}

const TIMEOUT_MS = 30_000;
const USUAL = { cleanUpEvery: 1 };
/** So small that every test spills, cuts, packs, merges, folds, reads block by block, and writes in parts. */
export const SMALL = {
  blockBytes: 64,
  segmentBytes: 512,
  inlineBytes: 0,
  packBytes: 1_024,
  spillBytes: 512,
  spilledMax: 2,
  chainMax: 4,
  cacheBytes: 256,
};
const TINY = { ...SMALL, segmentBytes: 64, packBytes: 64, spillBytes: 64, parallelReads: 4 };
/** Sessions that one process may read with at one time: of an attempt, of the one that failed before it, of a savepoint. */
const READERS_MAX = 3;
/** Reads of a session beside those of segments: the head, a manifest. */
const OTHER_READS_MAX = 2;
/** Objects larger than this are written in parts, where all is {@link SMALL}. */
export const SMALL_PART_BYTES = 700;

/**
 * The S3 backend for `simulate`: the backend itself, over a store whose requests are effects. They fail, take place without
 * an answer, and arrive late.
 */
export function simS3({ name = "s3", pieces = "usual", ...store }: SimS3Options = {}): SimBackend {
  const isSmall = pieces !== "usual";
  const tuning = { usual: USUAL, small: SMALL, tiny: TINY }[pieces];
  return {
    name,
    disk: false,
    shared: true,
    prepare: (world) => {
      const { parallelReads } = { ...DEFAULT_TUNING, ...tuning };
      const readsMax = READERS_MAX * (parallelReads + OTHER_READS_MAX);
      const objects = simObjectStore(world, { readsMax, ...store });
      const backend = (process: SimProcess): S3Backend =>
        new S3Backend({
          bucket: "simulated",
          prefix: "job",
          client: objects.client(process),
          isUnchecked: false,
          timeoutMs: TIMEOUT_MS,
          tuning,
          ...(isSmall ? { partBytes: SMALL_PART_BYTES } : {}),
        });
      const leftovers = (): readonly string[] =>
        objects.forgottenUploads().map((key) => `store: the upload of "${key}" is neither completed nor given up`);
      return Object.assign(backend, { leftovers });
    },
  };
}
