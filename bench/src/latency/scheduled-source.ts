import type { EnumeratorContext, PollResult, Source, SourceReader, SplitEnumerator } from "@tidemark/core";

/** When each record is there, whoever waits for it: an open loop. */
export interface Schedule {
  readonly recordsPerSecond: number;
  /** How many records there are. */
  readonly records: number;
  /** When the first one is there, as `performance.now()` has it; unknown until the source is read for the first time. */
  startedAt: number | undefined;
}

interface ScheduleSplit {
  readonly id: string;
  readonly position: number;
}

/** A schedule that has not begun. */
export function schedule(recordsPerSecond: number, records: number): Schedule {
  return { recordsPerSecond, records, startedAt: undefined };
}

/** When a record was due, in milliseconds after the first. */
export function dueMs({ recordsPerSecond }: Schedule, index: number): number {
  return (index * 1_000) / recordsPerSecond;
}

/**
 * Gives records when they are due, as somebody who does not care how far the reader is. A reader that comes late finds all
 * that has piled up, and how late each record is counts from when it was due.
 */
export function scheduledSource<T>(
  plan: Schedule,
  create: (index: number) => T,
): Source<T, ScheduleSplit, boolean, true> {
  return {
    name: "a schedule",
    replayable: true,
    bounded: true,
    createEnumerator: (context, restored) => new ScheduleEnumerator(context, restored ?? false),
    createReader: () => new ScheduleReader(plan, create),
  };
}

class ScheduleEnumerator implements SplitEnumerator<boolean> {
  readonly #context: EnumeratorContext<ScheduleSplit>;
  #given: boolean;

  constructor(context: EnumeratorContext<ScheduleSplit>, given: boolean) {
    this.#context = context;
    this.#given = given;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  handleSplitRequest(subtask: number): void {
    if (this.#given) this.#context.noMoreSplits(subtask);
    else this.#context.assign(subtask, { id: "schedule", position: 0 });
    this.#given = true;
  }

  snapshot(): boolean {
    return this.#given;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class ScheduleReader<T> implements SourceReader<T, ScheduleSplit> {
  readonly #plan: Schedule;
  readonly #create: (index: number) => T;
  #split: ScheduleSplit | undefined;
  #position = 0;

  constructor(plan: Schedule, create: (index: number) => T) {
    this.#plan = plan;
    this.#create = create;
  }

  addSplits(splits: readonly ScheduleSplit[]): void {
    [this.#split] = splits;
    this.#position = this.#split?.position ?? 0;
  }

  poll(limit: number): PollResult<T> {
    if (this.#position >= this.#plan.records) this.#split = undefined;
    const split = this.#split;
    if (split === undefined) return "finished";
    const begin = this.#position;
    const end = Math.min(begin + limit, this.#dueNow());
    if (end <= begin) return "nothing";
    const values: T[] = [];
    for (let index = begin; index < end; index++) values.push(this.#create(index));
    this.#position = end;
    return { splitId: split.id, values };
  }

  available(): Promise<void> {
    if (this.#split === undefined || this.#position >= this.#plan.records || this.#dueNow() > this.#position) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      setTimeout(resolve, 1);
    });
  }

  snapshot(): readonly ScheduleSplit[] {
    return this.#split === undefined ? [] : [{ ...this.#split, position: this.#position }];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** How many records are due by now. */
  #dueNow(): number {
    const plan = this.#plan;
    plan.startedAt ??= performance.now();
    const elapsed = performance.now() - plan.startedAt;
    return Math.min(plan.records, Math.floor((elapsed * plan.recordsPerSecond) / 1_000) + 1);
  }
}
