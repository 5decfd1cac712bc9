import { shownDuration } from "../duration.ts";
import type { DeclaredShape } from "../state/declared-shape.ts";
import type { EventTimeSpec, LogicalNode, OperatorWork } from "./logical.ts";

/** What a step is, what it keeps and what it promises, as text. */
export function describeNode({ label, work }: LogicalNode): string {
  switch (work.kind) {
    case "source": {
      const { replayable, bounded } = work.source;
      const kind = `${replayable ? "replayable" : "cannot be replayed"}, ${bounded ? "bounded" : "unbounded"}`;
      return `${label}, ${kind}, ${timeOf(work.eventTime)}`;
    }
    case "sink":
      return `${label}, ${work.sink.delivery}`;
    case "operator": {
      const keyed = work.stateful ? `, ${work.keyed ? "keyed " : ""}state${namesOf(work.states ?? [])}` : "";
      const operatorStates = work.operatorStates ?? [];
      return `${label}${keyed}${operatorStates.length === 0 ? "" : `, operator state${namesOf(operatorStates)}`}`;
    }
  }
}

/**
 * For what reasons the results of a step may depend on timing; empty if they do not, as far as anybody knows.
 *
 * @param meetings where its records have met before in an order that depends on timing. Default: nowhere.
 */
export function timingOf({ work }: LogicalNode, meetings: readonly string[] = []): readonly string[] {
  switch (work.kind) {
    case "source": {
      const idleAfterMs = work.eventTime?.idleAfterMs;
      return idleAfterMs === undefined ? [] : [`idle after ${shownDuration(idleAfterMs)}`];
    }
    case "sink":
      return [];
    case "operator": {
      const expiring = (work.states ?? []).filter(({ expires }) => expires).map(({ name }) => name);
      const expiry = expiring.length === 0 ? [] : [`expiry of ${expiring.join(" and ")}`];
      const order =
        keepsOrder(work) && meetings.length > 0 ? [`the order of records from ${meetings.join(" and ")}`] : [];
      return [...(work.timing === undefined ? [] : [work.timing]), ...expiry, ...order];
    }
  }
}

/** Whether what a step keeps may depend on the order in which records came. */
function keepsOrder({ order, stateful, states, operatorStates = [] }: OperatorWork): boolean {
  return order !== "any" && ((stateful && states?.length !== 0) || operatorStates.length > 0);
}

function namesOf(states: readonly DeclaredShape[]): string {
  return states.length === 0 ? "" : ` ${states.map(({ name, kind }) => `${name} (${kind})`).join(" and ")}`;
}

function timeOf(eventTime: EventTimeSpec | undefined): string {
  if (eventTime === undefined) return "no event time";
  const { outOfOrderMs, punctuation, alignment } = eventTime;
  const aligned =
    alignment === undefined ? "" : `, at most ${shownDuration(alignment.maxDriftMs)} ahead of group ${alignment.group}`;
  if (punctuation === "none") return `event time, no watermarks before the end${aligned}`;
  const bound =
    punctuation === undefined ? `up to ${shownDuration(outOfOrderMs)} out of order` : "watermarks from the records";
  return `event time, ${bound}${aligned}`;
}
