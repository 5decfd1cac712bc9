/**
 * Ways to join two streams with the same keys, for `KeyedStream.join`.
 *
 * @example
 * ```ts
 * import { innerJoin, intervalJoin, leftJoin } from "@tidemark/core/joins";
 *
 * const paidInTime = intervalJoin({ from: "0s", to: "5m" });
 * const sameDay = innerJoin({ retention: "1d" });
 * const withOrWithout = leftJoin({ retention: "1h" });
 * ```
 *
 * @module
 */
export type { Join, JoinSpec, LeftMeets, Matching, RightMeets } from "./operators/joins/join.ts";
export { intervalJoin, type IntervalJoinOptions } from "./operators/joins/interval-join.ts";
export { leftTemporalJoin, temporalJoin, type TemporalJoinOptions } from "./operators/joins/temporal-join.ts";
export { coGroup, windowJoin, type WindowJoinOptions } from "./operators/joins/window-join.ts";
export { innerJoin, leftJoin, type RetentionJoinOptions } from "./operators/joins/retention-join.ts";
