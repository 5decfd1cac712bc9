import type { TimeWindow } from "../../time/windows.ts";
import type { ContentsFactory } from "./contents.ts";
import type { PanesFactory } from "./panes.ts";
import type { TimeDomain } from "./triggers/trigger-driver.ts";

/** What kind of windows an operator has, and how it keeps what is in them. */
export interface WindowKind {
  /** The clock that puts records into windows and ends them. */
  readonly domain: TimeDomain;
  /** The time at which a window is complete. `Infinity`: never. */
  maxTimestamp(window: TimeWindow): number;
  readonly panes: PanesFactory;
  readonly contents: ContentsFactory;
}

/** A window is complete with its last millisecond. */
export function lastMillisecond(window: TimeWindow): number {
  return window.end - 1;
}
