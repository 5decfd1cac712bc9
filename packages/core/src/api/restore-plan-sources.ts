import type { AnySource, SourceRemainder } from "../connect/source.ts";
import type { Snapshot, SnapshotSource } from "../savepoints/snapshot.ts";
import type { RestoreAction, SourcePlan, SplitPlan } from "./restore-plan-types.ts";

/** What a plan has to know of the pipeline to plan its sources. */
export interface PlannedSources {
  /** The sources of the pipeline by their ids. */
  readonly sources: ReadonlyMap<string, AnySource<unknown>>;
  /** What becomes of a step of the snapshot, by whether the pipeline has it. */
  readonly actionOf: (id: string, isThere: boolean) => RestoreAction;
  /** The ids before a rename by those after it. */
  readonly former: ReadonlyMap<string, string>;
}

/** Where each source goes on, and what it has still to read, as far as it can tell. */
export async function sourcePlans(snapshot: Snapshot, planned: PlannedSources): Promise<readonly SourcePlan[]> {
  const { sources, actionOf, former } = planned;
  const stored = snapshot.sources();
  const kept = stored.map(async ({ sourceId, splits }): Promise<SourcePlan> => {
    const source = sources.get(sourceId);
    const positions = await splitPlans(source, splits);
    return {
      sourceId,
      formerId: former.get(sourceId),
      action: actionOf(sourceId, source !== undefined),
      splits: positions,
      remaining: sumOf(positions),
    };
  });
  const added = [...sources.keys()]
    .filter((id) => stored.every(({ sourceId }) => sourceId !== id))
    .map((sourceId): SourcePlan => {
      return { sourceId, formerId: undefined, action: "new", splits: [], remaining: undefined };
    });
  return [...(await Promise.all(kept)), ...added];
}

/** One after the other: there may be many, and each may be a question to a disk. */
async function splitPlans(
  source: AnySource<unknown> | undefined,
  splits: SnapshotSource["splits"],
): Promise<readonly SplitPlan[]> {
  const plans: SplitPlan[] = [];
  for (const position of splits) {
    plans.push({ ...position, remaining: await source?.remaining?.(position.split) });
  }
  return plans;
}

function sumOf(splits: readonly SplitPlan[]): SourceRemainder | undefined {
  if (splits.length === 0) return undefined;
  const sum = (unit: keyof SourceRemainder): number =>
    splits.reduce((total, { remaining }) => total + (remaining?.[unit] ?? NaN), 0);
  const records = sum("records");
  const bytes = sum("bytes");
  if (Number.isNaN(records) && Number.isNaN(bytes)) return undefined;
  return { ...(Number.isNaN(records) ? {} : { records }), ...(Number.isNaN(bytes) ? {} : { bytes }) };
}
