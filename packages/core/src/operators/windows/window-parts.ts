import type { KeyedTable } from "../../state/keyed-table.ts";
import type { BatchBuffer } from "../batch-buffer.ts";
import type { DeadLetters } from "../dead-letters.ts";
import type { EventTime } from "../keyed-state.ts";
import type { KeyedTimers } from "../keyed-timers.ts";
import type { OperatorContext } from "../operator.ts";
import type { StateGate } from "../state-gate.ts";
import type { WindowContents } from "./contents.ts";
import type { OverdueTimers } from "./overdue-timers.ts";
import type { Panes } from "./panes.ts";
import type { ProcessingClock } from "./processing-clock.ts";
import type { TriggerDriver, WindowTimers } from "./triggers/trigger-driver.ts";
import type { WindowEmitter } from "./window-emitter.ts";
import type { WindowKind } from "./window-kind.ts";
import type { WindowSpec } from "./window-spec.ts";

/** What the windows of a subtask are kept and fired with. */
export interface WindowParts {
  readonly spec: WindowSpec;
  readonly kind: WindowKind;
  readonly context: OperatorContext;
  readonly table: KeyedTable;
  readonly gate: StateGate | undefined;
  readonly time: EventTime;
  readonly clock: ProcessingClock;
  readonly timers: KeyedTimers;
  readonly overdue: OverdueTimers;
  readonly contents: WindowContents;
  readonly panes: Panes;
  readonly trigger: ((table: KeyedTable, timers: WindowTimers) => TriggerDriver) | undefined;
  readonly buffer: BatchBuffer;
  readonly letters: DeadLetters | undefined;
  readonly emitter: WindowEmitter;
}
