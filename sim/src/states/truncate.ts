/** A random pipeline whose sources end where a checkpoint stands. */
import type { Snapshot } from "@tidemark/core/savepoints";
import type { SimEnumeratorState, SimSplit } from "@tidemark/core/testing";

import type { DagSpec } from "../dag/spec.ts";

/** The same pipeline with the records alone that a checkpoint has read. */
export function truncate(spec: DagSpec, snapshot: Pick<Snapshot, "sources">): DagSpec {
  const sources = snapshot.sources<SimSplit, SimEnumeratorState>();
  return spec.map((step) => {
    if (step.kind !== "source") return step;
    const found = sources.find(({ sourceId }) => sourceId === step.id);
    const { unassigned } = found?.enumerator ?? {};
    // Nobody has looked yet which splits there are.
    if (found === undefined || unassigned === undefined) return { ...step, splits: {} };
    const known = [...unassigned, ...found.splits.map(({ split }) => split)];
    const splits = Object.entries(step.splits).map(([id, records]) => {
      // A split that was read to its end is not in a checkpoint any more.
      const position = known.find((split) => split.id === id)?.position ?? records.length;
      return [id, records.slice(0, position)] as const;
    });
    return { ...step, splits: Object.fromEntries(splits) };
  });
}
