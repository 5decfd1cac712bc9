import type { AnySource } from "../connect/source.ts";
import { assert } from "../assert.ts";
import type { DeclineReason } from "../checkpoint/abort-reason.ts";
import type { SplitPosition } from "../checkpoint/manifest.ts";
import type { BarrierMode } from "../checkpoint/options.ts";
import type { Env } from "../env/env.ts";
import type { EventTimeSpec } from "../graph/logical.ts";
import type { Plan, PlanEdge, Stage } from "../graph/plan.ts";
import type { PagingParts } from "../operators/paging-parts.ts";
import { StoreAccess } from "../state/paging/state-access.ts";
import type { StateMemory } from "../state/paging/state-memory.ts";
import { AlignmentGroup, type AlignmentMember } from "../time/alignment-group.ts";
import type { Captures } from "./capture.ts";
import { Channel } from "./channel.ts";
import type { Crew } from "./crew.ts";
import { Gate, type GateChannel } from "./gate.ts";
import { edgeNameOf } from "./in-flight-edges.ts";
import { type OutputEdge, Outputs } from "./outputs.ts";
import type { RecordEvents } from "./metrics.ts";
import type { RecordBudget } from "./record-budget.ts";
import { SourceDriver } from "./source-driver.ts";
import type { SubtaskPaging, SubtaskPlace } from "./stage-subtask.ts";
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
  /** Where it reads what its memory does not hold. */
  readonly access: StoreAccess;
}

/** Everything that was laid out for a part of a plan. */
export interface Topology {
  /** All subtasks. */
  readonly instances: readonly Instance[];
  /** Where a writer meets a reader. @throws {RangeError} if the edge has no such channel. */
  channelOf(edge: PlanEdge, writer: number, reader: number): Channel;
  /** One of the subtasks. @throws {RangeError} if the stage has no such subtask. */
  instanceOf(stage: Stage, subtask: number): Instance;
}

/** What the subtasks of an attempt report to. */
export interface TopologyEvents extends RecordEvents {
  readonly decline: (instance: Instance, checkpointId: number, reason: DeclineReason) => void;
  readonly frozen: (instance: Instance, checkpointId: number) => void;
  readonly spilled: (instance: Instance, spill: number) => void;
  readonly splits: (sourceId: string, checkpointId: number, splits: readonly SplitPosition[]) => void;
  readonly requestTaken: (instance: Instance) => void;
  readonly ended: (instance: Instance) => void;
  readonly fail: (error: unknown) => void;
}

/** What a topology is built from. */
export interface TopologyOptions {
  readonly plan: Plan;
  /** The stages that are built: all that are connected with one of them. */
  readonly stages: readonly Stage[];
  readonly env: Env;
  /** What sinks name things by that they stage. */
  readonly generation: number;
  readonly channelRecords: number;
  readonly barriers: BarrierMode;
  readonly captures: Captures | undefined;
  readonly crew: Crew;
  readonly budget: RecordBudget;
  readonly createSubtask: SubtaskFactory;
  readonly trace: TraceListener | undefined;
  /** What the memory of all subtasks is limited by; `undefined`: all state stays there. */
  readonly memory: StateMemory | undefined;
  /** How state leaves that. */
  readonly paging: PagingParts | undefined;
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

/** Lays the channels between some stages of a plan and puts a driven subtask at every end of them. */
export function buildTopology(options: TopologyOptions): Topology {
  const { plan, stages } = options;
  const groups = new Map<string, AlignmentGroup>();
  const channels = new Map<PlanEdge, readonly (readonly (Channel | undefined)[])[]>();
  for (const edge of stages.flatMap(({ outputs }) => outputs)) {
    channels.set(edge, layChannels(edge, plan, options.channelRecords));
  }
  const instances: Instance[] = [];
  for (const stage of stages) {
    const before = plan.stages.slice(0, stage.index).reduce((sum, { parallelism }) => sum + parallelism, 0);
    for (let subtask = 0; subtask < stage.parallelism; subtask++) {
      const incoming = stage.inputs.flatMap((edge): GateChannel[] =>
        (channels.get(edge) ?? []).flatMap((row) => {
          const channel = row[subtask];
          if (channel === undefined) return [];
          return [{ channel, input: edge.input, edge: edgeNameOf(edge), mayOvertake: mayOvertake(edge) }];
        }),
      );
      const outgoing = stage.outputs.map((edge): OutputEdge => ({
        index: edge.index,
        channels: channels.get(edge)?.[subtask] ?? [],
      }));
      instances.push(buildInstance(options, { stage, subtask, index: before + subtask, incoming, outgoing, groups }));
    }
  }
  options.env.point("region.built", { instances, memory: options.memory });
  return {
    instances,
    channelOf: (edge, writer, reader) => found(channels.get(edge)?.[writer]?.[reader], "channel"),
    instanceOf: (stage, subtask) =>
      found(
        instances.find((each) => each.stage === stage && each.subtaskIndex === subtask),
        "subtask",
      ),
  };
}

function found<T>(thing: T | undefined, what: string): T {
  if (thing === undefined) throw new RangeError(`Cannot find a ${what} of the plan: there is none`);
  return thing;
}

/** What each reader gets depends on neither key nor turn on other edges: it could not be dealt out again. */
function mayOvertake({ partitioning }: PlanEdge): boolean {
  return partitioning.kind === "hash" || partitioning.kind === "rebalance";
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
  const { env, crew, events, trace } = options;
  const { stage, incoming, outgoing } = place;
  const at: SubtaskName = { stage: stage.name, subtask: place.subtask };
  const wake = (): void => crew.wake(task);
  const access = new StoreAccess();
  const outputs = new Outputs(outgoing, {
    requestEnded: (requestId) => task.requestEnded(requestId),
    droppedLate: events.droppedLate,
    deadLettered: (operatorId, call) => events.deadLettered(operatorId, call, 1),
    spilled: (spill) => events.spilled(instance, spill),
  });
  const input =
    sourceOf(stage) === undefined
      ? new Gate({
          at,
          channels: incoming,
          env,
          barriers: options.barriers,
          captures: options.captures,
          trace,
          wake,
          cancel: (checkpointId) => outputs.cancel(checkpointId),
          decline: (checkpointId, reason) => events.decline(instance, checkpointId, reason),
          captured: () => events.requestTaken(instance),
          fail: events.fail,
        })
      : sourceInput(options, place, { at, wake, outputs });
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
  incoming.forEach(({ channel }, index) =>
    channel.onElement((element) => {
      if (input instanceof Gate) input.arrived(index, element);
      wake();
    }),
  );
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
      paging: pagingOf(options, access),
    },
    outputs,
  );
  const instance: Instance = {
    index: place.index,
    stage,
    subtaskIndex: place.subtask,
    at,
    task,
    subtask,
    input,
    access,
  };
  return instance;
}

function pagingOf({ memory, paging }: TopologyOptions, access: StoreAccess): SubtaskPaging | undefined {
  return memory === undefined || paging === undefined ? undefined : { memory, access, parts: paging };
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
  { stage, groups }: InstancePlace,
  { at, wake, outputs }: { readonly at: SubtaskName; readonly wake: () => void; readonly outputs: Outputs },
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
    deadLettered: (call, letters) => events.deadLettered(sourceId, call, letters),
    budget,
    trace,
    wake,
    cancel: (checkpointId) => outputs.cancel(checkpointId),
    fail: events.fail,
    snapshot: (checkpointId, splits) => events.splits(sourceId, checkpointId, splits),
  });
}
