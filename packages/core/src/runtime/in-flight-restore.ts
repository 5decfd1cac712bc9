import { decodeInFlight, type EdgeName, type InFlightContent, type InFlightState } from "../checkpoint/in-flight.ts";
import type { Manifest } from "../checkpoint/manifest.ts";
import { CheckpointError, StateError } from "../errors.ts";
import { type Partitioning, setsAside } from "../graph/logical.ts";
import type { Plan, Stage } from "../graph/plan.ts";
import type { Batch } from "../operators/batch.ts";
import { userCodeError } from "../operators/user-code.ts";
import type { ManifestStore } from "../state/backend.ts";
import { keyGroupOf, subtaskOfKeyGroup } from "../state/key-groups.ts";
import { decodeValue } from "../state/value-codec.ts";
import { KEYLESS_TARGET } from "./edge-writer.ts";
import { edgeNameOf, shapeOf } from "./in-flight-edges.ts";
import type { Topology } from "./topology.ts";

/** Where records in flight are put back. */
export interface InFlightTarget {
  readonly plan: Plan;
  /** The stages that are restored: what was on its way between others is passed over. */
  readonly stages: readonly Stage[];
  readonly topology: Topology;
}

/**
 * Puts the records that were in flight back to where they were, before anything else comes. At another parallelism they
 * go to whoever owns their key now, or in turn, each channel in its order.
 *
 * @throws {StateError} STATE_INCOMPATIBLE if they are another pipeline's.
 * @throws {CheckpointError} CHECKPOINT_MISSING or CHECKPOINT_CORRUPT.
 */
export async function restoreInFlight(
  manifests: ManifestStore,
  manifest: Manifest,
  { plan, stages, topology }: InFlightTarget,
): Promise<void> {
  const state = manifest.inFlight;
  if (state === undefined) return;
  checkShape(manifest, plan, state);
  const readers = new Set(stages.flatMap(({ nodes }) => nodes.map(({ node }) => node.id)));
  const places = new Map<string, Place>();
  let channels = 0;
  for (const { name } of state.objects) {
    const bytes = await manifests.read(name);
    if (bytes === undefined) throw missing(manifest, name);
    for (const content of decodeInFlight(name, bytes)) {
      if (!readers.has(content.channel.to)) continue;
      const key = JSON.stringify(content.channel);
      let place = places.get(key);
      if (place === undefined) {
        place = placeOf(content, manifest, state, plan, topology, channels++);
        places.set(key, place);
      }
      restoreContent(content, place);
    }
  }
}

/** Where the elements of one restored channel go. */
interface Place {
  readonly batch: (batch: Batch) => void;
  /** `undefined`: at another parallelism no watermark of a channel holds for those that take its place. */
  readonly watermark: ((time: number) => void) | undefined;
}

function restoreContent({ elements }: InFlightContent, place: Place): void {
  for (const element of elements) {
    if (element.kind === "watermark") {
      place.watermark?.(element.time);
      continue;
    }
    const [values, timestamps] = decodeValue(element.bytes) as [readonly unknown[], readonly number[]];
    place.batch({ values, timestamps });
  }
}

