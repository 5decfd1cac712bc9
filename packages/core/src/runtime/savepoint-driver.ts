import type { RetainedCheckpoint } from "../checkpoint/head.ts";
import type { Manifest } from "../checkpoint/manifest.ts";
import type { Env } from "../env/env.ts";
import { CheckpointError, isTidemarkError, messageOf } from "../errors.ts";
import type { SavepointLocation, SavepointSummary } from "../savepoints/image.ts";
import type { BackendSession } from "../state/backend.ts";
import { lastly } from "../lastly.ts";

/** Somebody waits for a savepoint. */
export interface SavepointRequest {
  readonly location: SavepointLocation;
  /** Whether it is to be of the last checkpoint of the job, and of no other. */
  readonly isLast: boolean;
  /** Whether it lies there of a checkpoint that was to be the last one, and was not. */
  isOutdated: boolean;
  readonly written: (summary: SavepointSummary) => void;
  readonly failed: (error: unknown) => void;
}

/** What a savepoint driver needs of its surroundings. */
export interface SavepointDriverOptions {
  readonly env: Env;
  readonly session: BackendSession;
  /** The requests of the job. One that is served or has failed is taken out; the others outlive the attempt. */
  readonly requests: Set<SavepointRequest>;
  /** Asks for a checkpoint as soon as one may begin. */
  readonly requestCheckpoint: () => void;
  /** Whether the attempt has failed. */
  readonly hasFailed: () => boolean;
}

/** A checkpoint that is complete. */
export interface CompleteCheckpoint {
  readonly retained: RetainedCheckpoint;
  readonly manifest: Manifest;
}

/**
 * Makes savepoints of complete checkpoints. The first checkpoint that begins after a request serves it: its epoch is
 * pinned, and copied in the background while the job goes on. A savepoint never fails the job.
 */
export class SavepointDriver {
  readonly #options: SavepointDriverOptions;
  readonly #assigned = new Map<SavepointRequest, number>();
  readonly #pins = new Map<RetainedCheckpoint, number>();
  readonly #copies = new Set<Promise<void>>();
  /** What is told when the attempt has ended well: until then another last checkpoint may be taken. */
  readonly #ofTheLast: { readonly request: SavepointRequest; readonly summary: SavepointSummary }[] = [];
  #closed = false;

  constructor(options: SavepointDriverOptions) {
    this.#options = options;
  }

  /** The checkpoints that are being copied: nothing of them may be released. */
  get pinned(): readonly RetainedCheckpoint[] {
    return [...this.#pins.keys()];
  }

  /** A request has come in, or there were some from the beginning. */
  requested(): void {
    if (this.#unassigned().some(({ isLast }) => !isLast)) this.#options.requestCheckpoint();
  }

  /** A checkpoint begins: it has everything that was read before. */
  triggered(checkpointId: number, isLast: boolean): void {
    for (const request of this.#unassigned()) {
      if (isLast || !request.isLast) this.#assigned.set(request, checkpointId);
    }
  }

  /** A checkpoint will not complete: the next one serves its requests. */
  aborted(checkpointId: number): void {
    for (const [request, id] of this.#assigned) if (id === checkpointId) this.#assigned.delete(request);
    this.requested();
  }

  /** The head lists a checkpoint. */
  completed(checkpoint: CompleteCheckpoint): void {
    for (const [request, id] of this.#assigned) {
      if (id === checkpoint.retained.checkpointId) this.#start(request, checkpoint);
    }
  }

  /** The last checkpoint of the job: whoever still waits gets that one, since none comes after it (FLINK-23884). */
  ended(checkpoint: CompleteCheckpoint): void {
    for (const request of this.#unassigned()) {
      this.#assigned.set(request, checkpoint.retained.checkpointId);
      this.#start(request, checkpoint);
    }
  }

  /** Waits for what is being copied. */
  async idle(): Promise<void> {
    await Promise.all(this.#copies);
  }

  /** The attempt has come to its end, and no other follows. */
  ending(): void {
    for (const { request, summary } of this.#ofTheLast.splice(0)) this.#serve(request, summary);
  }

  /** Copies nothing any more. Requests that were not served are left to the next attempt. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.idle();
  }

  #unassigned(): readonly SavepointRequest[] {
    return [...this.#options.requests].filter((request) => !this.#assigned.has(request));
  }

  #start(request: SavepointRequest, checkpoint: CompleteCheckpoint): void {
    const { retained } = checkpoint;
    this.#pins.set(retained, (this.#pins.get(retained) ?? 0) + 1);
    const copy = lastly(this.#copy(request, checkpoint), () => {
      const pins = (this.#pins.get(retained) ?? 1) - 1;
      if (pins > 0) this.#pins.set(retained, pins);
      else this.#pins.delete(retained);
      this.#copies.delete(copy);
    });
    this.#copies.add(copy);
  }

  async #copy(request: SavepointRequest, checkpoint: CompleteCheckpoint): Promise<void> {
    const { env, requests } = this.#options;
    const { checkpointId } = checkpoint.retained;
    try {
      env.point("savepoint.writing", { checkpointId });
      if (request.isOutdated) await request.location.delete();
      request.isOutdated = false;
      const summary = await this.#write(request.location, checkpoint);
      env.point("savepoint.written", { checkpointId });
      if (!request.isLast) return this.#serve(request, summary);
      request.isOutdated = true;
      this.#ofTheLast.push({ request, summary });
    } catch (error) {
      // The attempt is over, and not the job: the next attempt serves the request.
      if (this.#isOver) return;
      requests.delete(request);
      env.log({ level: "warn", message: `Savepoint of checkpoint ${checkpointId} failed: ${messageOf(error)}` });
      request.failed(failure(request.location, error));
    }
  }

  #serve(request: SavepointRequest, summary: SavepointSummary): void {
    this.#options.requests.delete(request);
    request.written(summary);
  }

  async #write(location: SavepointLocation, { retained, manifest }: CompleteCheckpoint): Promise<SavepointSummary> {
    const { env, session } = this.#options;
    const view = await session.openView({ epoch: retained.checkpointId, parts: manifest.stores });
    const pace = async (): Promise<void> => {
      // Records come first: a copy in memory would otherwise run to its end at once.
      await env.turn();
      if (this.#isOver) throw new CheckpointError("SAVEPOINT_FAILED", "The attempt is over");
    };
    try {
      return await location.copy({ manifest, takenAt: retained.completedAt, view, pace });
    } finally {
      await view.close();
    }
  }

  get #isOver(): boolean {
    return this.#closed || this.#options.hasFailed();
  }
}

/** What is told of a savepoint that was not finished. */
export function failure(location: SavepointLocation, cause: unknown): CheckpointError {
  if (isTidemarkError(cause) && cause.code === "SAVEPOINT_EXISTS") return cause as CheckpointError;
  return new CheckpointError(
    "SAVEPOINT_FAILED",
    `Cannot finish ${location.name}: ${messageOf(cause)}. The job is not harmed by it; take the savepoint again`,
    { cause, details: { savepoint: location.name }, retryable: true },
  );
}
