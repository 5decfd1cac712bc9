/**
 * What a restore would do, before it is done.
 *
 * @module
 */
import type { Manifest } from "../checkpoint/manifest.ts";
import type { AnySource } from "../connect/source.ts";
import type { StateError } from "../errors.ts";
import type { LogicalNode } from "../graph/logical.ts";
import type { Plan } from "../graph/plan.ts";
import { restoreProblems } from "../runtime/restore-check.ts";
import type { RestoreAllowances } from "../runtime/restore-options.ts";
import type { ImageOperator, ImageState, JobOrigin } from "../savepoints/image.ts";
import { withOperatorStates } from "../savepoints/operator-tally.ts";
import { manifestOfFacts } from "../savepoints/origin.ts";
import { type Snapshot, snapshotOf } from "../savepoints/snapshot.ts";
import type { Pipeline } from "./pipeline.ts";
import { planPipeline, type PlanningOptions } from "./planning.ts";
import { sourcePlans } from "./restore-plan-sources.ts";
import { restorePlanText } from "./restore-plan-text.ts";
import type {
  OperatorPlan,
  RestoreAction,
  RestorePlan,
  RestoreProblem,
  SinkPlan,
  StatePlan,
} from "./restore-plan-types.ts";

/** How a restore is planned: as it will be run. */
export interface RestorePlanOptions extends PlanningOptions, RestoreAllowances {}

/**
 * Says what a restore would do: what is kept, migrated, dealt out anew, dropped and new, where sources go on, and for what it
 * would be refused. `run` refuses exactly what stands in {@link RestorePlan.problems}.
 *
 * @param from `claim` or `fork` of a savepoint, or an open snapshot: of a checkpoint, this counts its entries by reading them.
 *
 * @example
 * ```ts
 * import { savepointDirectory } from "@tidemark/connectors/file";
 * import type { Pipeline } from "@tidemark/core";
 * import { claim, planRestore } from "@tidemark/core/savepoints";
 *
 * export async function mayGoOn(job: Pipeline): Promise<boolean> {
 *   const plan = await planRestore(job, claim(savepointDirectory("./savepoints/one")), { parallelism: 4 });
 *   console.log(String(plan));
 *   return plan.isSafe;
 * }
 * ```
 */
export async function planRestore(
  pipeline: Pipeline,
  from: JobOrigin | Snapshot,
  options: RestorePlanOptions = {},
): Promise<RestorePlan> {
  const plan = planPipeline(pipeline.graph, options);
  if (!("manifestOf" in from)) {
    const manifest = manifestOfFacts({ ...from.image.facts, operators: await from.count() }, idsOf(plan));
    return planOf(from, manifest, plan, { ...options, foreign: false, rename: {} });
  }
  const image = await from.open();
  try {
    const manifest = from.manifestOf(image, idsOf(plan));
    return await planOf(snapshotOf(image), manifest, plan, { ...options, foreign: from.foreign, rename: from.rename });
  } finally {
    await image.close();
  }
}

interface Planning extends RestoreAllowances {
  readonly foreign: boolean;
  readonly rename: Readonly<Record<string, string>>;
}

async function planOf(snapshot: Snapshot, manifest: Manifest, plan: Plan, planning: Planning): Promise<RestorePlan> {
  const { rename, ...check } = planning;
  const problems = restoreProblems({ ...check, manifest, plan, name: snapshot.name }).map(
    ({ code, message }: StateError): RestoreProblem => ({ code, message }),
  );
  const former = new Map(Object.entries(rename).map(([before, after]) => [after, before]));
  const actionOf = (id: string, isThere: boolean): RestoreAction => {
    if (isThere) return "kept";
    return planning.allowUnmapped?.includes(id) === true ? "dropped" : "refused";
  };
  const nodes = nodesOf(plan);
  const kept = new Set([...manifest.operators, ...keptBySubtasks(manifest)].map(({ operatorId }) => operatorId));
  const stored = withOperatorStates(await snapshot.count(), snapshot.image.facts.operatorStates);
  const operators = [
    ...stored.map((operator) => {
      const placed = nodes.get(operator.operatorId);
      const there = placed !== undefined && keepsState(placed) ? placed : undefined;
      // Without entries it can go without anybody being asked.
      const action = kept.has(operator.operatorId) ? actionOf(operator.operatorId, there !== undefined) : "dropped";
      return operatorPlan(operator, action, there, former);
    }),
    ...[...nodes.values()]
      .filter(keepsState)
      .filter(({ node }) => stored.every(({ operatorId }) => operatorId !== node.id))
      .map((placed) => newOperator(placed)),
  ];
  const result: RestorePlan = {
    snapshot: snapshot.name,
    job: { before: manifest.job, after: plan.name },
    checkpointId: manifest.checkpointId,
    takenAt: snapshot.takenAt,
    keyGroups: { count: manifest.keyGroups, adopted: manifest.keyGroups !== plan.keyGroups },
    operators,
    sources: await sourcePlans(snapshot, { sources: sourcesOf(nodes), actionOf, former }),
    sinks: sinkPlans(snapshot, manifest, nodes, actionOf, former),
    problems,
    isSafe: problems.length === 0,
    toString: () => restorePlanText(result),
  };
  return result;
}

/** Whether a step keeps anything, by key or by subtask. */
function keepsState({ node: { work } }: Placed): boolean {
  return work.kind === "operator" && (work.stateful || (work.operatorStates ?? []).length > 0);
}

