import { decodeHead, type Head } from "../checkpoint/head.ts";
import { type ErrorCode, isTidemarkError } from "../errors.ts";
import { sinksOf } from "../graph/plan.ts";
import type { SnapshotImage } from "../savepoints/image.ts";
import type { BackendSession } from "../state/backend.ts";
import type { AttemptOptions } from "./attempt-options.ts";
import { type Beginning, findBeginning, floorOf, openOrigin } from "./beginning.ts";
import { logFailures } from "./closing.ts";
import { CommitDriver } from "./commit-driver.ts";
import { fenced, type HeadFloor, type OwnedHead, takeOver } from "./takeover.ts";

/** What it looks like when something that was needed has been released. */
const MISSED: ReadonlySet<string> = new Set<ErrorCode>(["STATE_CORRUPT", "CHECKPOINT_MISSING", "CHECKPOINT_CORRUPT"]);

/** A job as an attempt finds it: its own, and settled up to the checkpoint that it goes on from. */
export interface OpenedJob {
  readonly session: BackendSession;
  readonly owned: OwnedHead;
  readonly beginning: Beginning;
  readonly commits: CommitDriver;
}

/**
 * Takes a job over: the head under the next generation, the stores back to its newest checkpoint, the commits of that
 * settled. What it has opened is given back by `close`, however far it came.
 */
export class Opening {
  readonly #options: AttemptOptions;
  readonly #assertAlive: () => void;
  #session: BackendSession | undefined;
  #image: SnapshotImage | undefined;
  #commits: CommitDriver | undefined;
  #generation = 0;
  #newestGeneration = 0;
  #restoredFrom: number | undefined;

  /** @param assertAlive throws once the attempt has failed: what was cancelled while it was being opened goes no further. */
  constructor(options: AttemptOptions, assertAlive: () => void) {
    this.#options = options;
    this.#assertAlive = assertAlive;
  }

  /** 0 before the head has been taken over. */
  get generation(): number {
    return this.#generation;
  }

  /** The checkpoint to begin from; `undefined`: nothing, or it is not known yet. */
  get restoredFrom(): number | undefined {
    return this.#restoredFrom;
  }

  /** @throws as `takeOver` and `findBeginning` do. */
  async open(): Promise<OpenedJob> {
    const { plan, env, backend, from, allow } = this.#options;
    const session = await backend.open({ name: plan.name, env });
    this.#session = session;
    this.#assertAlive();
    env.point("restore.starting");
    const owned = await takeOver(session.head, plan.name, env, (head) => this.#openOrigin(head));
    this.#generation = owned.head.generation;
    this.#newestGeneration = owned.head.generation;
    const beginning = await findBeginning(session, owned.head, this.#image, { plan, from, ...allow });
    this.#restoredFrom = beginning.manifest?.checkpointId;
    this.#assertAlive();
    await session.rollback(beginning.epoch);
    this.#assertAlive();
    const commits = await this.#settle(beginning);
    this.#assertAlive();
    return { session, owned, beginning, commits };
  }

  /** Opens the savepoint to begin with, if there is nothing else. What it has used is not used again. */
  async #openOrigin(head: Head): Promise<HeadFloor | undefined> {
    this.#image ??= await openOrigin(head, this.#options.from);
    return this.#image === undefined ? undefined : floorOf(this.#image);
  }

  async #settle({ plan, manifest }: Beginning): Promise<CommitDriver> {
    const { env, trace } = this.#options;
    const sinks = sinksOf(plan);
    const commits = new CommitDriver({ env, job: plan.name, generation: this.#generation, sinks, trace });
    this.#commits = commits;
    await commits.recover(manifest?.checkpointId ?? 0, manifest?.sinks ?? []);
    return commits;
  }

  /**
   * What a failure comes from. A process that was overtaken misses what its successor has released: that is no damage.
   */
  async explain(error: unknown): Promise<unknown> {
    if (!isTidemarkError(error) || !MISSED.has(error.code)) return error;
    const found = await this.#session?.head.read().catch(() => undefined);
    if (found === undefined || this.#generation === 0) return error;
    const isOvertaken = decodeHead(found.bytes).generation > this.#newestGeneration;
    return isOvertaken ? fenced(this.#options.plan.name, this.#generation, error) : error;
  }

  /** A later generation has been drawn for a region of the attempt. */
  drawn(generation: number): void {
    this.#newestGeneration = generation;
  }

  /** The savepoint has been brought into the stores. */
  async closeImage(): Promise<void> {
    const image = this.#image;
    this.#image = undefined;
    await image?.close();
  }

  /** Gives back everything; the session last, once `others` have ended. Errors are logged. */
  async close(others: readonly Promise<void>[]): Promise<void> {
    const { env } = this.#options;
    const commits = this.#commits?.close();
    logFailures(env, await Promise.allSettled([...others, commits, this.closeImage()]));
    logFailures(env, await Promise.allSettled([this.#session?.close()]));
  }
}
