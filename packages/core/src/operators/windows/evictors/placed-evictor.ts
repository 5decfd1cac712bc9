import { customEvictor, type Evictor } from "./custom-evictor.ts";
import type { WindowRecord } from "./evictor.ts";

/** Options of evictors. */
export interface EvictorOptions {
  /** Whether records are removed after the result was made, so that it still contains them. Default: false, before. */
  readonly after?: boolean;
}

/** What keeps some of the records, before the result is made or after it. */
export function placedEvictor<T>(
  name: string,
  options: EvictorOptions,
  keep: (records: readonly WindowRecord<T>[]) => readonly WindowRecord<T>[],
): Evictor<T> {
  return customEvictor(
    options.after === true ? { name: `${name} afterwards`, evictAfter: keep } : { name, evictBefore: keep },
  );
}
