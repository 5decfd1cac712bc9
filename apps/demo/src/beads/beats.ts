/**
 * Cuts the recording into beats: events that belong together and are shown at once.
 *
 * @module
 */
import type { TraceEvent } from "@tidemark/core";
import { apply } from "./apply.ts";
import type { Model } from "./model.ts";
import { nameOf, placeOf } from "./places.ts";
import type { TimedEvent } from "./record.ts";

/** What a run of events is about. */
export type BeatKind =
  | "flow"
  | "trigger"
  | "cut"
  | "align"
  | "acknowledge"
  | "manifest"
  | "complete"
  | "crash"
  | "begin";

/** Events that are shown at once. */
export interface Beat {
  readonly kind: BeatKind;
  readonly atMs: number;
  readonly events: readonly TraceEvent[];
  readonly before: Model;
  readonly after: Model;
}

/** Beads that move within this time, and nothing else, are one frame. */
const FLOW_MS = 120;

/** The recording in beats, each with the picture before and after it. */
export function beatsOf(first: Model, events: readonly TimedEvent[]): readonly Beat[] {
  const beats: Beat[] = [];
  let model = first;
  let open:
    | { kind: BeatKind; about: string; beganMs: number; atMs: number; events: TraceEvent[]; before: Model }
    | undefined;
  const close = (): void => {
    if (open !== undefined) beats.push({ ...open, after: model });
    open = undefined;
  };
  for (const { atMs, event } of events) {
    const kind = kindOf(event, model);
    const about = aboutOf(kind, event);
    const lastMs = open === undefined || open.kind !== "flow" ? open?.beganMs : open.beganMs + FLOW_MS;
    const goesOn = open?.kind === kind && open.about === about && atMs <= (lastMs ?? 0);
    if (!goesOn || event.kind === "barrier-received") close();
    open ??= { kind, about, beganMs: atMs, atMs, events: [], before: model };
    open.atMs = atMs;
    open.events.push(event);
    model = apply(model, event);
  }
  close();
  return beats;
}

function kindOf(event: TraceEvent, model: Model): BeatKind {
  switch (event.kind) {
    case "batch":
    case "watermark":
    case "ended":
      return "flow";
    case "checkpoint-triggered":
      return "trigger";
    case "snapshot-frozen":
    case "barrier-forwarded":
      return placeOf(event.at).kind === "source" ? "cut" : "align";
    case "barrier-injected":
      return "cut";
    case "barrier-received":
    case "alignment-started":
    case "channel-blocked":
    case "alignment-ended":
      return "align";
    case "snapshot-written":
    case "acknowledged":
      return "acknowledge";
    case "manifest-written":
      return "manifest";
    case "head-written":
    case "checkpoint-completed":
    case "checkpoint-aborted":
      return "complete";
    case "committed":
      return model.phase === "running" ? "complete" : "begin";
    case "attempt-failed":
      return "crash";
    case "attempt-started":
      return "begin";
    default:
      return "flow";
  }
}

/** Subtasks have frames of their own where a barrier reaches them. */
function aboutOf(kind: BeatKind, event: TraceEvent): string {
  return (kind === "cut" || kind === "align") && "at" in event ? nameOf(placeOf(event.at)) : "";
}
