import type { AnySource } from "../connect/source.ts";
import { assert } from "../assert.ts";
import type { SplitPosition } from "../checkpoint/manifest.ts";
import type { Env } from "../env/env.ts";
import type { EventTimeSpec } from "../graph/logical.ts";
import type { Plan, PlanEdge, Stage } from "../graph/plan.ts";
import { AlignmentGroup, type AlignmentMember } from "../time/alignment-group.ts";
import { Channel } from "./channel.ts";
import type { Executor } from "./executor.ts";
import { Gate, type GateChannel } from "./gate.ts";
import { type OutputEdge, Outputs } from "./outputs.ts";
import type { RecordBudget } from "./record-budget.ts";
import { SourceDriver } from "./source-driver.ts";
import type { SubtaskPlace } from "./stage-subtask.ts";
import type { Subtask } from "./subtask.ts";
import { Task } from "./task.ts";
import type { SubtaskName, TraceListener } from "./trace.ts";

/** Makes a subtask that talks to a port: in the same heap, or by way of bytes. */
export type SubtaskFactory = (place: SubtaskPlace, port: Outputs) => Subtask;

/** One subtask with what drives it. */
export interface Instance {
  /** Its number among all subtasks of the job. */
  readonly index: number;
  readonly stage: Stage;
  readonly subtaskIndex: number;
  readonly at: SubtaskName;
  readonly task: Task;
  readonly subtask: Subtask;
  readonly input: Gate | SourceDriver;
}

/** What the subtasks of an attempt report to. */
export interface TopologyEvents {
  readonly frozen: (instance: Instance, checkpointId: number) => void;
  readonly splits: (sourceId: string, checkpointId: number, splits: readonly SplitPosition[]) => void;
  readonly requestTaken: (instance: Instance) => void;
  readonly ended: (instance: Instance) => void;
  readonly droppedLate: (records: number) => void;
  readonly fail: (error: unknown) => void;
}

/** What a topology is built from. */
export interface TopologyOptions {
  readonly plan: Plan;
  readonly env: Env;
  readonly generation: number;
  readonly channelRecords: number;
  readonly executor: Executor;
  readonly budget: RecordBudget;
  readonly createSubtask: SubtaskFactory;
  readonly trace: TraceListener | undefined;
  readonly events: TopologyEvents;
}

/** A source of the plan. */
export interface PlannedSource {
  readonly sourceId: string;
  readonly source: AnySource<unknown>;
  readonly eventTime: EventTimeSpec | undefined;
  readonly deadLetters: string | undefined;
}

/** The source that a stage begins with; `undefined` if it has a gate. */
export function sourceOf(stage: Stage): PlannedSource | undefined {
  const head = stage.nodes[0]?.node;
  if (head?.work.kind !== "source") return undefined;
  const { source, eventTime, deadLetters } = head.work;
  return { sourceId: head.id, source, eventTime, deadLetters };
}

/** Lays the channels of a plan and puts a driven subtask at every end of them. */
export function buildTopology(options: TopologyOptions): readonly Instance[] {
  const { plan } = options;
  const groups = new Map<string, AlignmentGroup>();
  const channels = new Map<PlanEdge, readonly (readonly (Channel | undefined)[])[]>();
  for (const edge of plan.edges) channels.set(edge, layChannels(edge, plan, options.channelRecords));
  const instances: Instance[] = [];
  for (const stage of plan.stages) {
    for (let subtask = 0; subtask < stage.parallelism; subtask++) {
      const incoming = stage.inputs.flatMap((edge): GateChannel[] =>
        (channels.get(edge) ?? []).flatMap((row) => {
          const channel = row[subtask];
          return channel === undefined ? [] : [{ channel, input: edge.input }];
        }),
      );
      const outgoing = stage.outputs.map((edge): OutputEdge => ({
        index: edge.index,
        channels: channels.get(edge)?.[subtask] ?? [],
      }));
      instances.push(buildInstance(options, { stage, subtask, index: instances.length, incoming, outgoing, groups }));
    }
  }
  return instances;
}

