/**
 * The kinds of keyed state: values, maps, lists, reducing and aggregating state, each with a time to live, versions and a
 * schema if it is given them. `@tidemark/core` has values and maps without options. And the kinds of operator state, which a
 * subtask keeps besides keys, with the process that uses them.
 *
 * @example
 * ```ts
 * import { listState } from "@tidemark/core/state";
 *
 * const state = { visits: listState<string>({ ttl: { after: "30m" } }) };
 * ```
 *
 * @module
 */
export type { AggregateFunction } from "./state/aggregate-function.ts";
export type { DeepReadonly } from "./state/deep-readonly.ts";
export type { StateDescriptor, StateKind } from "./state/descriptors.ts";
export type { EvolutionOptions, Migrations } from "./state/evolution.ts";
export { type AggregatingState, aggregatingState, type AggregatingStateDescriptor } from "./state/kinds/aggregating.ts";
export { type ListState, listState, type ListStateDescriptor } from "./state/kinds/list.ts";
export { type ReducingState, reducingState, type ReducingStateDescriptor } from "./state/kinds/reducing.ts";
export type { MapState, MapStateDescriptor } from "./state/kinds/map.ts";
export type { StateOptions } from "./state/kinds/options.ts";
export type { ValueState, ValueStateDescriptor } from "./state/kinds/value.ts";
export { mapState, valueState } from "./state/kinds/with-options.ts";
export {
  type BroadcastState,
  broadcastState,
  type BroadcastStateDescriptor,
} from "./state/operator-state/broadcast.ts";
export type { OperatorStateReaders, ReadonlyBroadcastState } from "./state/operator-state/broadcast.ts";
export { OPERATOR_STATE_LIMIT_BYTES } from "./state/operator-state/budget.ts";
export type {
  OperatorStateDescriptor,
  OperatorStateDescriptors,
  OperatorStateHandles,
  OperatorStateKind,
} from "./state/operator-state/descriptors.ts";
export {
  type SplitListState,
  splitListState,
  type SplitListStateDescriptor,
} from "./state/operator-state/split-list.ts";
export {
  type UnionListState,
  unionListState,
  type UnionListStateDescriptor,
} from "./state/operator-state/union-list.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./state/standard-schema.ts";
export { statePaging } from "./operators/state-paging.ts";
export type { PagingParts } from "./operators/paging-parts.ts";
export type { StatePaging } from "./state/paging/state-paging.ts";
export { type BroadcastProcess, broadcastProcess, type BroadcastProcessPlan } from "./operators/broadcast-process.ts";
export {
  type BroadcastHandles,
  type BroadcastRecordContext,
  type KeyedBroadcastContext,
  type KeyedBroadcastHandles,
  type KeyedBroadcastProcess,
  keyedBroadcastProcess,
  type KeyedBroadcastProcessPlan,
  type KeyedBroadcastStates,
  type TimerlessBroadcastContext,
  type TimerlessBroadcastProcess,
} from "./operators/keyed-broadcast-process.ts";
export { type SubtaskProcess, subtaskProcess, type SubtaskProcessPlan } from "./operators/subtask-process.ts";
export type { SubtaskProcessContext } from "./operators/subtask-process-context.ts";
export type { TtlOptions } from "./state/ttl.ts";
export type { Duration } from "./time/duration.ts";
