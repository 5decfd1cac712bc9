import type { Manifest } from "../checkpoint/manifest.ts";
import { ConfigurationError, isTidemarkError, StateError } from "../errors.ts";
import type { ImageFacts, JobOrigin, SavepointLocation, SnapshotImage } from "./image.ts";
import type { Renames } from "./rename.ts";

/** How a job begins with a savepoint. */
export interface ClaimOptions {
  /** New ids of sources, operators and sinks, by the old ones that the savepoint has. */
  readonly rename?: Renames;
}

/** How a job begins with a savepoint that is not its own. */
export interface ForkOptions extends ClaimOptions {
  /**
   * `"commit"`: what sinks had still to commit is committed, once more where it has been. `"drop"`: it is left to the
   * other job. Either way this one has to write to other places: sinks clear away what no checkpoint of theirs names.
   */
  readonly committables: "commit" | "drop";
}

/**
 * Goes on from a savepoint in the place of the job that it was taken of, which is over. What its sinks had still to commit
 * is committed. The savepoint stays as it is, and is not needed any more once the job has a checkpoint.
 *
 * @throws {ConfigurationError} OPTION_INVALID if it is no place for a savepoint.
 *
 * @example
 * ```ts
 * import { leveldb } from "@tidemark/backend-leveldb";
 * import { savepointDirectory } from "@tidemark/connectors/file";
 * import { type JobHandle, type Pipeline, run } from "@tidemark/core";
 * import { claim } from "@tidemark/core/savepoints";
 *
 * export const goOn = (job: Pipeline): JobHandle =>
 *   run(job, { backend: leveldb("./state-2"), from: claim(savepointDirectory("./savepoints/one")) });
 * ```
 */
export function claim(savepoint: SavepointLocation, options: ClaimOptions = {}): JobOrigin {
  return new Origin(checked(savepoint), options, "claim");
}

/**
 * Begins another job with a savepoint: the one that it was taken of may still be running, or others begin with it too.
 *
 * @throws {ConfigurationError} OPTION_INVALID if it is no place for a savepoint, or does not say what becomes of commits.
 *
 * @example
 * ```ts
 * import { memory } from "@tidemark/backend-memory";
 * import { type JobHandle, type Pipeline, run } from "@tidemark/core";
 * import { fork, type SavepointLocation } from "@tidemark/core/savepoints";
 *
 * export const tryOut = (next: Pipeline, place: SavepointLocation): JobHandle =>
 *   run(next, { backend: memory(), from: fork(place, { committables: "drop" }) });
 * ```
 */
export function fork(savepoint: SavepointLocation, options: ForkOptions): JobOrigin {
  const { committables } = options as Partial<ForkOptions>;
  if (committables === "commit" || committables === "drop") {
    return new Origin(checked(savepoint), options, committables);
  }
  throw new ConfigurationError(
    "OPTION_INVALID",
    `Cannot fork ${savepoint.name}: say with { committables: "commit" | "drop" } what becomes of rows that the other job has still to commit`,
  );
}

function checked(savepoint: SavepointLocation): SavepointLocation {
  if (typeof (savepoint as Partial<SavepointLocation> | undefined)?.open === "function") return savepoint;
  throw new ConfigurationError(
    "OPTION_INVALID",
    'Cannot begin with this savepoint: give a place such as savepointDirectory("./savepoints/one")',
  );
}

/** A snapshot as the manifest of a checkpoint without stores. An operator without entries holds nothing that could be lost. */
export function manifestOfFacts(facts: ImageFacts, planned: ReadonlySet<string>): Manifest {
  const { job, checkpointId, generation, keyGroups, keyHashVersion, sources, operatorStates, sinks, drained } = facts;
  const operators = facts.operators.filter(
    ({ operatorId, states }) => planned.has(operatorId) || states.some(({ entries }) => entries !== 0),
  );
  const head = { job, checkpointId, generation, keyGroups, keyHashVersion };
  return { ...head, sources, operators, operatorStates, sinks, stores: [], drained };
}

class Origin implements JobOrigin {
  readonly name: string;
  readonly foreign: boolean;
  readonly rename: Renames;
  readonly #savepoint: SavepointLocation;
  readonly #isDropping: boolean;

  constructor(savepoint: SavepointLocation, { rename = {} }: ClaimOptions, mode: "claim" | "commit" | "drop") {
    this.name = savepoint.name;
    this.foreign = mode !== "claim";
    this.#savepoint = savepoint;
    this.rename = rename;
    this.#isDropping = mode === "drop";
  }

  open(): Promise<SnapshotImage> {
    return this.#savepoint.open({ rename: this.rename });
  }

  manifestOf({ facts }: Pick<SnapshotImage, "facts">, planned: ReadonlySet<string>): Manifest {
    const manifest = manifestOfFacts(facts, planned);
    if (!this.#isDropping) return manifest;
    return { ...manifest, sinks: manifest.sinks.map(({ sinkId }) => ({ sinkId, committables: [] })) };
  }

  async check(manifest: Manifest): Promise<void> {
    let identity: string | undefined;
    try {
      const image = await this.#savepoint.open();
      identity = image.identity;
      await image.close();
    } catch (error) {
      if (!isTidemarkError(error) || error.code !== "CHECKPOINT_MISSING") throw error;
      // It was deleted after the job had begun with one: there is nothing to confuse it with.
      if (manifest.origin !== undefined) return;
    }
    if (identity !== undefined && identity === manifest.origin) return;
    const origin = manifest.origin === undefined ? "no savepoint" : `savepoint ${manifest.origin}`;
    throw new StateError(
      "STATE_FOREIGN_JOB",
      `Cannot begin with ${this.name}: the backend already holds checkpoint ${manifest.checkpointId} of job "${manifest.job}", which comes ` +
        `from ${origin}. Give the job an empty place to begin with the savepoint, or leave "from" out to go on from the checkpoint`,
      { details: { checkpointId: manifest.checkpointId, origin: manifest.origin, savepoint: identity } },
    );
  }
}
