import { shownDuration } from "../../duration.ts";
import type { WindowPlan, WindowSpec } from "./window-spec.ts";
import { accumulated, type ContentsFactory } from "./contents.ts";
import { gatherBy, recorded } from "./record-contents.ts";
import type { WindowKind } from "./window-kind.ts";
import { windowOperator, windowSlots } from "./window-operator.ts";

/** A step whose windows may have a trigger, an evictor, lateness, or a process. */
export function generalPlan(spec: WindowSpec, label: string, kind: Omit<WindowKind, "contents">): WindowPlan {
  const full: WindowKind = { ...kind, contents: contentsOf(spec) };
  return {
    label: labelOf(label, spec),
    timing: timingOf(spec, kind),
    slots: windowSlots(spec, full),
    create: windowOperator(spec, full),
  };
}

function labelOf(label: string, { trigger, evictor, latenessMs }: WindowSpec): string {
  const parts = [`window ${label}`];
  if (trigger !== undefined) parts.push(`trigger ${trigger.name}`);
  if (evictor !== undefined) parts.push(`evictor ${evictor.name}`);
  if (latenessMs > 0) parts.push(`up to ${shownDuration(latenessMs)} late`);
  return parts.join(", ");
}

function timingOf({ trigger, latenessMs }: WindowSpec, { domain }: Pick<WindowKind, "domain">): string | undefined {
  if (domain === "processing") return "processing time";
  return trigger?.timing ?? (latenessMs > 0 ? "further results for late records" : undefined);
}

function contentsOf({ work: { aggregate }, evictor, right }: WindowSpec): ContentsFactory {
  if (right !== undefined) return recorded((records) => right.gather(records), evictor);
  return aggregate === undefined || evictor !== undefined
    ? recorded(gatherBy(aggregate), evictor)
    : accumulated(aggregate);
}
