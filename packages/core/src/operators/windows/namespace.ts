import type { Key } from "../../state/key-codec.ts";
import type { TimeWindow } from "../../time/windows.ts";

/** The namespace of a window of time. */
export function namespaceOf(window: TimeWindow): Key {
  return [window.start, window.end];
}

/** The window that {@link namespaceOf} has named. */
export function windowOf(namespace: Key): TimeWindow {
  const [start, end] = namespace as readonly [number, number];
  return { start, end };
}
