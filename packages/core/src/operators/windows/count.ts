import { ConfigurationError } from "../../errors.ts";
import type { WindowAssigner } from "./assigner.ts";
import type { WindowSpec } from "./window-spec.ts";
import { countEvictor } from "./evictors/count-evictor.ts";
import { globalKind } from "./global.ts";
import { positiveCount } from "./options.ts";
import { countTrigger } from "./triggers/count-trigger.ts";
import { purgingTrigger } from "./triggers/purging-trigger.ts";
import { generalPlan } from "./window-plan.ts";

/** Windows of a number of records. */
export interface CountWindows extends WindowAssigner {
  /** What windows these are. */
  readonly kind: "count";
  /** How many records a window has. */
  readonly size: number;
  /** After how many records the next window begins. */
  readonly slide: number;
}

/** Options of {@link countWindows}. */
export interface CountWindowsOptions {
  /** After how many further records there is another result, over the last `size` of them. Default: `size`. */
  readonly slide?: number;
}

/**
 * Windows of a number of records of a key, in the order in which they come. `countWindows(100)`: each hundred of them, and
 * what does not make up a hundred at the end has no result. `countWindows(100, { slide: 10 })`: after each ten, the last
 * hundred, or as many as there are. Results get the time of the record that makes the window full.
 *
 * Which records share a window depends on the order in which they come, and so on timing if a key has records in several
 * splits.
 *
 * @throws {ConfigurationError} OPTION_INVALID if a number is not a whole one of at least 1.
 *
 * @example
 * ```ts
 * import { countWindows } from "@tidemark/core/windows";
 *
 * const hundreds = countWindows(100);
 * const moving = countWindows(100, { slide: 10 });
 * ```
 */
export function countWindows(size: number, options: CountWindowsOptions = {}): CountWindows {
  positiveCount(size, "a window size");
  const slide = positiveCount(options.slide ?? size, "a window slide");
  return {
    kind: "count",
    size,
    slide,
    plan: (spec) => {
      const plan = generalPlan(withCounting(spec, size, slide), `count ${size} every ${slide}`, globalKind);
      return {
        ...plan,
        label: `window count ${size} every ${slide}`,
        timing: "the order in which records come",
        order: "any",
      };
    },
  };
}

function withCounting(spec: WindowSpec, size: number, slide: number): WindowSpec {
  if (spec.trigger !== undefined || spec.evictor !== undefined || spec.latenessMs > 0) {
    throw new ConfigurationError(
      "OPTION_INVALID",
      `Cannot use a trigger, an evictor or lateness in "${spec.id}": its windows are ${size} records each. Use global() with a trigger`,
      { details: { operator: spec.id } },
    );
  }
  return size === slide
    ? { ...spec, trigger: purgingTrigger(countTrigger(size)) }
    : { ...spec, trigger: countTrigger(slide), evictor: countEvictor(size) };
}
