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

/** The first id that the owner of a head may draw: the stretch before its end is its own. */
export function firstIdOf({ head }: OwnedHead): number {
  return head.nextId - IDS_RESERVED;
}

/** What other heads of the same stream of records have used: names must never be used twice. */
export interface HeadFloor {
  readonly generation: number;
  readonly nextId: number;
}

/** How often a head is read back or contended for before giving up. */
const ATTEMPTS = 5;

/**
 * Makes this process the owner of the job: the head gets the next generation, and a stretch of ids no earlier owner can
 * have drawn. Whoever owned it before is fenced from now on.
 *
 * @param floorOf what generation and ids must be above, besides those of the head that is found.
 * @throws {CheckpointError} CHECKPOINT_CORRUPT if the head cannot be read, CHECKPOINT_FENCED if others keep taking it.
 * @throws {StateError} STATE_FOREIGN_JOB if it is another job's.
 */
export async function takeOver(
  store: HeadStore,
  job: string,
  env: Env,
  floorOf: (head: Head) => Promise<HeadFloor | undefined> = async () => undefined,
): Promise<OwnedHead> {
  const owner = drawOwner(env);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = await store.read();
    const before = found === undefined ? firstHead(job) : decodeHead(found.bytes);
    checkJob(before, job);
    const previous = raised(before, await floorOf(before));
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

/** What a process is told when another one has the job. */
export function fenced(job: string, generation: number, cause?: unknown): CheckpointError {
  return new CheckpointError(
    "CHECKPOINT_FENCED",
    `Cannot go on with job "${job}": another process has taken it over since generation ${generation} began. ` +
      "Run one process for a job",
    { cause, details: { job, generation } },
  );
}

function raised(head: Head, floor: HeadFloor | undefined): Head {
  if (floor === undefined) return head;
  const generation = Math.max(head.generation, floor.generation);
  return { ...head, generation, nextId: Math.max(head.nextId, floor.nextId) };
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
