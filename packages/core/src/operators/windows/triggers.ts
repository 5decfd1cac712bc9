import { shownDuration } from "../../duration.ts";
import type { Duration } from "../../time/duration.ts";
import { windowStart } from "../../time/windows.ts";
import { customTrigger, type Trigger } from "./custom-trigger.ts";
import { positiveCount, positiveMs } from "./options.ts";
import type { TriggerContext, TriggerResult } from "./trigger.ts";

const NOTHING = { initial: undefined, merge: () => undefined };

/**
 * Fires never: for windows that others empty, or to hold results back.
 *
 * @example
 * ```ts
 * import { neverTrigger } from "@tidemark/core/windows";
 *
 * const silent = { trigger: neverTrigger() };
 * ```
 */
export function neverTrigger(): Trigger<unknown, undefined> {
  const go = (): TriggerResult => "continue";
  return customTrigger({
    name: "never",
    state: NOTHING,
    onRecord: go,
    onEventTime: go,
    onProcessingTime: go,
    onMerge: () => undefined,
  });
}

/**
 * Fires when a window has got `count` records, and again after as many further ones.
 *
 * @throws {ConfigurationError} OPTION_INVALID if it is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * import { countTrigger } from "@tidemark/core/windows";
 *
 * const eachHundred = { trigger: countTrigger(100) };
 * ```
 */
export function countTrigger(count: number): Trigger<unknown, number> {
  positiveCount(count, "a trigger's count");
  return customTrigger({
    name: `count ${count}`,
    timing: "how many records have come",
    state: { initial: 0, merge: (into, from) => into + from },
    onRecord: (_value, _timestamp, context) => {
      const records = context.get() + 1;
      context.set(records >= count ? 0 : records);
      return records >= count ? "fire" : "continue";
    },
    onEventTime: () => "continue",
    onProcessingTime: () => "continue",
    onMerge: () => undefined,
  });
}

/**
 * Fires at equal distances of event time while the window has something in it, and when it is complete. However far the
 * watermark goes at once, there is one firing for it: between two nothing can have changed.
 *
 * @throws {ConfigurationError} OPTION_INVALID if the interval is not a positive duration.
 *
 * @example
 * ```ts
 * import { continuousTrigger } from "@tidemark/core/windows";
 *
 * const eachMinute = { trigger: continuousTrigger("1m") };
 * ```
 */
export function continuousTrigger(interval: Duration): Trigger<unknown, number | undefined> {
  const grid = { everyMs: positiveMs(interval, "trigger's interval"), offsetMs: 0 };
  const nextAfter = (time: number): number => windowStart(time, grid) + grid.everyMs;
  return customTrigger({
    name: `continuous ${shownDuration(grid.everyMs)}`,
    timing: "early results",
    state: { initial: undefined, merge: earlier },
    onRecord: (_value, timestamp, context) => {
      if (context.maxTimestamp <= context.watermark) return "fire";
      context.setEventTimer(context.maxTimestamp);
      if (context.get() === undefined) plan(context, nextAfter(Math.max(timestamp, context.watermark)));
      return "continue";
    },
    onEventTime: (time, context) => {
      if (time === context.maxTimestamp) return "fire";
      if (time !== context.get()) return "continue";
      // The watermark has come to the end at once: the last result is next.
      if (context.maxTimestamp <= context.watermark && Number.isFinite(context.maxTimestamp)) return "continue";
      plan(context, nextAfter(Math.max(time, context.watermark)));
      return "fire";
    },
    onProcessingTime: () => "continue",
    onMerge: (context) => {
      if (context.maxTimestamp > context.watermark) context.setEventTimer(context.maxTimestamp);
      const next = context.get();
      if (next !== undefined) context.setEventTimer(next);
    },
  });

  function plan(context: TriggerContext<number | undefined>, next: number): void {
    context.set(Number.isFinite(next) ? next : undefined);
    context.setEventTimer(next);
  }
}

/**
 * Fires at equal distances of processing time, from the first record on.
 *
 * @throws {ConfigurationError} OPTION_INVALID if the interval is not a positive duration.
 *
 * @example
 * ```ts
 * import { continuousProcessingTrigger, eventTimeTrigger } from "@tidemark/core/windows";
 *
 * const preview = { trigger: eventTimeTrigger({ early: continuousProcessingTrigger("10s") }) };
 * ```
 */
export function continuousProcessingTrigger(interval: Duration): Trigger<unknown, number | undefined> {
  const grid = { everyMs: positiveMs(interval, "trigger's interval"), offsetMs: 0 };
  const plan = (context: TriggerContext<number | undefined>, now: number): void => {
    const next = windowStart(now, grid) + grid.everyMs;
    context.set(Number.isFinite(next) ? next : undefined);
    context.setProcessingTimer(next);
  };
  return customTrigger({
    name: `continuous ${shownDuration(grid.everyMs)} of processing time`,
    timing: "processing time",
    state: { initial: undefined, merge: earlier },
    onRecord: (_value, _timestamp, context) => {
      if (context.get() === undefined) plan(context, context.now());
      return "continue";
    },
    onEventTime: () => "continue",
    onProcessingTime: (time, context) => {
      if (time !== context.get()) return "continue";
      plan(context, Math.max(time, context.now()));
      return "fire";
    },
    onMerge: (context) => {
      const next = context.get();
      if (next !== undefined) context.setProcessingTimer(next);
    },
  });
}

function earlier(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}

/**
 * Fires when processing time reaches the end of a window: what windows of processing time do by themselves.
 *
 * @example
 * ```ts
 * import { processingTimeTrigger } from "@tidemark/core/windows";
 *
 * const byTheClock = { trigger: processingTimeTrigger() };
 * ```
 */
export function processingTimeTrigger(): Trigger<unknown, undefined> {
  const atEnd = (context: TriggerContext<undefined>): void => context.setProcessingTimer(context.maxTimestamp);
  return customTrigger({
    name: "processing time",
    timing: "processing time",
    state: NOTHING,
    onRecord: (_value, _timestamp, context) => {
      atEnd(context);
      return "continue";
    },
    onEventTime: () => "continue",
    onProcessingTime: (time, context) => (time === context.maxTimestamp ? "fire" : "continue"),
    onMerge: atEnd,
  });
}

/**
 * Forgets what is in a window whenever another trigger fires it, so that each result is made of the records since the one
 * before.
 *
 * @example
 * ```ts
 * import { countTrigger, purgingTrigger } from "@tidemark/core/windows";
 *
 * const eachHundredAnew = { trigger: purgingTrigger(countTrigger(100)) };
 * ```
 */
export function purgingTrigger<T, S>(trigger: Trigger<T, S>): Trigger<T, S> {
  const purging = (result: TriggerResult): TriggerResult => (result === "fire" ? "fire-and-purge" : result);
  return customTrigger({
    name: `purging ${trigger.name}`,
    timing: trigger.timing,
    state: trigger.state,
    onRecord: (value, timestamp, context) => purging(trigger.onRecord(value, timestamp, context)),
    onEventTime: (time, context) => purging(trigger.onEventTime(time, context)),
    onProcessingTime: (time, context) => purging(trigger.onProcessingTime(time, context)),
    ...(trigger.onMerge === undefined ? {} : { onMerge: (context) => trigger.onMerge?.(context) }),
  });
}
