import { broken } from "./broken.ts";
import type { Model, Snapshot, Underway } from "./model.ts";
import { lanesInto, nameOf, PARITIES, type Place, type PlaceName, PLACES } from "./places.ts";

/** A checkpoint begins. */
export function trigger(model: Model, checkpointId: number): Model {
  const { underway } = model;
  if (underway !== undefined) {
    throw broken(`checkpoint ${checkpointId} began while ${underway.checkpointId} was under way`);
  }
  return {
    ...model,
    underway: { checkpointId, frozen: [], acknowledged: [], manifest: false, head: false },
    snapshots: [...model.snapshots, { checkpointId, positions: {}, sums: {} }],
  };
}

/** A subtask has the barriers of all its inputs, and its state is set aside as it is. */
export function freeze(model: Model, place: Place, checkpointId: number): Model {
  const underway = expected(model, checkpointId);
  const missing = lanesInto(place).find((lane) => model.lanes[lane].passed !== checkpointId);
  if (missing !== undefined) {
    throw broken(
      `${nameOf(place)} took its snapshot of checkpoint ${checkpointId} without the barrier of channel ${missing}`,
    );
  }
  const next: Model = { ...model, underway: { ...underway, frozen: [...underway.frozen, nameOf(place)] } };
  switch (place.kind) {
    case "source":
      return withSnapshot(next, checkpointId, ({ positions }) => ({
        positions: { ...positions, [place.source]: model.sources[place.source].read },
      }));
    case "sum":
      return withSnapshot(next, checkpointId, ({ sums }) => ({
        sums: { ...sums, [place.parity]: model.sums[place.parity] },
      }));
    case "sink": {
      const { open, sealed, committed } = model.sinks[place.parity];
      const sink = { open: [], sealed: [...sealed, { checkpointId, rows: open }], committed };
      return { ...next, sinks: { ...model.sinks, [place.parity]: sink } };
    }
  }
}

export function acknowledge(model: Model, place: PlaceName, checkpointId: number): Model {
  const underway = expected(model, checkpointId);
  if (!underway.frozen.includes(place)) {
    throw broken(`${place} acknowledged checkpoint ${checkpointId} without a snapshot`);
  }
  if (underway.acknowledged.includes(place)) throw broken(`${place} acknowledged checkpoint ${checkpointId} twice`);
  return { ...model, underway: { ...underway, acknowledged: [...underway.acknowledged, place] } };
}

export function manifestWritten(model: Model, checkpointId: number): Model {
  const underway = expected(model, checkpointId);
  const missing = PLACES.filter((place) => !underway.acknowledged.includes(place));
  if (missing.length > 0) {
    throw broken(`the manifest of checkpoint ${checkpointId} was written before ${missing.join(", ")} acknowledged`);
  }
  return { ...model, underway: { ...underway, manifest: true } };
}

export function headWritten(model: Model, checkpointId: number): Model {
  const underway = expected(model, checkpointId);
  if (!underway.manifest) throw broken(`the head names checkpoint ${checkpointId}, which has no manifest`);
  return { ...model, underway: { ...underway, head: true } };
}

export function complete(model: Model, checkpointId: number): Model {
  if (!expected(model, checkpointId).head) {
    throw broken(`checkpoint ${checkpointId} completed, and the head does not name it`);
  }
  const snapshots = model.snapshots.filter((snapshot) => snapshot.checkpointId === checkpointId);
  return { ...model, underway: undefined, snapshots, completed: [...model.completed, checkpointId] };
}

/** Rows become visible: those of this checkpoint and of those before it. Once more, after a restart, changes nothing. */
export function commit(model: Model, checkpointId: number): Model {
  if (!model.completed.includes(checkpointId)) {
    throw broken(`rows of checkpoint ${checkpointId} were committed, and it is not complete`);
  }
  const sinks = { ...model.sinks };
  for (const parity of PARITIES) {
    const { open, sealed, committed } = sinks[parity];
    const due = sealed.filter((rows) => rows.checkpointId <= checkpointId);
    sinks[parity] = {
      open,
      sealed: sealed.filter((rows) => rows.checkpointId > checkpointId),
      committed: [...committed, ...due.flatMap(({ rows }) => rows)],
    };
  }
  return { ...model, sinks };
}

function expected({ underway }: Model, checkpointId: number): Underway {
  if (underway?.checkpointId === checkpointId) return underway;
  throw broken(`something happened for checkpoint ${checkpointId}, which is not under way`);
}

function withSnapshot(model: Model, checkpointId: number, change: (snapshot: Snapshot) => Partial<Snapshot>): Model {
  const snapshots = model.snapshots.map((snapshot) =>
    snapshot.checkpointId === checkpointId ? { ...snapshot, ...change(snapshot) } : snapshot,
  );
  return { ...model, snapshots };
}
