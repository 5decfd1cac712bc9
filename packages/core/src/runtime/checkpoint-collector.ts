import { assert } from "../assert.ts";
import type { Manifest, OperatorState, PendingCommit, SealedState, SplitPosition } from "../checkpoint/manifest.ts";
import type { Plan, Stage } from "../graph/plan.ts";
import { KEY_HASH_VERSION, keyGroupRange } from "../state/key-groups.ts";
import { gatherParts, type StateItems } from "../state/operator-state/stored.ts";
import type { SubtaskSnapshot } from "./snapshot-writer.ts";
import type { Overtaking } from "./unaligned.ts";

interface Collected {
  readonly enumerators: Map<string, Uint8Array>;
  readonly splits: Map<string, SplitPosition[]>;
  readonly drained: boolean;
  readonly parts: { readonly stage: Stage; readonly subtask: number; readonly snapshot: SubtaskSnapshot }[];
}

/** Gathers what enumerators, readers and subtasks report for a checkpoint, and makes its manifest of it. */
export class CheckpointCollector {
  readonly #plan: Plan;
  #generation: number;
  readonly #origin: string | undefined;
  readonly #overtaking: Overtaking | undefined;
  readonly #collected = new Map<number, Collected>();

  /** @param origin the savepoint that the job began with on this backend, by its identity. */
  constructor(plan: Plan, generation: number, origin?: string, overtaking?: Overtaking) {
    this.#plan = plan;
    this.#generation = generation;
    this.#origin = origin;
    this.#overtaking = overtaking;
  }

  /** A region stages things under a newer generation from now on. */
  drawn(generation: number): void {
    this.#generation = generation;
  }

  /** @param drained whether some source was ended before its time. */
  begin(checkpointId: number, drained: boolean = false): void {
    this.#collected.set(checkpointId, { drained, enumerators: new Map(), splits: new Map(), parts: [] });
  }

  /** Forgets a checkpoint that will not complete. What still comes in for it is dropped. */
  drop(checkpointId: number): void {
    this.#collected.delete(checkpointId);
  }

  enumerator(checkpointId: number, sourceId: string, state: Uint8Array): void {
    this.#collected.get(checkpointId)?.enumerators.set(sourceId, state);
  }

  splits(checkpointId: number, sourceId: string, splits: readonly SplitPosition[]): void {
    const collected = this.#collected.get(checkpointId);
    if (collected === undefined) return;
    collected.splits.set(sourceId, [...(collected.splits.get(sourceId) ?? []), ...splits]);
  }

  subtask(checkpointId: number, stage: Stage, subtask: number, snapshot: SubtaskSnapshot): void {
    this.#collected.get(checkpointId)?.parts.push({ stage, subtask, snapshot });
  }

  /** The manifest of a checkpoint that everybody has reported for, and the bytes of its entries. */
  build(checkpointId: number): { readonly manifest: Manifest; readonly bytes: number } {
    const collected = this.#collected.get(checkpointId);
    assert(collected !== undefined, `checkpoint ${checkpointId} was not begun, or was dropped`);
    this.#collected.delete(checkpointId);
    const manifest: Manifest = {
      job: this.#plan.name,
      checkpointId,
      generation: this.#generation,
      keyGroups: this.#plan.keyGroups,
      keyHashVersion: KEY_HASH_VERSION,
      sources: [...collected.enumerators].map(([sourceId, enumerator]) => ({
        sourceId,
        enumerator,
        splits: collected.splits.get(sourceId) ?? [],
        parallelism: this.#plan.stages.find(({ nodes }) => nodes[0]?.node.id === sourceId)?.parallelism ?? 0,
      })),
      operators: keyedStates(collected),
      ...operatorStates(collected),
      sinks: sinkStates(collected),
      stores: this.#sealedStates(collected),
      ...(collected.drained ? { drained: true } : {}),
      ...(this.#origin === undefined ? {} : { origin: this.#origin }),
      ...this.#inFlight(collected),
    };
    let bytes = 0;
    for (const { snapshot } of collected.parts) {
      bytes += snapshot.inFlight.reduce((sum, object) => sum + object.bytes, snapshot.bytes);
    }
    return { manifest, bytes };
  }

  #inFlight({ parts }: Collected): Pick<Manifest, "inFlight"> {
    const objects = parts.flatMap(({ snapshot }) => snapshot.inFlight);
    if (objects.length === 0 || this.#overtaking === undefined) return {};
    return { inFlight: { ...this.#overtaking.stateOf(this.#plan), objects } };
  }

  #sealedStates(collected: Collected): readonly SealedState[] {
    return collected.parts.flatMap(({ stage, subtask, snapshot }) => {
      if (snapshot.handle === undefined) return [];
      const keyGroups = keyGroupRange(subtask, stage.parallelism, this.#plan.keyGroups);
      return [{ operators: statefulOperators(stage), keyGroups, handle: snapshot.handle }];
    });
  }
}

/** The ids of a stage's operators that keep keyed state. */
export function statefulOperators(stage: Stage): readonly string[] {
  return stage.nodes.flatMap(({ node }) => (node.work.kind === "operator" && node.work.stateful ? [node.id] : []));
}

function keyedStates({ parts }: Collected): readonly OperatorState[] {
  const watermarks = new Map<string, OperatorState["watermarks"][number][]>();
  for (const { snapshot } of parts) {
    for (const operator of snapshot.operators) {
      if (operator.watermarks === undefined) continue;
      watermarks.set(operator.operatorId, [...(watermarks.get(operator.operatorId) ?? []), ...operator.watermarks]);
    }
  }
  return [...watermarks].map(([operatorId, reached]) => {
    const states = statesOf(parts, operatorId);
    return { operatorId, ...(states === undefined ? {} : { states }), watermarks: reached };
  });
}

/** What the subtasks of an operator declare: all the same. */
function statesOf(parts: Collected["parts"], operatorId: string): OperatorState["states"] {
  for (const { snapshot } of parts) {
    const states = snapshot.operators.find((operator) => operator.operatorId === operatorId)?.states;
    if (states !== undefined) return states;
  }
  return undefined;
}

function operatorStates({ parts }: Collected): Pick<Manifest, "operatorStates"> {
  const kept = new Map<
    string,
    { readonly stage: Stage; readonly subtask: number; readonly states: readonly StateItems[] }[]
  >();
  for (const { stage, subtask, snapshot } of parts) {
    for (const { operatorId, operatorStates: states } of snapshot.operators) {
      if (states !== undefined) kept.set(operatorId, [...(kept.get(operatorId) ?? []), { stage, subtask, states }]);
    }
  }
  if (kept.size === 0) return {};
  const gathered = [...kept].map(([id, of]) => gatherParts(id, of[0]?.stage.parallelism ?? 0, of));
  return { operatorStates: gathered.toSorted((a, b) => (a.operatorId < b.operatorId ? -1 : 1)) };
}

function sinkStates({ parts }: Collected): Manifest["sinks"] {
  const committables = new Map<string, PendingCommit[]>();
  for (const { subtask, snapshot } of parts) {
    for (const operator of snapshot.operators) {
      if (operator.committables === undefined) continue;
      const held = operator.committables.map(({ checkpointId, bytes }) => ({ checkpointId, subtask, bytes }));
      committables.set(operator.operatorId, [...(committables.get(operator.operatorId) ?? []), ...held]);
    }
  }
  return [...committables].map(([sinkId, held]) => ({
    sinkId,
    committables: held.toSorted((one, other) => one.checkpointId - other.checkpointId || one.subtask - other.subtask),
  }));
}
