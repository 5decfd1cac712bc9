import type { PendingCommit, SinkState } from "../checkpoint/manifest.ts";
import type { AnySink, CommitOutcome, CommitRequest, SinkCommitter } from "../connect/sink.ts";
import type { Env } from "../env/env.ts";
import { AbortedError, ConnectorError, isTidemarkError } from "../errors.ts";
import { decodeValue } from "../state/value-codec.ts";
import type { TraceListener } from "./trace.ts";

/** What a commit driver needs of its surroundings. */
export interface CommitDriverOptions {
  readonly env: Env;
  readonly job: string;
  readonly generation: number;
  readonly sinks: readonly { readonly id: string; readonly sink: AnySink<unknown> }[];
  readonly trace: TraceListener | undefined;
}

/** Hears that what a sink holds of a complete checkpoint could not be committed. */
export type CommitFailed = (sinkId: string, error: unknown) => void;

/** How often a commit that said "retry" is tried again. */
const RETRIES_MAX = 10;

/** The pause before the first retry; it doubles with each. */
const RETRY_PAUSE_MS = 50;

/** The longest pause between two retries. */
const RETRY_PAUSE_MAX_MS = 5_000;

/** Commits what complete checkpoints hold, in order, once the head lists them; and again after each restore. */
export class CommitDriver {
  readonly #options: CommitDriverOptions;
  readonly #committers = new Map<string, SinkCommitter<unknown>>();
  #underWay: Promise<unknown> = Promise.resolve();
  #endPause: () => void = () => undefined;
  #closed = false;

  constructor(options: CommitDriverOptions) {
    this.#options = options;
    this.#create(options.generation, options.sinks);
  }

