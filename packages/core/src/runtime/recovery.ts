import type { Head } from "../checkpoint/head.ts";
import { decodeManifest, type Manifest } from "../checkpoint/manifest.ts";
import { CheckpointError } from "../errors.ts";
import type { Stage } from "../graph/plan.ts";
import type { BackendSession, KeyRange, StateEntry, StateStore, StoreOptions } from "../state/backend.ts";
import { isTimerState } from "../state/entry-codec.ts";
import { type KeyGroupRange, keyGroupRange } from "../state/key-groups.ts";
import { prefixRange } from "../state/key-range.ts";
import { operatorBytes, operatorPrefix } from "../state/layout.ts";
import type { RestoreReading } from "../state/paging/scan-ranges.ts";
import { statefulOperators } from "./checkpoint-collector.ts";
import type { Subtask } from "./subtask.ts";

/**
 * The manifest of the newest checkpoint that the head lists; `undefined` if it lists none.
 *
 * @throws {CheckpointError} CHECKPOINT_MISSING or CHECKPOINT_CORRUPT: an older one is never taken in its place.
 */
export async function newestManifest(session: BackendSession, head: Head): Promise<Manifest | undefined> {
  const newest = head.retained.at(-1);
  if (newest === undefined) return undefined;
  const bytes = await session.manifests.read(newest.manifest);
  if (bytes === undefined) {
    throw new CheckpointError(
      "CHECKPOINT_MISSING",
      `Cannot restore checkpoint ${newest.checkpointId}: its manifest "${newest.manifest}" is gone. An older one is never taken in its ` +
        "place: restore the state directory or bucket from a copy; nothing was changed",
      { details: { checkpointId: newest.checkpointId, manifest: newest.manifest } },
    );
  }
  const manifest = decodeManifest(newest.manifest, bytes);
  if (manifest.checkpointId !== newest.checkpointId || manifest.generation !== newest.generation) {
    throw new CheckpointError(
      "CHECKPOINT_CORRUPT",
      `Cannot restore checkpoint ${newest.checkpointId} of generation ${newest.generation}: its manifest "${newest.manifest}" is that of ` +
        `checkpoint ${manifest.checkpointId} of generation ${manifest.generation}. Restore the state directory or bucket from a copy; ` +
        "nothing was changed",
      { details: { checkpointId: newest.checkpointId, manifest: newest.manifest, found: manifest.checkpointId } },
    );
  }
  return manifest;
}

/** Where a subtask's state is opened. */
export interface StorePlace {
  readonly session: BackendSession;
  readonly stage: Stage;
  readonly subtask: number;
  readonly keyGroups: number;
  readonly generation: number;
  readonly manifest: Manifest | undefined;
  /** The epoch that the store alone goes back to; `undefined`: it is where the session went back to. */
  readonly epoch?: number | undefined;
}

/** Opens the store of a subtask on what the manifest holds for its operators and key groups; none if it keeps no state. */
export async function openStore(place: StorePlace): Promise<StateStore | undefined> {
  const { session, stage, subtask, keyGroups, generation, manifest, epoch } = place;
  const operators = new Set(statefulOperators(stage));
  if (operators.size === 0) return undefined;
  const range = keyGroupRange(subtask, stage.parallelism, keyGroups);
  const parts = (manifest?.stores ?? []).filter(
    (part) => overlaps(part.keyGroups, range) && part.operators.some((operator) => operators.has(operator)),
  );
  // Stages share key groups, but never an operator.
  const prefixes = [...operators].map(operatorBytes);
  const owner = `${stage.index}-${subtask}`;
  const options: StoreOptions = { owner, generation, keyGroups: range, prefixes, parts };
  return session.openStore(epoch === undefined ? options : { ...options, epoch });
}

/** State may be dead by half and yet fit. What certainly does not is read no further than this: it may be another operator's. */
const DEAD_RATIO = 2;
const PROBE_BYTES = 256 * 1024;

const oneByOne: RestoreReading["scan"] = async function* (store, ranges) {
  for (const range of ranges) yield* store.scan(range);
};

/**
 * Hands a subtask the entries of its operators in its key groups, the watermarks they had reached, and their operator state.
 * Operators that read what they lack get so many bytes of entries: all of it, if it is not more, so that small state is never
 * read one by one. The first record does not wait for a part that would be of little use.
 */
export async function restoreSubtask(
  subtask: Subtask,
  store: StateStore | undefined,
  place: StorePlace,
  { pagedBytes = Infinity, scan = oneByOne }: Partial<RestoreReading> = {},
): Promise<void> {
  const paged = new Set(subtask.pagedOperators());
  const partial = new Set<string>();
  const sealedBytes = store?.sealedBytes?.(place.manifest?.checkpointId ?? 0) ?? 0;
  const readBytes = sealedBytes > DEAD_RATIO * pagedBytes ? Math.min(PROBE_BYTES, pagedBytes) : pagedBytes;
  for (const operator of statefulOperators(place.stage)) {
    if (store === undefined || place.manifest === undefined) continue;
    const limit = paged.has(operator) ? readBytes : Infinity;
    if (await restoreEntries(subtask, scan(store, rangesOf(place, operator)), limit)) continue;
    partial.add(operator);
    // An entry of each state that it no longer declares, if there is one: it is refused as it is where all is read. What a part of
    // the state was read for would never meet it.
    const gone = undeclared(place, operator).flatMap((state) => rangesOf(place, operator, state));
    await restoreEntries(subtask, scan(store, gone), Infinity);
  }
  const { operators = [], operatorStates = [] } = place.manifest ?? {};
  subtask.open(
    place.stage.nodes.map(({ node: { id } }) => ({
      operatorId: id,
      watermarks: operators.find(({ operatorId }) => operatorId === id)?.watermarks ?? [],
      isComplete: !partial.has(id),
      operatorState: operatorStates.find(({ operatorId }) => operatorId === id),
    })),
  );
}

/** @returns whether they had no more bytes than allowed, so that all of them were handed over. */
async function restoreEntries(
  subtask: Subtask,
  slices: AsyncIterable<readonly StateEntry[]>,
  limit: number,
): Promise<boolean> {
  let left = limit;
  for await (const entries of slices) {
    for (const { key, value } of entries) left -= key.length + value.length + ENTRY_BYTES;
    if (left < 0) return false;
    subtask.restore(entries);
  }
  return true;
}

/** Where an operator has its entries, or those of one state, key group by key group. */
function rangesOf({ subtask, stage, keyGroups }: StorePlace, operator: string, state?: string): readonly KeyRange[] {
  const { first, last } = keyGroupRange(subtask, stage.parallelism, keyGroups);
  return Array.from({ length: last - first + 1 }, (_, at) => prefixRange(operatorPrefix(first + at, operator, state)));
}

/** The states that an operator has entries of and no longer declares. */
function undeclared({ stage, manifest }: StorePlace, operator: string): readonly string[] {
  const work = stage.nodes.find(({ node }) => node.id === operator)?.node.work;
  const declared = work?.kind === "operator" ? work.states : undefined;
  const kept = manifest?.operators.find(({ operatorId }) => operatorId === operator)?.states ?? [];
  return kept.flatMap(({ name }) =>
    !isTimerState(name) && declared?.every((state) => state.name !== name) ? [name] : [],
  );
}

/** What an entry takes in memory besides its bytes. */
const ENTRY_BYTES = 300;

function overlaps(one: KeyGroupRange, other: KeyGroupRange): boolean {
  return one.first <= other.last && other.first <= one.last;
}
