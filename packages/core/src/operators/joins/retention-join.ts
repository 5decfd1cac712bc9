import { shownDuration } from "../../duration.ts";
import { ConfigurationError } from "../../errors.ts";
import { checkKind } from "../../invalid-option.ts";
import { type Duration, durationMs } from "../../time/duration.ts";
import { type Interval, intervalPlan } from "./interval-work.ts";
import type { Join } from "./join.ts";

/** Options of {@link innerJoin} and {@link leftJoin}. */
export interface RetentionJoinOptions {
  /**
   * For how long, in event time, a record waits for those of the other stream: both sides alike, or each as it says. A longer
   * time keeps more state.
   */
  readonly retention: Duration | { readonly left: Duration; readonly right: Duration };
}

/**
 * Joins records of the same key whose event times are no further apart than the retention: each pair of them once, with the
 * later time of the two.
 *
 * @throws {ConfigurationError} OPTION_INVALID if the retention is no duration.
 *
 * @example
 * ```ts
 * import { innerJoin } from "@tidemark/core/joins";
 *
 * const sameDay = innerJoin({ retention: "1d" });
 * const clickAfterView = innerJoin({ retention: { left: "30m", right: "1m" } });
 * ```
 */
export function innerJoin(options: RetentionJoinOptions): Join<"pairs", undefined> {
  const interval = intervalOf(options);
  return { kind: "inner", plan: (spec) => intervalPlan(spec, labelOf("inner", interval), interval, false) };
}

/**
 * As {@link innerJoin}, and each left record that met none is emitted with `undefined` when its retention ends, with that time.
 * Nothing that was emitted is ever taken back.
 *
 * @throws {ConfigurationError} OPTION_INVALID if the retention is no duration.
 *
 * @example
 * ```ts
 * import { pipeline } from "@tidemark/core";
 * import { leftJoin } from "@tidemark/core/joins";
 * import { fromArray } from "@tidemark/connectors/iterable";
 *
 * const job = pipeline("unpaid");
 * const orders = job.source("orders", fromArray([{ id: 7, at: 0 }]), { eventTime: ({ at }) => at });
 * const payments = job.source("payments", fromArray([{ order: 8, at: 0 }]), { eventTime: ({ at }) => at });
 * orders
 *   .keyBy(({ id }) => id)
 *   .join(
 *     "paid",
 *     payments.keyBy(({ order }) => order),
 *     leftJoin({ retention: "1d" }),
 *     ({ id }, payment) => ({ id, isPaid: payment !== undefined }),
 *   )
 *   .filter(({ isPaid }) => !isPaid);
 * ```
 */
export function leftJoin(options: RetentionJoinOptions): Join<"left", undefined> {
  const interval = intervalOf(options);
  return { kind: "left", plan: (spec) => intervalPlan(spec, labelOf("left", interval), interval, true) };
}

/** A left record waits for right ones that come later, and a right record for left ones. */
function intervalOf(options: RetentionJoinOptions): Interval {
  checkKind("the options of a join with retention", options ?? null, "object");
  const { retention } = options;
  if (retention === undefined) {
    throw new ConfigurationError("OPTION_INVALID", "Cannot join without a retention: it bounds what is kept");
  }
  const { left, right } = typeof retention === "string" ? { left: retention, right: retention } : retention;
  return { fromMs: 0 - durationMs(right, "retention"), toMs: durationMs(left, "retention"), closed: [true, true] };
}

function labelOf(kind: string, { fromMs, toMs }: Interval): string {
  return `${kind} join, left records wait ${shownDuration(toMs)}, right ones ${shownDuration(0 - fromMs)}`;
}
