/** What a restore leaves behind on purpose. It holds for checkpoints and savepoints alike. */
export interface RestoreAllowances {
  /** Ids of steps that the pipeline no longer has, and whose state may be left behind. Default: none. */
  readonly allowUnmapped?: readonly string[];
  /**
   * Whether to go on from where the job was drained: event time is at its end there, so that every further record of
   * these sources is late. Default: false.
   */
  readonly allowDrained?: boolean;
}
