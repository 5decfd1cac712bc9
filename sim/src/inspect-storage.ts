/** Looks into what a job has stored, while it does not run. */
import { decodeHead, decodeManifest, encodeHead, messageOf } from "@tidemark/core/internal";
import { openCheckpoint, type RetainedCheckpoint, type Snapshot } from "@tidemark/core/savepoints";
import type { BackendSession, RetainedEpoch } from "@tidemark/core";
import type { JobPlace } from "@tidemark/core/testing";

import { type InFlight, readInFlight } from "./in-flight.ts";

/** Looks into a checkpoint that is open, the newest of its job or an older one: the text of each thing that is wrong. */
export type Look = (snapshot: Snapshot, inFlight: readonly InFlight[], isNewest: boolean) => Promise<readonly string[]>;

/**
 * Opens every retained checkpoint of a job that does not run, as a reader does, and reads all of it.
 *
 * @returns the text of each thing that is wrong.
 */
export async function inspectCheckpoints(place: JobPlace, look: Look): Promise<readonly string[]> {
  const retained = await withSession(place, retainedIn);
  const wrong: string[] = [];
  for (const checkpoint of retained) {
    const { checkpointId } = checkpoint;
    const name = `checkpoint ${checkpointId}, which the head lists`;
    try {
      const isNewest = checkpoint === retained.at(-1);
      const found = await inspectCheckpoint(place, checkpoint, (...what) => look(...what, isNewest));
      for (const text of found) wrong.push(`${name}: ${text}`);
    } catch (error) {
      wrong.push(`${name}, cannot be opened: ${messageOf(error)}`);
    }
  }
  return wrong;
}

async function inspectCheckpoint(
  place: JobPlace,
  { checkpointId, manifest }: RetainedCheckpoint,
  look: (...what: readonly [Snapshot, readonly InFlight[]]) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const { backend, job, process } = place;
  const { env } = process;
  const inFlight = await withSession(place, (session) => readInFlight(session, manifest));
  const snapshot = await openCheckpoint(backend, { job, env, checkpointId });
  try {
    await snapshot.count();
    return await look(snapshot, inFlight);
  } finally {
    await snapshot.close();
  }
}

/**
 * Holds what is stored of a job that is over against what its checkpoints need, once whatever may go is gone.
 *
 * @returns the text of each thing that is left over or missing.
 */
export async function auditStorage(place: JobPlace): Promise<readonly string[]> {
  return await withSession(place, async (session) => {
    const owned = await takeOver(session);
    if (owned === undefined) return [];
    const retained = await epochsOf(session, owned);
    await session.rollback(retained.at(-1)?.epoch ?? 0);
    await session.release(retained);
    const { missing, orphaned } = await session.audit(retained);
    return [
      ...missing.map((name) => `storage: "${name}" is missing, and a checkpoint needs it`),
      ...orphaned.map((name) => `storage: "${name}" is left over, and nothing needs it`),
    ];
  });
}

/**
 * Makes an older retained checkpoint the newest one, as an operator could who repairs a job by hand.
 *
 * @param choose which of so many, from 0, the oldest.
 * @returns its id; `undefined` if there is none but the newest, and nothing was changed.
 */
export async function goBackToOlder(place: JobPlace, choose: (count: number) => number): Promise<number | undefined> {
  return await withSession(place, async ({ head }) => {
    const found = await head.read();
    const before = found === undefined ? undefined : decodeHead(found.bytes);
    if (found === undefined || before === undefined || before.retained.length < 2) return undefined;
    const retained = before.retained.slice(0, 1 + choose(before.retained.length - 1));
    const tag = await head.compareAndSet(found.tag, encodeHead({ ...before, retained }));
    return tag === undefined ? undefined : retained.at(-1)!.checkpointId;
  });
}

async function withSession<T>(
  { backend, job, process: { env } }: JobPlace,
  use: (session: BackendSession) => Promise<T>,
): Promise<T> {
  const session = await backend.open({ name: job, env });
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

async function retainedIn({ head }: BackendSession): Promise<readonly RetainedCheckpoint[]> {
  const found = await head.read();
  return found === undefined ? [] : decodeHead(found.bytes).retained;
}

/** Only who owns a job may clear anything away, as at a start. */
async function takeOver({ head }: BackendSession): Promise<readonly RetainedCheckpoint[] | undefined> {
  const found = await head.read();
  if (found === undefined) return undefined;
  const before = decodeHead(found.bytes);
  const tag = await head.compareAndSet(found.tag, encodeHead({ ...before, generation: before.generation + 1 }));
  if (tag === undefined) throw new Error("somebody else has taken the job over");
  return before.retained;
}

async function epochsOf(
  { manifests }: BackendSession,
  retained: readonly RetainedCheckpoint[],
): Promise<readonly RetainedEpoch[]> {
  return await Promise.all(
    retained.map(async ({ checkpointId, manifest }) => {
      const bytes = await manifests.read(manifest);
      if (bytes === undefined) throw new Error(`the manifest "${manifest}" is gone`);
      const handles = decodeManifest(manifest, bytes).stores.map(({ handle }) => handle);
      return { epoch: checkpointId, manifest, handles };
    }),
  );
}
