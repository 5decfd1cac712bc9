import { shownDuration } from "../../duration.ts";
import { ConfigurationError } from "../../errors.ts";
import { checkKind } from "../../invalid-option.ts";
import { type Duration, durationMs } from "../../time/duration.ts";
import { type Interval, intervalPlan } from "./interval-work.ts";
import type { Join } from "./join.ts";

/** Options of {@link intervalJoin}: from when to when right records meet a left one, seen from its time. */
export interface IntervalJoinOptions {
  /** `"-5m"`: from five minutes before the left record on. */
  readonly from: Duration;
  /** `"0s"`: up to its own time. */
  readonly to: Duration;
  /** Whether a right record exactly at `from` meets it. Default: true. */
  readonly includesFrom?: boolean;
  /** Whether a right record exactly at `to` meets it. Default: true. */
  readonly includesTo?: boolean;
}

/**
 * Joins records of the same key whose event times are close: a left record meets every right one from `from` to `to`, seen
 * from the left one's time. A result has the later time of the two.
 *
 * A record is kept until the watermark says that nothing can meet it any more, and then forgotten. A record that comes behind
 * the watermark is late, and meets none: `lateLeft` and `lateRight` take such records, or they are dropped and counted.
 *
 * @throws {ConfigurationError} OPTION_INVALID if the bounds are not durations, or leave nothing between them.
 *
 * @example
 * ```ts
 * import { pipeline } from "@tidemark/core";
 * import { intervalJoin } from "@tidemark/core/joins";
 * import { fromArray } from "@tidemark/connectors/iterable";
 *
 * const job = pipeline("paid");
 * const orders = job.source("orders", fromArray([{ id: 7, at: 60_000 }]), { eventTime: ({ at }) => at });
 * const payments = job.source("payments", fromArray([{ order: 7, cents: 100, at: 90_000 }]), { eventTime: ({ at }) => at });
 * orders
 *   .keyBy(({ id }) => id)
 *   .join(
 *     "paid",
 *     payments.keyBy(({ order }) => order),
 *     intervalJoin({ from: "0s", to: "5m" }),
 *     (order, payment) => ({ id: order.id, cents: payment.cents }),
 *   );
 * ```
 */
export function intervalJoin(options: IntervalJoinOptions): Join<"pairs", undefined> {
  checkKind("the options of intervalJoin", options ?? null, "object");
  const { from, to, includesFrom = true, includesTo = true } = options;
  const interval: Interval = {
    fromMs: signedMs(from, "from"),
    toMs: signedMs(to, "to"),
    closed: [includesFrom, includesTo],
  };
  const { fromMs, toMs } = interval;
  if (fromMs > toMs || (fromMs === toMs && !(includesFrom && includesTo))) {
    throw new ConfigurationError("OPTION_INVALID", `Cannot join from ${from} to ${to}: nothing lies between them`, {
      details: { from, to },
    });
  }
  const label = `interval join from ${shownDuration(fromMs)} to ${shownDuration(toMs)}`;
  return { kind: "interval", plan: (spec) => intervalPlan(spec, label, interval, false) };
}

/** A duration, back in time if it begins with a minus. */
function signedMs(duration: Duration, what: string): number {
  const isBack = typeof duration === "string" && duration.startsWith("-");
  const valueMs = durationMs((isBack ? duration.slice(1) : duration) as Duration, what);
  return isBack && valueMs > 0 ? -valueMs : valueMs;
}
