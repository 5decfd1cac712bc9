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
  /** The program that looks for it, from the root of the repository. */
  readonly hunt: string;
  /** The violation that must be among those found. */
  readonly expect: RegExp;
}

/** What a hunt prints as its last line. */
export interface HuntResult {
  readonly found: boolean;
  readonly runs: number;
  readonly violations: readonly string[];
  /** What replays the first failing run. */
  readonly replay: string;
}
