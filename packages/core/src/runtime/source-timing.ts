import type { SourceBatch, SourceSplit } from "../connect/source.ts";
import { type Batch, BATCH_RECORDS } from "../operators/batch.ts";
import { RECORDS_INPUT } from "../operators/source.ts";
import { SplitClock } from "../time/split-clock.ts";
import { END_OF_TIME, NO_TIMESTAMP } from "../time/timestamps.ts";
import type { InputEvent } from "./input.ts";
import type { SourceDriverOptions } from "./source-options.ts";
import { RecordTimes, type TimedBatch } from "./record-times.ts";
import { SourceAlignment } from "./source-alignment.ts";
import { rejection } from "./source-rejects.ts";

/** What timing needs of its driver. */
export type SourceTimingOptions = Pick<
  SourceDriverOptions,
  "env" | "sourceId" | "reader" | "eventTime" | "alignment" | "takesRejected" | "deadLettered" | "wake"
> & {
  /** Takes what follows from a batch, in order. */
  readonly push: (event: InputEvent) => void;
  /** Splits that were held may be read on: the reader is to be polled again. */
  readonly resume: () => void;
};

/** The timestamps of records without event time. */
const NO_TIMESTAMPS: readonly number[] = Array.from({ length: BATCH_RECORDS }, () => NO_TIMESTAMP);

/** Of a stretch in which a reader is not asked, so much of `idleAfter` counts as silence at most. */
const UNASKED_SHARE = 1 / 4;

/** Puts event time on the records of one reader: timestamps, watermarks between them, and word of idleness. */
export class SourceTiming {
  readonly #options: SourceTimingOptions;
  readonly #clock: SplitClock;
  readonly #times: RecordTimes | undefined;
  /** What keeps its splits together with others. */
  readonly alignment: SourceAlignment | undefined;
  #announcedIdle = false;
  /** When splits were to be idle that had been silent for long, unless they are heard of in so many polls. */
  #dueAt: number | undefined;
  #duePolls = 0;
  /** Whether the reader was asked, had nothing, and has not said otherwise since. */
  #nothing = false;
  readonly #idleAfterMs: number;
  #askedAt: number;
  #unaskedMs = 0;
  #ended = false;
  #closed = false;
  #cancelIdle: () => void = () => undefined;

  constructor(options: SourceTimingOptions) {
    this.#options = options;
    this.#idleAfterMs = options.eventTime?.idleAfterMs ?? Infinity;
    this.#askedAt = options.env.monotonic();
    this.#clock = new SplitClock(options.eventTime?.outOfOrderMs ?? 0);
    this.#times = options.eventTime === undefined ? undefined : new RecordTimes(options, options.eventTime);
    const { alignment: member } = options;
    this.alignment = member && new SourceAlignment({ ...options, member, clock: this.#clock });
  }

  /** The event time announced last. */
  get watermark(): number {
    return this.#ended ? END_OF_TIME : this.#clock.announced;
  }

  /** Polling begins. */
  begin(): void {
    if (this.#idleAfterMs < Infinity) this.#lookAfter(this.#idleAfterMs);
  }

  /** A split is read from now on. */
  add(split: SourceSplit, maxTimestamp: number): void {
    this.#clock.add(split.id, maxTimestamp);
    this.alignment?.report();
  }

  /** The greatest timestamp of a split so far. */
  maxTimestamp(splitId: string): number {
    return this.#clock.maxTimestamp(splitId);
  }

  /** Without a split it still holds the watermark back: what it may be given next must not come late. */
  ranOut(): void {
    this.#clock.retain(new Set());
    this.alignment?.report();
  }

  /** No record follows. Also without event time: for whoever comes after a gate the end of all inputs is the end of time. */
  end(): void {
    this.#ended = true;
    this.alignment?.report(Infinity);
    this.#cancelIdle();
    this.#options.push({ kind: "watermark", time: END_OF_TIME });
  }

  /** Stops its timer. Event time stays where it is. */
  close(): void {
    this.#closed = true;
    this.#cancelIdle();
  }

  take(batch: SourceBatch<unknown>): void {
    const { eventTime, push } = this.#options;
    if (eventTime === undefined || this.#times === undefined) {
      const timestamps = batch.timestamps ?? this.#untimed(batch.values.length);
      push({ kind: "batch", input: RECORDS_INPUT, batch: { values: batch.values, timestamps } });
      return;
    }
    this.#announceIdleness();
    this.#takeTimed(batch, this.#times, eventTime.punctuation !== undefined);
  }

  /** Timestamps for records that have none; whole batches share one array. */
  #untimed(records: number): readonly number[] {
    return records === BATCH_RECORDS ? NO_TIMESTAMPS : NO_TIMESTAMPS.slice(0, records);
  }

  /**
   * Puts timestamps on a batch. It is cut where a record lies behind its split's watermark, and the watermark goes before
   * it: whether a record is late does not depend on where batches happen to end.
   */
  #takeTimed(batch: SourceBatch<unknown>, times: RecordTimes, isPunctuated: boolean): void {
    const { timed, rejected } = times.of(batch, batch.timestamps ?? this.#untimed(batch.values.length));
    if (rejected.length > 0) this.#options.push(rejection(rejected, "eventTime", this.#options));
    const { values, timestamps } = timed;
    const begin = isPunctuated ? this.#takePunctuated(timed, batch.splitId) : this.#takeObserved(timed, batch.splitId);
    this.#cut(values, timestamps, begin, values.length);
    if (this.#clock.size > 1) this.#forgetEnded();
    this.#advanced();
  }

  /** @returns where the last part begins, which has not been given out. */
  #takeObserved(timed: TimedBatch, splitId: string): number {
    const { timestamps } = timed;
    let begin = 0;
    for (let at = 0; ; at++) {
      at = this.#clock.observe(splitId, timestamps, at);
      if (at >= timestamps.length) return begin;
      if (this.#advance(timed, begin, at)) begin = at;
    }
  }

  /** As {@link #takeObserved}, where records themselves say how far time has come. */
  #takePunctuated(timed: TimedBatch, splitId: string): number {
    const { timestamps, watermarks } = timed;
    let begin = 0;
    for (let at = 0; at < timestamps.length; at++) {
      if (this.#clock.isBehind(splitId, timestamps[at] as number) && this.#advance(timed, begin, at)) begin = at;
      const watermark = watermarks?.[at];
      if (watermark !== undefined) this.#clock.punctuate(splitId, watermark);
    }
    return begin;
  }

  /** Says how far event time has come, downstream and to the group. */
  #advanced(): void {
    this.#announce(this.#clock.advance());
    this.alignment?.report();
  }

  /** Splits that were read to their end no longer hold the others back. */
  #forgetEnded(): void {
    this.#clock.retain(new Set(this.#options.reader.snapshot().map((split) => split.id)));
  }

  /** Gives out what comes before a record and then the watermark, if there is a new one. */
  #advance({ values, timestamps }: Batch, begin: number, end: number): boolean {
    const watermark = this.#clock.advance();
    if (watermark === undefined) return false;
    this.#cut(values, timestamps, begin, end);
    this.#announce(watermark);
    return true;
  }

