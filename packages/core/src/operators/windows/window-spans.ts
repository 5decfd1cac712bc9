import type { Slot } from "../../state/layout.ts";
import type { Space } from "../../state/row.ts";
import type { TimeWindow } from "../../time/windows.ts";

/** The spans of time that accumulators are kept for, and the windows that are made of them. All are the same for all keys. */
export interface WindowSpans {
  readonly slots: readonly Slot[];
  /** Whether a span may be part of several windows: then results are merged of theirs. */
  readonly isShared: boolean;
  /** The span that a time lies in. */
  spanAt(timestamp: number): TimeWindow;
  /** The end of the last window that a span is part of; not after the start of the span if it is part of none. */
  lastEndOf(span: TimeWindow): number;
  /** The windows that a span is part of, from the first to the last to end. */
  windowsOf(span: TimeWindow): readonly TimeWindow[];
  /** The spans of a window in the order of time. */
  spansOf(window: TimeWindow): readonly TimeWindow[];
  /** @throws {StateError} STATE_INCOMPATIBLE if a restored span is none of these. */
  checked(span: TimeWindow): TimeWindow;
}

/** A span that has accumulators, or had some. */
export interface Span {
  readonly window: TimeWindow;
  readonly space: Space;
}

/** The slot of the accumulators. */
export const ACCUMULATOR = 0;

/** The slots of an operator whose only state is the accumulator of each key and span. */
export function spanSlots(state: string): readonly Slot[] {
  return [{ name: state, kind: "value", stateKind: "aggregating", version: 0 }];
}