function placeOf(
  { channel }: InFlightContent,
  manifest: Manifest,
  state: InFlightState,
  plan: Plan,
  topology: Topology,
  turn: number,
): Place {
  const { from, side, to, input, nth } = channel;
  const isIt = (edge: EdgeName): boolean =>
    edge.from === from && edge.side === side && edge.to === to && edge.input === input && edge.nth === nth;
  const stage = plan.stages.find(({ nodes }) => nodes.some(({ node }) => node.id === to)) as Stage;
  const was = state.edges.find(isIt);
  const edge = plan.edges.find((candidate) => isIt(edgeNameOf(candidate)));
  const writers = edge === undefined ? 0 : (plan.stages[edge.fromStage]?.parallelism ?? 0);
  if (edge !== undefined && was?.writers === writers && was.readers === stage.parallelism) {
    const same = topology.channelOf(edge, channel.writer, channel.reader);
    return {
      batch: (batch) => same.restore({ kind: "batch", batch }),
      watermark: isUnchanged(manifest, state, plan) ? (time) => same.restore({ kind: "watermark", time }) : undefined,
    };
  }
  const put = (target: number, batch: Batch): void => {
    if (edge !== undefined) {
      const writer = edge.partitioning.kind === "forward" ? target : channel.writer % writers;
      topology.channelOf(edge, writer, target).restore({ kind: "batch", batch });
      return;
    }
    // The two steps share a subtask now: nothing lies between them.
    const operator = stage.nodes.findIndex(({ node }) => node.id === to);
    topology.instanceOf(stage, target).task.replay(operator, input, batch);
  };
  const partitioning = partitioningOf(stage, channel);
  if (partitioning.kind !== "hash") {
    return { batch: (batch) => put(turn % stage.parallelism, batch), watermark: undefined };
  }
  const { keyOf } = partitioning;
  const takesKeyless = stage.nodes.some(({ node }) => node.id === to && setsAside(node));
  const targetOf = (value: unknown): number => {
    try {
      return subtaskOfKeyGroup(keyGroupOf(keyOf(value), plan.keyGroups), stage.parallelism, plan.keyGroups);
    } catch (error) {
      if (takesKeyless) return KEYLESS_TARGET;
      throw userCodeError(error, to, "the key selector");
    }
  };
  return { batch: (batch) => deal(batch, targetOf, put), watermark: undefined };
}

/** Whether every split is read where it was, and every subtask is there again: then watermarks in flight still hold. */
function isUnchanged({ sources }: Manifest, { edges }: InFlightState, plan: Plan): boolean {
  const parallelismOf = (id: string): number | undefined =>
    plan.stages.find(({ nodes }) => nodes.some(({ node }) => node.id === id))?.parallelism;
  return (
    sources.every(({ sourceId, parallelism }) => parallelism === parallelismOf(sourceId)) &&
    edges.every(({ from, to, writers, readers }) => writers === parallelismOf(from) && readers === parallelismOf(to))
  );
}

function partitioningOf(stage: Stage, { from, side, to, input, nth }: EdgeName): Partitioning {
  const node = stage.nodes.find((candidate) => candidate.node.id === to)?.node;
  const edges = node?.inputs.filter((each) => each.from.id === from && each.side === side && each.input === input);
  return edges?.[nth]?.partitioning ?? { kind: "rebalance" };
}

/** Divides a batch by target; records of one target stay in order. */
function deal(batch: Batch, targetOf: (value: unknown) => number, put: (target: number, batch: Batch) => void): void {
  const parts = new Map<number, { values: unknown[]; timestamps: number[] }>();
  batch.values.forEach((value, index) => {
    const target = targetOf(value);
    const part = parts.get(target) ?? { values: [], timestamps: [] };
    parts.set(target, part);
    part.values.push(value);
    part.timestamps.push(batch.timestamps[index] as number);
  });
  for (const [target, part] of parts) put(target, part);
}

function checkShape({ checkpointId }: Manifest, plan: Plan, { shape }: InFlightState): void {
  if (shape === shapeOf(plan)) return;
  throw new StateError(
    "STATE_INCOMPATIBLE",
    `Cannot restore checkpoint ${checkpointId}: it was taken unaligned and holds records that were between the steps of another pipeline. ` +
      "Run the pipeline it belongs to, stop it (a stop is aligned and leaves none in flight), and change it then",
    { details: { checkpointId } },
  );
}

function missing({ checkpointId }: Manifest, name: string): CheckpointError {
  return new CheckpointError(
    "CHECKPOINT_MISSING",
    `Cannot restore checkpoint ${checkpointId}: its records in flight "${name}" are gone. An older one is never taken in its ` +
      "place: restore the state directory or bucket from a copy; nothing was changed",
    { details: { checkpointId, name } },
  );
}
