/** A random pipeline whose sources end where a checkpoint stands. */
import type { Snapshot } from "@tidemark/core/savepoints";
import type { SimEnumeratorState, SimSplit, TopicLog } from "@tidemark/core/testing";

import type { DagSpec, Rec, StepOf } from "../dag/spec.ts";

/** How the splits of a source are laid out as logs, whose positions need not count their records. */
export type Layout = (
  splits: StepOf<"source">["splits"],
) => Readonly<Record<string, Pick<TopicLog<Rec>, "countBefore">>>;

/** The same pipeline with the records alone that a checkpoint has read. */
export function truncate(spec: DagSpec, snapshot: Pick<Snapshot, "sources">, layout: Layout): DagSpec {
  const sources = snapshot.sources<SimSplit, SimEnumeratorState>();
  return spec.map((step) => {
    if (step.kind !== "source") return step;
    const found = sources.find(({ sourceId }) => sourceId === step.id);
    const { unassigned } = found?.enumerator ?? {};
    // Nobody has looked yet which splits there are.
    if (found === undefined || unassigned === undefined) return { ...step, splits: {} };
    const known = [...unassigned, ...found.splits.map(({ split }) => split)];
    const logs = layout(step.splits);
    const splits = Object.entries(step.splits).map(([id, records]) => {
      const split = known.find((each) => each.id === id);
      // A split that was read to its end is not in a checkpoint any more.
      return [id, split === undefined ? records : records.slice(0, logs[id]!.countBefore(split.position))] as const;
    });
    return { ...step, splits: Object.fromEntries(splits) };
  });
}
