/** What the state of a run may take in memory. */
export interface StateLimits {
  /** Over all its subtasks. Infinity: as much as there is. */
  readonly limitBytes: number;
  /** For simulation: asked of each entry that could leave memory, though there is room. */
  readonly evict?: (() => boolean) | undefined;
}
