import { equalBytes } from "../bytes/compare.ts";
import { CheckpointError, isTidemarkError, StateError } from "../errors.ts";
import { IDS_RESERVED } from "../checkpoint/coordinator.ts";
import { decodeHead, encodeHead, firstHead, type Head } from "../checkpoint/head.ts";
import type { Env } from "../env/env.ts";
import type { HeadStore } from "../state/backend.ts";

/** The head as this process owns it. */
export interface OwnedHead {
  readonly head: Head;
  readonly tag: string;
}

/** How often a head is read back or contended for before giving up. */
const ATTEMPTS = 5;

/**
 * Makes this process the owner of the job: the head gets the next generation, and a stretch of ids no earlier owner can
 * have drawn. Whoever owned it before is fenced from now on.
 *
 * @throws {CheckpointError} CHECKPOINT_CORRUPT if the head cannot be read, CHECKPOINT_FENCED if others keep taking it.
 * @throws {StateError} STATE_FOREIGN_JOB if it is another job's.
 */
export async function takeOver(store: HeadStore, job: string, env: Env): Promise<OwnedHead> {
  const owner = drawOwner(env);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = await store.read();
    const previous = found === undefined ? firstHead(job) : decodeHead(found.bytes);
    checkJob(previous, job);
    const { generation } = previous;
    const head: Head = { ...previous, owner, generation: generation + 1, nextId: previous.nextId + IDS_RESERVED };
    const tag = await replaceHead(store, found?.tag, head);
    if (tag !== undefined) return { head, tag };
  }
  throw new CheckpointError(
    "CHECKPOINT_FENCED",
    `Cannot take over job "${job}": other processes took it ${ATTEMPTS} times meanwhile. Run one process for a job`,
  );
}

/**
 * Compare-and-sets the head. An answer that got lost is found out by reading back before anything else is done.
 *
 * @returns the new tag, or `undefined` if somebody else has replaced the head.
 */
export async function replaceHead(
  store: HeadStore,
  expected: string | undefined,
  head: Head,
): Promise<string | undefined> {
  const bytes = encodeHead(head);
  for (let attempt = 1; ; attempt++) {
    try {
      return await store.compareAndSet(expected, bytes);
    } catch (error) {
      if (!isTidemarkError(error) || !error.retryable || attempt === ATTEMPTS) throw error;
    }
    const found = await store.read();
    if (found !== undefined && equalBytes(found.bytes, bytes)) return found.tag;
    if (found?.tag !== expected) return undefined;
  }
}

/** Sixteen hexadecimal digits that no other owner has. */
function drawOwner(env: Env): string {
  const digits = (): string =>
    Math.floor(env.random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return digits() + digits();
}

function checkJob(head: Head, job: string): void {
  if (head.job === job) return;
  throw new StateError(
    "STATE_FOREIGN_JOB",
    `Cannot run job "${job}" on this state: it belongs to job "${head.job}". Give each job a place of its own`,
    { details: { expected: job, found: head.job } },
  );
}
