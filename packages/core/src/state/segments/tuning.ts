/** The limits of a session over segments. Every one has a default, see {@link DEFAULT_TUNING}. */
export interface SegmentTuning {
  /** A block ends with the entry that takes it to this size: what one read of one key reads. */
  readonly blockBytes: number;
  /** A segment ends with the entry that takes it to this size. */
  readonly segmentBytes: number;
  /** A layer up to this size stands in the handle itself. */
  readonly inlineBytes: number;
  /** All layers that stand in one handle together. */
  readonly inlineTotalBytes: number;
  /** Segments of all stores are gathered in one object until it has this size, or the checkpoint is flushed. */
  readonly packBytes: number;
  /** Changes of one store that no checkpoint has sealed are encoded as soon as they have this size. */
  readonly spillBytes: number;
  /** Of what no checkpoint has sealed a store has no more layers: they are merged, and a write waits for room. At least two. */
  readonly spilledMax: number;
  /** A seal waits for folding while a chain is longer than this. */
  readonly chainMax: number;
  /** Blocks of all stores that are kept in memory. */
  readonly cacheBytes: number;
  /** How much of the state is read into the cache in the background after a start. */
  readonly warmUpBytes: number;
  /** Reads of the medium at one time. */
  readonly parallelReads: number;
  /** Every so many releases delete what nothing needs any more. */
  readonly cleanUpEvery: number;
}

/** What holds where a backend says nothing else. */
export const DEFAULT_TUNING: SegmentTuning = {
  blockBytes: 32 * 1024,
  segmentBytes: 8 * 1024 * 1024,
  inlineBytes: 1024,
  inlineTotalBytes: 4096,
  packBytes: 16 * 1024 * 1024,
  spillBytes: 4 * 1024 * 1024,
  spilledMax: 12,
  chainMax: 32,
  cacheBytes: 64 * 1024 * 1024,
  warmUpBytes: 0,
  parallelReads: 32,
  cleanUpEvery: 1,
};
