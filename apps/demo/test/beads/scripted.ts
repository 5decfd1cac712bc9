import type { ChannelName, SubtaskName, TraceEvent } from "@tidemark/core";
import { apply } from "../../src/beads/apply.ts";
import type { Beads } from "../../src/beads/deal.ts";
import { type Model, newModel } from "../../src/beads/model.ts";

export const FAST: SubtaskName = { stage: "fast", subtask: 0 };
export const SLOW: SubtaskName = { stage: "slow", subtask: 0 };
export const EVEN_SUM: SubtaskName = { stage: "sum", subtask: 0 };
export const ODD_SUM: SubtaskName = { stage: "sum", subtask: 1 };
export const EVEN_SINK: SubtaskName = { stage: "sink", subtask: 0 };
export const ODD_SINK: SubtaskName = { stage: "sink", subtask: 1 };
export const ALL: readonly SubtaskName[] = [FAST, SLOW, EVEN_SUM, ODD_SUM, EVEN_SINK, ODD_SINK];

export const BEADS: Beads = { fast: [2, 4, 6, 8], slow: [10, 12] };

/** A channel, as the engine names it. */
export function from(subtask: SubtaskName): ChannelName {
  return { from: subtask, index: subtask === SLOW ? 1 : 0 };
}

export function batch(at: SubtaskName, channel: SubtaskName | undefined, ...values: readonly number[]): TraceEvent {
  return { kind: "batch", at, channel: channel === undefined ? undefined : from(channel), values };
}

export function received(at: SubtaskName, channel: SubtaskName, checkpointId = 1): TraceEvent {
  return { kind: "barrier-received", checkpointId, at, channel: from(channel) };
}

export function blocked(at: SubtaskName, channel: SubtaskName, checkpointId = 1): TraceEvent {
  return { kind: "channel-blocked", checkpointId, at, channel: from(channel) };
}

/** What a subtask says when it has all barriers: snapshot, barrier on, inputs open. */
export function cut(at: SubtaskName, checkpointId = 1): readonly TraceEvent[] {
  const frozen: TraceEvent[] = [
    { kind: "snapshot-frozen", checkpointId, at, durationMs: 0 },
    { kind: "barrier-forwarded", checkpointId, at },
  ];
  const source = at === FAST || at === SLOW;
  return [...frozen, { kind: source ? "barrier-injected" : "alignment-ended", checkpointId, at }];
}

export function acknowledged(at: SubtaskName, checkpointId = 1): TraceEvent {
  return { kind: "acknowledged", checkpointId, at };
}

export const STARTED: TraceEvent = { kind: "attempt-started", generation: 1, restoredFrom: undefined };
export const TRIGGERED: TraceEvent = { kind: "checkpoint-triggered", checkpointId: 1, request: "periodic" };

/** A first checkpoint with nothing but its cut: 2 and 10 are before it, 4 behind it and already in the channel. */
export const CHECKPOINT: readonly TraceEvent[] = [
  STARTED,
  batch(FAST, undefined, 2),
  batch(SLOW, undefined, 10),
  TRIGGERED,
  ...cut(SLOW),
  ...cut(FAST),
  batch(FAST, undefined, 4),
  batch(EVEN_SUM, SLOW, 10),
  received(EVEN_SUM, SLOW),
  blocked(EVEN_SUM, SLOW),
  batch(EVEN_SUM, FAST, 2),
  received(EVEN_SUM, FAST),
  ...cut(EVEN_SUM),
  received(ODD_SUM, FAST),
  received(ODD_SUM, SLOW),
  ...cut(ODD_SUM),
  batch(EVEN_SINK, EVEN_SUM, 10),
  batch(EVEN_SINK, EVEN_SUM, 12),
  received(EVEN_SINK, EVEN_SUM),
  ...cut(EVEN_SINK),
  received(ODD_SINK, ODD_SUM),
  ...cut(ODD_SINK),
];

/** What follows when all have acknowledged. */
export const COMPLETED: readonly TraceEvent[] = [
  ...ALL.map((at) => acknowledged(at)),
  { kind: "manifest-written", checkpointId: 1, bytes: 100 },
  { kind: "head-written", checkpointId: 1 },
  { kind: "checkpoint-completed", checkpointId: 1, durationMs: 10, bytes: 130 },
  { kind: "committed", checkpointId: 1, sinkId: "sink", committables: 1 },
];

export const CRASHED: TraceEvent = {
  kind: "attempt-failed",
  generation: 1,
  message: "threw: a test",
  code: "USER_CODE",
};

/** The picture after some events. */
export function after(...events: readonly TraceEvent[]): Model {
  return events.reduce(apply, newModel(BEADS));
}
