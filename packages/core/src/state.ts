/**
 * The kinds of keyed state: values, maps, lists, reducing and aggregating state, each with a time to live, versions and a
 * schema if it is given them. `@tidemark/core` has values and maps without options.
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
export type { SchemaIssue, SchemaResult, StandardSchema } from "./state/standard-schema.ts";
export type { TtlOptions } from "./state/ttl.ts";
export type { Duration } from "./time/duration.ts";
