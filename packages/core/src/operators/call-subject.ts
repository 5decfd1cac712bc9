import type { Key } from "../state/key-codec.ts";
import type { TimeWindow } from "../time/windows.ts";
import type { Batch } from "./batch.ts";

/** What user code was called for: a record, a timer that was due, or a window that was fired. */
export type CallSubject =
  | { readonly kind: "record"; readonly record: unknown; readonly timestamp: number }
  | { readonly kind: "timer"; readonly key: Key; readonly timestamp: number }
  | { readonly kind: "window"; readonly key: Key; readonly window: TimeWindow; readonly timestamp: number };

/** A record of a batch, as what user code was called for. */
export function recordOf({ values, timestamps }: Batch, index: number): CallSubject {
  return { kind: "record", record: values[index], timestamp: timestamps[index] as number };
}
