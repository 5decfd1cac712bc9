/**
 * The course of a run: what each attempt did between its start and its end, put together from what the children said.
 *
 * @module
 */
import type { Aim } from "./aims.ts";
import type { FeedPlaces } from "./feed-map.ts";
import type { CheckpointFacts, Message, Progress } from "./messages.ts";

/** What stands for the named point of a kill that was not aimed at one. */
export const ANY_MOMENT = "any moment";

/** A kill that happened. */
export interface Kill {
  readonly phase: string;
  /** The named point the child stood at, or what happened instead. */
  readonly point: string;
  readonly atMs: number;
  /** Place in the feed that had been reached. */
  readonly position: number;
  readonly eventTime: number | undefined;
}

/** One life of the job. Times are milliseconds since the run began. */
export interface Attempt {
  readonly startedMs: number;
  /** The farthest place in the feed that any attempt before had reached. */
  readonly furthest: number;
  /** When the first record was read. */
  firstRecordMs: number | undefined;
  /** How many records of the feed the restored checkpoint already had. */
  restored: number | undefined;
  records: number;
  kill: Kill | undefined;
}

/** How many records had been read at a moment, replayed ones included. */
export interface Sample {
  readonly atMs: number;
  readonly read: number;
}

/** Takes the messages of one attempt after the other. */
export class Course {
  readonly attempts: Attempt[] = [];
  readonly samples: Sample[] = [{ atMs: 0, read: 0 }];
  /** Ids of all completed checkpoints. */
  readonly completed = new Set<number>();
  /** What is known of those that were not cut short by a kill, by id. */
  readonly checkpoints = new Map<number, CheckpointFacts>();
  memoryBytesMax = 0;
  latest: Progress | undefined;
  readonly #feed: FeedPlaces;
  readonly #now: () => number;
  #readBefore = 0;
  #furthest = 0;
  #positionBefore = 0;
  /** For each split of this attempt the place it is read from. */
  #firsts = new Map<number, number>();

  /** @param now milliseconds since the run began. */
  constructor(feed: FeedPlaces, now: () => number) {
    this.#feed = feed;
    this.#now = now;
  }

  get attempt(): Attempt {
    return this.attempts.at(-1)!;
  }

  /** The place in the feed reached by the attempt that runs. */
  get position(): number {
    const { restored, records } = this.attempt;
    return restored === undefined ? this.#positionBefore : restored + records;
  }

  /** Records read by all attempts together. */
  get read(): number {
    return this.#readBefore + this.attempt.records;
  }

  get kills(): Kill[] {
    return this.attempts.flatMap((attempt) => attempt.kill ?? []);
  }

  begin(): void {
    if (this.attempts.length > 0) {
      this.#readBefore = this.read;
      this.#positionBefore = this.position;
      this.#furthest = Math.max(this.#furthest, this.#positionBefore);
    }
    this.#firsts = new Map();
    this.attempts.push({
      startedMs: this.#now(),
      furthest: this.#furthest,
      firstRecordMs: undefined,
      restored: undefined,
      records: 0,
      kill: undefined,
    });
  }

  take(message: Message): void {
    if (message.type === "split") this.#assigned(message.byte, message.restored);
    else if (message.type === "reading") this.attempt.firstRecordMs = this.#now();
    else if (message.type === "completed") this.completed.add(message.id);
    else if (message.type === "progress") this.#progress(message);
    else if (message.type === "stopped" || message.type === "finished") this.#progress(message.progress);
  }

  /** When an attempt was again where the job had been before: all that it read from then on was new. */
  caughtUpMs({ startedMs, restored, furthest }: Attempt): number | undefined {
    if (restored === undefined) return undefined;
    const from = this.samples.findIndex((sample) => sample.atMs >= startedMs);
    const readBefore = this.samples[from - 1]?.read ?? 0;
    return this.samples.slice(from).find((sample) => restored + sample.read - readBefore >= furthest)?.atMs;
  }

  /** Notes that the attempt was killed just now. */
  killed(aim: Aim, point: string): void {
    this.attempt.kill = {
      phase: point === (aim.point ?? ANY_MOMENT) ? aim.phase : `missed: ${aim.phase}`,
      point,
      atMs: this.#now(),
      position: this.position,
      eventTime: this.latest?.eventTime,
    };
  }

  #assigned(byte: number, restored: boolean): void {
    const place = this.#feed.placeAt(byte);
    this.#firsts.set(this.#feed.splitOf(place), place);
    const { starts, rows } = this.#feed;
    this.attempt.restored = starts.reduce((sum, start, split) => {
      // A split that is not in the restored checkpoint was read to its end; without one all are read from the start.
      const end = restored ? (starts[split + 1] ?? rows) : start;
      return sum + (this.#firsts.get(split) ?? end) - start;
    }, 0);
  }

  #progress(progress: Progress): void {
    this.latest = progress;
    const attempt = this.attempt;
    attempt.records = progress.records;
    this.memoryBytesMax = Math.max(this.memoryBytesMax, progress.memoryBytes);
    if (progress.last !== undefined) this.checkpoints.set(progress.last.id, progress.last);
    this.samples.push({ atMs: this.#now(), read: this.read });
  }
}
