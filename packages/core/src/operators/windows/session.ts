import { shownDuration } from "../../duration.ts";
import { ConfigurationError } from "../../errors.ts";
import type { Duration } from "../../time/duration.ts";
import type { WindowAssigner } from "./assigner.ts";
import { plainOf, type WindowSpec } from "./window-spec.ts";
import { generalOf } from "./general-windows.ts";
import { needTimestamp } from "./need-timestamp.ts";
import { clockOf, domainOf, positiveMs, type WindowTime } from "./options.ts";
import type { GapOf } from "./session-gap.ts";
import { sessionPanes } from "./session-panes.ts";
import { plainSessionPlan } from "./session-work.ts";

/** Windows that last as long as records come close enough after one another. */
export interface SessionWindows<T = unknown> extends WindowAssigner<T> {
  /** Tells them from other windows. */
  readonly kind: "session";
}

/** Options of {@link session}. */
export type SessionOptions = WindowTime;

/**
 * Sessions: the records of a key, as long as each comes no later than `gap` after one before it. A session is from its first
 * record to its last and the gap. Sessions that touch are one: a record exactly `gap` after the last still belongs to it.
 *
 * Because of that a session is complete when the watermark reaches its end, not the millisecond before, and its result has
 * that time. So which records form a session does not depend on the moment at which they come.
 *
 * The aggregate of sessions needs a `merge`, because a record may join two sessions.
 *
 * @param gap how long nothing has to come for a session to end; or a function that says it of each record, in milliseconds.
 * @throws {ConfigurationError} OPTION_INVALID if the gap is not a positive duration.
 *
 * @example
 * ```ts
 * import { session } from "@tidemark/core/windows";
 *
 * const visits = session("30m");
 * const visitsByDevice = session((click: { mobile: boolean }) => (click.mobile ? 600_000 : 1_800_000));
 * ```
 */
export function session<T = unknown>(
  gap: Duration | ((value: T) => number),
  options: SessionOptions = {},
): SessionWindows<T> {
  const clock = clockOf(options);
  const [label, gapOf] = gapFrom(gap);
  return {
    kind: "session",
    plan: (spec, general) => {
      checkMerging(spec);
      const plain = clock === undefined ? plainOf(spec) : undefined;
      if (plain !== undefined) return plainSessionPlan({ ...plain, gapOf }, `window session ${label}`);
      return generalOf(spec, clock?.general ?? general)(spec, `session ${label}`, {
        domain: domainOf(clock),
        maxTimestamp: ({ end }) => end,
        panes: sessionPanes(spec.id, gapOf, (at) => needTimestamp(at, spec.id)),
      });
    },
  };
}

function gapFrom<T>(gap: Duration | ((value: T) => number)): readonly [label: string, gapOf: GapOf] {
  if (typeof gap === "function") return ["with a gap for each record", gap as GapOf];
  const gapMs = positiveMs(gap, "session gap");
  return [`${shownDuration(gapMs)} apart`, () => gapMs];
}

function checkMerging({ id, work, trigger, evictor }: WindowSpec): void {
  const { aggregate, process } = work;
  if (aggregate !== undefined && evictor === undefined && aggregate.merge === undefined) {
    throw refused(id, "its aggregate has no merge function. Give it one: a record may make one session of two");
  }
  if (trigger !== undefined && (trigger.onMerge === undefined || trigger.state.merge === undefined)) {
    throw refused(
      id,
      `trigger ${trigger.name} has no "onMerge" or no "state.merge". Give it both, or use another trigger`,
    );
  }
  if (process?.windowState !== undefined && Object.keys(process.windowState).length > 0) {
    throw refused(
      id,
      "sessions merge, and state per window would have to be merged too. Use globalState, or put it into an aggregate",
    );
  }
}

function refused(id: string, why: string): ConfigurationError {
  return new ConfigurationError("OPTION_INVALID", `Cannot use session windows in "${id}": ${why}`, {
    details: { operator: id },
  });
}
