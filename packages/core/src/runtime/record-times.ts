import type { RejectedRecord, SourceBatch } from "../connect/source.ts";
import { messageOf } from "../errors.ts";
import type { EventTimeSpec } from "../graph/logical.ts";
import type { Batch } from "../operators/batch.ts";
import { recordOf } from "../operators/call-subject.ts";
import { userCodeError } from "../operators/user-code.ts";
import { shown } from "../shown.ts";
import { isTimestamp } from "../time/timestamps.ts";
import type { SourceDriverOptions } from "./source-options.ts";

/** Records with their times. */
export interface TimedBatch extends Batch {
  /** What some of them say about the time that their split has reached with them. */
  readonly watermarks: readonly (number | undefined)[] | undefined;
}

/** The records of a batch that have a time, and the others. */
export interface TimedRecords {
  readonly timed: TimedBatch;
  readonly rejected: readonly RejectedRecord[];
}

interface TimeOfRecord {
  readonly time: number;
  readonly watermark: number | undefined;
}

interface NoTime {
  readonly reason: string;
}

/** Takes the times out of the records of a source. */
export class RecordTimes {
  readonly #options: Pick<SourceDriverOptions, "sourceId" | "takesRejected">;
  readonly #spec: EventTimeSpec;

  constructor(options: Pick<SourceDriverOptions, "sourceId" | "takesRejected">, spec: EventTimeSpec) {
    this.#options = options;
    this.#spec = spec;
  }

  /**
   * @param given the times that the source itself has given.
   * @throws {UserCodeError} if one of the functions throws, and the source has no dead-letter output.
   */
  of(batch: SourceBatch<unknown>, given: readonly number[]): TimedRecords {
    const { values } = batch;
    const timed = this.#allOf(values, given);
    return timed === undefined ? this.#eachOf(batch, given) : { timed, rejected: [] };
  }

  /** All at once; `undefined` if one of them has no time. */
  #allOf(values: readonly unknown[], given: readonly number[]): TimedBatch | undefined {
    const { timestampOf, punctuation } = this.#spec;
    try {
      const timestamps = timestampOf === undefined ? given : timesOf(values, timestampOf);
      if (timestamps === undefined) return undefined;
      if (timestampOf === undefined && !timestamps.every(isTimestamp)) return undefined;
      if (typeof punctuation !== "function") return { values, timestamps, watermarks: undefined };
      const watermarks = values.map((value, index) => punctuation(value, timestamps[index] as number));
      return watermarks.every(isWatermark) ? { values, timestamps, watermarks } : undefined;
    } catch {
      // Which one it was is found out by asking each.
      return undefined;
    }
  }

  #eachOf(batch: SourceBatch<unknown>, given: readonly number[]): TimedRecords {
    const values: unknown[] = [];
    const timestamps: number[] = [];
    const watermarks: (number | undefined)[] = [];
    const rejected: RejectedRecord[] = [];
    const { splitId } = batch;
    batch.values.forEach((value, index) => {
      const found = this.#one({ values: batch.values, timestamps: given }, index);
      if ("reason" in found) {
        rejected.push({ raw: shown(value), position: `split "${splitId}"`, reason: found.reason });
        return;
      }
      values.push(value);
      timestamps.push(found.time);
      watermarks.push(found.watermark);
    });
    return { timed: { values, timestamps, watermarks }, rejected };
  }

  #one(batch: Batch, index: number): TimeOfRecord | NoTime {
    const { sourceId, takesRejected } = this.#options;
    const { timestampOf, punctuation } = this.#spec;
    const value = batch.values[index];
    let call = "eventTime";
    try {
      const time = timestampOf === undefined ? (batch.timestamps[index] as number) : timestampOf(value);
      if (!this.#isUsable(time)) {
        return { reason: `eventTime gave ${shown(time)}, which is no number of milliseconds` };
      }
      if (typeof punctuation !== "function") return { time, watermark: undefined };
      call = "watermarks";
      return { time, watermark: checked(punctuation(value, time)) };
    } catch (error) {
      if (!takesRejected) throw userCodeError(error, sourceId, call, recordOf(batch, index));
      return { reason: `${call} threw: ${messageOf(error)}` };
    }
  }

  /** A source may leave records without a time; a function of the user's gives one. */
  #isUsable(time: number): boolean {
    return this.#spec.timestampOf === undefined ? isTimestamp(time) : Number.isFinite(time);
  }
}

/** `undefined` if one of them is none. */
function timesOf(values: readonly unknown[], timestampOf: (value: unknown) => number): readonly number[] | undefined {
  const timestamps = new Array<number>(values.length);
  for (let i = 0; i < values.length; i++) {
    const time = timestampOf(values[i]);
    if (!Number.isFinite(time)) return undefined;
    timestamps[i] = time;
  }
  return timestamps;
}

function isWatermark(watermark: number | undefined): boolean {
  return watermark === undefined || Number.isFinite(watermark);
}

function checked(watermark: number | undefined): number | undefined {
  if (!isWatermark(watermark)) throw new RangeError(`${String(watermark)} is no watermark`);
  return watermark;
}
