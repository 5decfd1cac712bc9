import type { HuntReport } from "@tidemark/core/testing";

/** One change of one source file. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/**
 * A bug that is put into a copy of the packages, never into the packages themselves, to see whether the simulator finds
 * it. One that is not found says that the simulator is blind there.
 */
export interface PlantedBug {
  /** What the bug does, in the words of the protocol. */
  readonly name: string;
  readonly edits: readonly Edit[];
  /** The violation that it must lead to. */
  readonly expect: RegExp;
  /**
   * What the hunt needs to know: `failures`: effects must fail without the process dying; `again`: the process must die
   * while it recovers; the name of a scenario: it is tried first; `seed=4`: with that
   * seed.
   */
  readonly words?: readonly string[];
  /** In which runs of the swarm it can show at all, by a name that `--where` takes. Default: in any. */
  readonly where?: string;
}

/** What a hunt prints as its last line. */
export type HuntResult = HuntReport;