function keptBySubtasks({ operatorStates = [] }: Manifest): NonNullable<Manifest["operatorStates"]> {
  return operatorStates.filter(({ states }) => states.some(({ parts }) => parts.length > 0));
}

interface Placed {
  readonly node: LogicalNode;
  readonly parallelism: number;
}

type ActionOf = (id: string, isThere: boolean) => RestoreAction;
type Former = ReadonlyMap<string, string>;

function nodesOf(plan: Plan): ReadonlyMap<string, Placed> {
  const placed = plan.stages.flatMap(({ nodes, parallelism }) => nodes.map(({ node }) => ({ node, parallelism })));
  return new Map(placed.map((each) => [each.node.id, each]));
}

function idsOf(plan: Plan): ReadonlySet<string> {
  return new Set(nodesOf(plan).keys());
}

function sourcesOf(nodes: ReadonlyMap<string, Placed>): ReadonlyMap<string, AnySource<unknown>> {
  return new Map(
    [...nodes].flatMap(([id, { node }]) => (node.work.kind === "source" ? [[id, node.work.source] as const] : [])),
  );
}

function operatorPlan(
  operator: ImageOperator,
  action: RestoreAction,
  placed: Placed | undefined,
  former: Former,
): OperatorPlan {
  const { operatorId, watermarks } = operator;
  const before = operator.parallelism;
  const after = placed?.parallelism ?? 0;
  const states = statePlans(operator.states, action, placed === undefined ? undefined : declaredBy(placed.node));
  return {
    operatorId,
    formerId: former.get(operatorId),
    action: action === "kept" && states.some((state) => state.action === "migrated") ? "migrated" : action,
    parallelism: { before, after },
    repartitioned: placed !== undefined && before !== 0 && before !== after,
    states,
    keys: operator.keys ?? 0,
    entries: states.reduce((sum, { entries }) => sum + entries, 0),
    bytes: states.reduce((sum, { bytes }) => sum + bytes, 0),
    watermark: watermarks.reduce(
      (least, { watermark }) => Math.min(least, watermark),
      watermarks.length === 0 ? -Infinity : Infinity,
    ),
  };
}

function newOperator({ node, parallelism }: Placed): OperatorPlan {
  return {
    operatorId: node.id,
    formerId: undefined,
    action: "new",
    parallelism: { before: 0, after: parallelism },
    repartitioned: false,
    states: statePlans([], "kept", declaredBy(node)),
    keys: 0,
    entries: 0,
    bytes: 0,
    watermark: -Infinity,
  };
}

/** What a step declares of a state. */
interface DeclaredState {
  readonly name: string;
  readonly kind: string;
  readonly version: number;
}

/** `undefined`: it does not tell. Timers are not declared; every operator has them. */
function declaredBy({ work }: LogicalNode): readonly DeclaredState[] | undefined {
  if (work.kind !== "operator") return undefined;
  const { states, operatorStates, stateful } = work;
  if (stateful && states === undefined) return undefined;
  return [...(states ?? []), ...(operatorStates ?? [])];
}

function statePlans(
  stored: readonly ImageState[],
  action: RestoreAction,
  declared: readonly DeclaredState[] | undefined,
): readonly StatePlan[] {
  const found = stored.map((state): StatePlan => {
    const now = declared?.find(({ name }) => name === state.name);
    const { name, kind, keys, entries = 0, bytes = 0, versions = [state.version] } = state;
    return {
      name,
      action: stateAction(state, action, now, declared),
      kind,
      versions,
      version: now?.version,
      keys,
      entries,
      bytes,
    };
  });
  const others = (declared ?? []).filter(({ name }) => stored.every((state) => state.name !== name));
  const added = others.map(({ name, kind, version }): StatePlan => {
    return { name, action: "new", kind, versions: [], version, keys: undefined, entries: 0, bytes: 0 };
  });
  return [...found, ...added];
}

function stateAction(
  { kind, version, versions = [version], entries = 0 }: ImageState,
  action: RestoreAction,
  now: DeclaredState | undefined,
  declared: readonly DeclaredState[] | undefined,
): RestoreAction {
  if (action !== "kept" || declared === undefined || kind === "timers") return action;
  if (now === undefined) return entries === 0 ? "dropped" : "refused";
  if (now.kind !== kind) return "refused";
  return versions.every((each) => each === now.version) ? "kept" : "migrated";
}

function sinkPlans(
  snapshot: Snapshot,
  manifest: Manifest,
  nodes: ReadonlyMap<string, Placed>,
  actionOf: ActionOf,
  former: Former,
): readonly SinkPlan[] {
  const stored = snapshot.image.facts.sinks;
  const kept = stored.map(({ sinkId, committables }): SinkPlan => {
    const isThere = nodes.get(sinkId)?.node.work.kind === "sink";
    const pending = manifest.sinks.find((sink) => sink.sinkId === sinkId)?.committables.length ?? 0;
    const action = isThere || pending > 0 ? actionOf(sinkId, isThere) : "dropped";
    const committed = action === "kept" ? pending : 0;
    return { sinkId, formerId: former.get(sinkId), action, committed, dropped: committables.length - committed };
  });
  const added = [...nodes.values()]
    .filter(({ node }) => node.work.kind === "sink" && stored.every(({ sinkId }) => sinkId !== node.id))
    .map(({ node }): SinkPlan => ({ sinkId: node.id, formerId: undefined, action: "new", committed: 0, dropped: 0 }));
  return [...kept, ...added];
}
