/**
 * What the supervisor asks of a child, and what the child says: one JSON object a line on file descriptor 3, written
 * synchronously, so that a message has left before the child dies.
 */
import { writeSync } from "node:fs";
import type { Aim } from "./aims.ts";

/** Where the job keeps its state. */
export type SoakPlace =
  | { readonly backend: "leveldb"; readonly directory: string }
  | {
      readonly backend: "s3";
      readonly bucket: string;
      readonly prefix: string;
      readonly endpoint: string;
      readonly region: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
    };

/** One life of the job. */
export interface SoakTask {
  readonly place: SoakPlace;
  /** Where the rows appear. */
  readonly output: string;
  /** Where it is killed; `undefined`: it runs to its end. */
  readonly aim: Aim | undefined;
  /** Where the numbers end. Known in lives without an aim alone. */
  readonly end: number | undefined;
  /** Whether it ends with an audit of what is stored. */
  readonly audits: boolean;
}

/** What an audit found. */
export interface AuditReport {
  readonly stored: number;
  readonly referenced: number;
  readonly pending: readonly string[];
  readonly orphaned: readonly string[];
  readonly missing: readonly string[];
}

export type SoakMessage =
  /** The checkpoint that this life began from. */
  | { readonly type: "restored"; readonly from: number | undefined }
  /** A checkpoint is complete, and no number above this one was read so far. */
  | { readonly type: "completed"; readonly id: number; readonly reached: number }
  /** It kills itself now. */
  | { readonly type: "struck"; readonly at: string; readonly reached: number }
  /** Its aim did not come by; it kills itself where it is. */
  | { readonly type: "missed"; readonly reached: number }
  | { readonly type: "finished"; readonly audit: AuditReport | undefined }
  | { readonly type: "failed"; readonly reason: string };

/** Says something to the supervisor, now. */
export function say(message: SoakMessage): void {
  writeSync(3, `${JSON.stringify(message)}\n`);
}
