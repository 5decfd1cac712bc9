/** What an isolate is asked and answers. */
import type { RunUntil } from "@tidemark/core";
import type { S3Place } from "../s3/place.ts";

/** One invocation. */
export interface Invocation {
  readonly place: S3Place;
  readonly bucket: string;
  readonly until: RunUntil;
  /** Where the numbers end; `undefined`: nowhere. */
  readonly end: number | undefined;
}

/** What came of it, if anybody waited for it. */
export interface InvocationAnswer {
  readonly outcome?: "finished" | "stopped";
  readonly error?: string;
  readonly restoredFrom?: number | undefined;
  readonly records?: number;
  /** How far any split has come. */
  readonly reached?: number;
}

/** The state of the job and its rows lie below these in the bucket. */
export const STATE_PREFIX = "state";
export const ROWS_PREFIX = "rows";