/** By writing subtask, then by reading subtask. A forward edge joins only subtasks of the same number. */
function layChannels(edge: PlanEdge, plan: Plan, limit: number): readonly (readonly (Channel | undefined)[])[] {
  const from = plan.stages[edge.fromStage] as Stage;
  const to = plan.stages[edge.toStage] as Stage;
  return Array.from({ length: from.parallelism }, (_writer, writer) =>
    Array.from({ length: to.parallelism }, (_reader, reader) =>
      edge.partitioning.kind === "forward" && writer !== reader
        ? undefined
        : new Channel({ stage: from.name, subtask: writer }, limit),
    ),
  );
}

interface InstancePlace {
  readonly stage: Stage;
  readonly subtask: number;
  readonly index: number;
  readonly incoming: readonly GateChannel[];
  readonly outgoing: readonly OutputEdge[];
  /** Of sources whose event times are kept together, by name. */
  readonly groups: Map<string, AlignmentGroup>;
}

function buildInstance(options: TopologyOptions, place: InstancePlace): Instance {
  const { env, executor, events, trace } = options;
  const { stage, incoming, outgoing } = place;
  const at: SubtaskName = { stage: stage.name, subtask: place.subtask };
  const wake = (): void => executor.wake(task);
  const outputs = new Outputs(outgoing, (requestId) => task.requestEnded(requestId), events.droppedLate);
  const input =
    sourceOf(stage) === undefined
      ? new Gate({ at, channels: incoming, env, trace })
      : sourceInput(options, stage, at, place.groups, wake);
  const task: Task = new Task({
    at,
    env,
    input,
    outputs,
    trace,
    wake,
    frozen: (checkpointId) => events.frozen(instance, checkpointId),
    requestTaken: () => events.requestTaken(instance),
    ended: () => events.ended(instance),
  });
  for (const { channel } of incoming) channel.onElement(wake);
  for (const edge of outgoing) for (const channel of edge.channels) channel?.onRoom(wake);
  const subtask = options.createSubtask(
    {
      job: options.plan.name,
      stage,
      parallelismOf: (index) => options.plan.stages[index]?.parallelism ?? 0,
      subtask: place.subtask,
      keyGroups: options.plan.keyGroups,
      generation: options.generation,
      env,
    },
    outputs,
  );
  const instance: Instance = { index: place.index, stage, subtaskIndex: place.subtask, at, task, subtask, input };
  return instance;
}

/** The place of a source among those it is kept together with. */
function memberOf(
  alignment: EventTimeSpec["alignment"],
  groups: Map<string, AlignmentGroup>,
): AlignmentMember | undefined {
  if (alignment === undefined) return undefined;
  const group = groups.get(alignment.group) ?? new AlignmentGroup();
  groups.set(alignment.group, group);
  return group.join(alignment.maxDriftMs);
}

function sourceInput(
  options: TopologyOptions,
  stage: Stage,
  at: SubtaskName,
  groups: Map<string, AlignmentGroup>,
  wake: () => void,
): SourceDriver {
  const { env, budget, trace, events } = options;
  const planned = sourceOf(stage);
  assert(planned !== undefined, "a stage without a source has no reader");
  const { sourceId, source, eventTime, deadLetters } = planned;
  const reader = source.createReader({ env, sourceId, subtask: at.subtask, parallelism: stage.parallelism });
  return new SourceDriver({
    env,
    sourceId,
    at,
    reader,
    eventTime,
    alignment: memberOf(eventTime?.alignment, groups),
    takesRejected: deadLetters !== undefined,
    budget,
    trace,
    wake,
    fail: events.fail,
    snapshot: (checkpointId, splits) => events.splits(sourceId, checkpointId, splits),
  });
}