  #create(generation: number, sinks: CommitDriverOptions["sinks"]): void {
    const { env, job } = this.#options;
    for (const { id, sink } of sinks) {
      const committer = sink.createCommitter?.({ env, job, sinkId: id, generation });
      if (committer !== undefined) this.#committers.set(id, committer);
    }
  }

  /**
   * Begins anew with some of the sinks, under a generation of their own. Called while no commit is under way.
   *
   * @param restored what the restored checkpoint holds of them.
   */
  async restart(
    ids: ReadonlySet<string>,
    generation: number,
    checkpointId: number,
    restored: readonly SinkState[],
  ): Promise<void> {
    for (const [id, committer] of this.#committers) if (ids.has(id)) await committer.close();
    this.#create(
      generation,
      this.#options.sinks.filter(({ id }) => ids.has(id)),
    );
    await this.recover(
      checkpointId,
      restored.filter(({ sinkId }) => ids.has(sinkId)),
      ids,
    );
  }

  /**
   * Settles what the restored checkpoint holds, and clears away what no checkpoint names.
   *
   * @param checkpointId that of the restored checkpoint; 0 if there is none.
   * @param only of these sinks. Default: of all.
   */
  async recover(checkpointId: number, sinks: readonly SinkState[], only?: ReadonlySet<string>): Promise<void> {
    for (const [sinkId, committer] of this.#committers) {
      if (only?.has(sinkId) === false) continue;
      const restored = sinks.find((sink) => sink.sinkId === sinkId)?.committables ?? [];
      await committer.recover(restored.map(toRequest), checkpointId === 0 ? undefined : checkpointId);
    }
    await this.commit(checkpointId, sinks);
  }

  /**
   * Commits everything that a complete checkpoint holds.
   *
   * @param failed told of a sink whose commit fails; those of the others go on. Default: it fails for all.
   */
  async commit(checkpointId: number, sinks: readonly SinkState[], failed?: CommitFailed): Promise<void> {
    const work = this.#commitSinks(checkpointId, sinks, failed);
    this.#underWay = Promise.allSettled([this.#underWay, work]);
    await work;
  }

  async #commitSinks(
    checkpointId: number,
    sinks: readonly SinkState[],
    failed: CommitFailed | undefined,
  ): Promise<void> {
    const { env, trace } = this.#options;
    for (const { sinkId, committables } of sinks) {
      const committer = this.#committers.get(sinkId);
      if (committer === undefined || committables.length === 0) continue;
      env.point("commit.starting", { checkpointId, sinkId });
      try {
        for (const requests of byCheckpoint(committables)) await this.#commitAll(sinkId, committer, requests);
      } catch (error) {
        if (failed === undefined || this.#closed) throw error;
        failed(sinkId, error);
        continue;
      }
      env.point("commit.done", { checkpointId, sinkId });
      trace?.({ kind: "committed", checkpointId, sinkId, committables: committables.length });
    }
  }

  /** A bounded job is over and everything is committed. */
  async finish(): Promise<void> {
    for (const committer of this.#committers.values()) await committer.finish?.();
  }

  /** Waits for the call of a committer that is under way, so that the next attempt's is the only one. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#endPause();
    await this.#underWay;
    for (const committer of this.#committers.values()) await committer.close();
  }

  async #commitAll(
    sinkId: string,
    committer: SinkCommitter<unknown>,
    all: readonly CommitRequest<unknown>[],
  ): Promise<void> {
    let open = all;
    for (let attempt = 0; open.length > 0; attempt++) {
      if (attempt > RETRIES_MAX) {
        throw commitFailed(sinkId, open, `it was tried ${RETRIES_MAX} times again without success`);
      }
      if (attempt > 0) {
        this.#options.env.point("commit.retrying", { sinkId, attempt });
        await this.#pause(attempt);
      }
      if (this.#closed) {
        throw new AbortedError(`The commit of sink "${sinkId}" was given up: the next start commits it again`);
      }
      open = unsettled(sinkId, open, await outcomesOf(committer, open));
    }
  }

  #pause(attempt: number): Promise<void> {
    const pauseMs = Math.min(RETRY_PAUSE_MAX_MS, RETRY_PAUSE_MS * 2 ** (attempt - 1));
    return new Promise((resolve) => {
      const cancelTimer = this.#options.env.schedule(pauseMs, resolve);
      this.#endPause = () => {
        cancelTimer();
        resolve();
      };
    });
  }
}

/**
 * What is of one checkpoint, oldest first. A call holds nothing of the next: while a part of the older one has to be tried again, a newer
 * one would come before it.
 */
function byCheckpoint(committables: readonly PendingCommit[]): readonly (readonly CommitRequest<unknown>[])[] {
  const groups = new Map<number, CommitRequest<unknown>[]>();
  for (const pending of committables) {
    const group = groups.get(pending.checkpointId);
    if (group === undefined) groups.set(pending.checkpointId, [toRequest(pending)]);
    else group.push(toRequest(pending));
  }
  return [...groups].toSorted(([one], [other]) => one - other).map(([, requests]) => requests);
}

function toRequest({ checkpointId, subtask, bytes }: PendingCommit): CommitRequest<unknown> {
  return { checkpointId, subtask, committable: decodeValue(bytes) };
}

/** A commit whose outcome is unknown is asked for again: commits are idempotent. */
async function outcomesOf(
  committer: SinkCommitter<unknown>,
  requests: readonly CommitRequest<unknown>[],
): Promise<readonly CommitOutcome[]> {
  try {
    return await committer.commit(requests);
  } catch (error) {
    if (!isTidemarkError(error) || !error.retryable) throw error;
    return requests.map(() => "retry");
  }
}

function unsettled(
  sinkId: string,
  requests: readonly CommitRequest<unknown>[],
  outcomes: readonly CommitOutcome[],
): readonly CommitRequest<unknown>[] {
  return requests.filter((request, index) => {
    const outcome = outcomes[index] ?? "retry";
    if (typeof outcome === "object") throw commitFailed(sinkId, [request], outcome.failed);
    return outcome === "retry";
  });
}

function commitFailed(sinkId: string, requests: readonly CommitRequest<unknown>[], reason: string): ConnectorError {
  const checkpoints = [...new Set(requests.map((request) => request.checkpointId))].join(", ");
  return new ConnectorError(
    "COMMIT_FAILED",
    `Cannot commit what sink "${sinkId}" holds of checkpoint ${checkpoints}: ${reason}. Nothing was dropped: the checkpoint keeps it, ` +
      "and the commit is tried again at the next start",
    { details: { sinkId, checkpoints, reason } },
  );
}