  #announce(watermark: number | undefined): void {
    if (watermark !== undefined) this.#options.push({ kind: "watermark", time: watermark });
  }

  #cut(values: readonly unknown[], timestamps: readonly number[], begin: number, end: number): void {
    if (begin === end) return;
    const whole = begin === 0 && end === values.length;
    const batch = whole
      ? { values, timestamps }
      : { values: values.slice(begin, end), timestamps: timestamps.slice(begin, end) };
    this.#options.push({ kind: "batch", input: RECORDS_INPUT, batch });
  }

  #lookAfter(delayMs: number): void {
    if (this.#ended || this.#closed) return;
    this.#cancelIdle = this.#options.env.schedule(delayMs, () => this.#look());
  }

  /**
   * Some split may have become idle. A reader that has nothing is not asked again before it has something; from any other one
   * a split that has something gets its turn within as many polls as there are splits, whenever there is room for them.
   */
  #look(): void {
    this.#dueAt = this.#now;
    this.#duePolls = this.#clock.size;
    if (!this.#nothing) return;
    this.#markIdle(this.#dueAt);
    this.#options.wake();
  }

  /** The time that idleness counts, in milliseconds: little of the time in which the reader has something and is not asked. */
  get #now(): number {
    const now = this.#options.env.monotonic() - this.#unaskedMs;
    return this.#nothing ? now : Math.min(now, this.#askedAt + this.#idleAfterMs * UNASKED_SHARE);
  }

  /**
   * A poll was made, and has given something of one split, or nothing. With nothing, splits that have ended without a further record
   * no longer keep others of the group waiting.
   */
  asked(heard: string | undefined): void {
    const nothing = heard === undefined;
    if (this.#idleAfterMs < Infinity) {
      const now = this.#now;
      this.#unaskedMs = this.#options.env.monotonic() - now;
      this.#nothing = nothing;
      this.#askedAt = now;
      this.#clock.asked(heard, now);
      if (this.#dueAt !== undefined && (nothing || --this.#duePolls <= 0)) this.#markIdle(this.#dueAt);
    }
    if (!nothing || this.alignment === undefined || this.#clock.size < 2) return;
    this.#forgetEnded();
    this.#advanced();
  }

  /** The reader has something: from now on it waits to be asked. */
  left(): void {
    this.#askedAt = this.#now;
    this.#nothing = false;
  }

  #markIdle(at: number): void {
    this.#dueAt = undefined;
    const silentSince = this.#clock.markIdle(at - this.#idleAfterMs);
    this.#advanced();
    this.#announceIdleness();
    const now = this.#now;
    this.#lookAfter(Math.max(0, (silentSince ?? now) + this.#idleAfterMs - now));
  }

  #announceIdleness(): void {
    const idle = this.#clock.isIdle;
    if (idle === this.#announcedIdle) return;
    this.#announcedIdle = idle;
    this.#options.push({ kind: "status", status: idle ? "idle" : "active" });
  }
}
