import { crc32c } from "@tidemark/core/internal";

/** Where staged files stand, below the directory of a sink. */
export const STAGED_DIRECTORY = ".staged";

const CHECKPOINT_DIGITS = 12;
const SUBTASK_DIGITS = 5;
const INDEX_DIGITS = 6;

const pad = (value: number, digits: number): string => String(value).padStart(digits, "0");

/** Whence a committed part is. */
export interface PartOrigin {
  readonly checkpointId: number;
  /** The start of the job that wrote it. */
  readonly generation: number;
}

/**
 * The names that one sink of one job gives to its files. Each one ends with a tag of the job and the sink, so that
 * sinks that share a directory neither meet nor clear away each other's files.
 */
export class PartNames {
  readonly #tag: string;
  readonly #staged: RegExp;
  readonly #visible: RegExp;
  readonly #ending: string;

  constructor(job: string, sinkId: string, extension: string) {
    this.#tag = pad(crc32c(new TextEncoder().encode(JSON.stringify([job, sinkId]))), 10);
    this.#ending = `${this.#tag}${extension}`;
    const ending = this.#ending.replaceAll(".", "\\.");
    this.#staged = new RegExp(`^g(\\d+)-(?:s\\d+-n\\d+|merged)-${ending}$`);
    this.#visible = new RegExp(
      `^(\\d{${CHECKPOINT_DIGITS},})-\\d{${SUBTASK_DIGITS},}-\\d{${INDEX_DIGITS},}-g(\\d+)-${ending}$`,
    );
  }

  /** A file that is being written. */
  staged(generation: number, subtask: number, sequence: number): string {
    return `g${generation}-s${subtask}-n${sequence}-${this.#ending}`;
  }

  /** The single file while it is being put together. */
  merged(generation: number): string {
    return `g${generation}-merged-${this.#ending}`;
  }

  /** What is remembered, in the staged directory, of the parts that went into the single file. */
  get mergeRecord(): string {
    return `merged-${this.#tag}.json`;
  }

  /**
   * A committed part. These names sort in the order of the commits.
   *
   * @param index the place among the parts of one subtask in one checkpoint.
   */
  visible(checkpointId: number, subtask: number, index: number, generation: number): string {
    const place = `${pad(checkpointId, CHECKPOINT_DIGITS)}-${pad(subtask, SUBTASK_DIGITS)}-${pad(index, INDEX_DIGITS)}`;
    return `${place}-g${generation}-${this.#ending}`;
  }

  /** The generation that staged a file, or `undefined` if the name is not one that this sink stages. */
  stagedBy(name: string): number | undefined {
    const generation = this.#staged.exec(name)?.[1];
    return generation === undefined ? undefined : Number(generation);
  }

  /** Whence a part is, or `undefined` if the name is not one of this sink's parts. */
  visibleFrom(name: string): PartOrigin | undefined {
    const [, checkpointId, generation] = this.#visible.exec(name) ?? [];
    return generation === undefined
      ? undefined
      : { checkpointId: Number(checkpointId), generation: Number(generation) };
  }
}
