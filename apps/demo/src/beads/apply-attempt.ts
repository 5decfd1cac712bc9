import { broken } from "./broken.ts";
import { EMPTY_LANES, type Model, safeSnapshot, type SinkModel } from "./model.ts";

/** Everything in memory is gone. What is shown of it stays on the screen until the next attempt begins. */
export function crash(model: Model): Model {
  const { sources } = model;
  return {
    ...model,
    phase: "crashed",
    crashes: model.crashes + 1,
    readBefore: { fast: sources.fast.read, slow: sources.slow.read },
  };
}

/** An attempt begins, from the last complete checkpoint. */
export function restore(model: Model, attempt: number, restoredFrom: number | undefined): Model {
  if (model.phase === "running") throw broken(`attempt ${attempt} began while attempt ${model.attempt} was running`);
  const newest = model.completed.at(-1);
  if (restoredFrom !== newest) {
    throw broken(
      `attempt ${attempt} began from checkpoint ${restoredFrom ?? "none"}, and the newest is ${newest ?? "none"}`,
    );
  }
  const snapshot = safeSnapshot(model);
  const { positions = {}, sums = {} } = snapshot ?? {};
  return {
    ...model,
    phase: "running",
    attempt,
    sources: {
      fast: { read: positions.fast ?? 0, ended: false },
      slow: { read: positions.slow ?? 0, ended: false },
    },
    sums: { even: sums.even ?? 0, odd: sums.odd ?? 0 },
    lanes: EMPTY_LANES,
    sinks: { even: cleared(model.sinks.even, newest), odd: cleared(model.sinks.odd, newest) },
    underway: undefined,
    snapshots: snapshot === undefined ? [] : [snapshot],
  };
}

/** Rows of the complete checkpoint stay; all others will be made again. */
function cleared({ sealed, committed }: SinkModel, newest: number | undefined): SinkModel {
  return { open: [], sealed: sealed.filter(({ checkpointId }) => checkpointId <= (newest ?? 0)), committed };
}
