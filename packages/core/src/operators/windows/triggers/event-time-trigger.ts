import { neverTrigger } from "./never-trigger.ts";
import { customTrigger, type Trigger } from "./custom-trigger.ts";
import type { AnyTrigger, TriggerContext, TriggerResult } from "./trigger.ts";

/** Options of {@link eventTimeTrigger}. */
export interface EventTimeTriggerOptions<T = unknown> {
  /** Fires results before the window is complete. Default: none. */
  readonly early?: Trigger<T, unknown>;
  /** Fires results for records that come after it was complete. Default: one for each. */
  readonly late?: Trigger<T, unknown>;
}

/** What the two others keep. */
interface Kept {
  readonly early: unknown;
  readonly late: unknown;
}

/**
 * Fires when the watermark completes a window, as windows do by themselves, and besides that early and late. Each result is
 * made of everything that is in the window, unless the early or late trigger purges it.
 *
 * @example
 * ```ts
 * import { continuousProcessingTrigger, countTrigger, eventTimeTrigger } from "@tidemark/core/windows";
 *
 * const preview = eventTimeTrigger({ early: continuousProcessingTrigger("10s"), late: countTrigger(10) });
 * ```
 */
export function eventTimeTrigger<T = unknown>(options: EventTimeTriggerOptions<T> = {}): Trigger<T, Kept> {
  const early: AnyTrigger = options.early ?? neverTrigger();
  const { late } = options;
  const isComplete = (context: TriggerContext<Kept>): boolean => context.maxTimestamp <= context.watermark;
  const initial: Kept = { early: early.state.initial, late: late?.state.initial };
  const others: readonly AnyTrigger[] = late === undefined ? [early] : [early, late];
  const mergeable = others.every((trigger) => trigger.state.merge !== undefined && trigger.onMerge !== undefined);
  return customTrigger({
    name: nameOf(options),
    timing: late?.timing ?? options.early?.timing,
    state: {
      initial,
      ...(mergeable
        ? {
            merge: (into: Kept, from: Kept): Kept => ({
              early: early.state.merge?.(into.early, from.early),
              late: late?.state.merge?.(into.late, from.late),
            }),
          }
        : {}),
    },
    onRecord: (value, timestamp, context) => {
      if (isComplete(context)) {
        return late === undefined ? "fire" : late.onRecord(value, timestamp, part(context, "late", initial));
      }
      context.setEventTimer(context.maxTimestamp);
      return early.onRecord(value, timestamp, part(context, "early", initial));
    },
    onEventTime: (time, context) => {
      if (time === context.maxTimestamp) return "fire";
      return onTime(context, (trigger, own) => trigger.onEventTime(time, own));
    },
    onProcessingTime: (time, context) => onTime(context, (trigger, own) => trigger.onProcessingTime(time, own)),
    ...(mergeable
      ? {
          onMerge: (context: TriggerContext<Kept>) => {
            if (!isComplete(context)) context.setEventTimer(context.maxTimestamp);
            early.onMerge?.(part(context, "early", initial));
            late?.onMerge?.(part(context, "late", initial));
          },
        }
      : {}),
  });

  /** A timer is the early trigger's before the window is complete, and the late one's afterwards. */
  function onTime(
    context: TriggerContext<Kept>,
    call: (trigger: AnyTrigger, own: TriggerContext) => TriggerResult,
  ): TriggerResult {
    if (!isComplete(context)) return call(early, part(context, "early", initial));
    return late === undefined ? "continue" : call(late, part(context, "late", initial));
  }
}

function nameOf({ early, late }: EventTimeTriggerOptions<never>): string {
  const parts = [early && `early ${early.name}`, late && `late ${late.name}`].filter((part) => part !== undefined);
  return parts.length === 0 ? "event time" : `event time with ${parts.join(" and ")}`;
}

/** The context as one of the two others sees it: with its own part of what is kept. */
function part(context: TriggerContext<Kept>, which: keyof Kept, initial: Kept): TriggerContext {
  return {
    key: context.key,
    window: context.window,
    maxTimestamp: context.maxTimestamp,
    watermark: context.watermark,
    now: () => context.now(),
    get: () => context.get()[which],
    set: (next) => {
      const kept = { ...context.get(), [which]: next };
      // What says nothing takes no entry.
      const isInitial = Object.is(kept.early, initial.early) && Object.is(kept.late, initial.late);
      context.set(isInitial ? initial : kept);
    },
    setEventTimer: (time) => context.setEventTimer(time),
    deleteEventTimer: (time) => context.deleteEventTimer(time),
    setProcessingTimer: (time) => context.setProcessingTimer(time),
    deleteProcessingTimer: (time) => context.deleteProcessingTimer(time),
  };
}
