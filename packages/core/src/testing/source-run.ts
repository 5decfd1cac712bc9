import type { AnySource, PollResult, SourceReader, SourceSplit, SplitEnumerator } from "../connect/source.ts";
import { expect } from "./state-backend/expect.ts";
import { SuiteClock } from "./suite-clock.ts";

/** How often a reader may say that there may be something when there is nothing. */
const ROUNDS_MAX = 100;

/** A split, seen from outside. */
export type Split = SourceSplit & Readonly<Record<string, unknown>>;

/** What a checkpoint holds of a source. */
export interface SourceSnapshot {
  readonly enumerator: unknown;
  readonly splits: readonly Split[];
}

/** A record as text. */
export const key = (value: unknown): string => JSON.stringify(value) ?? String(value);

/** Runs a source the way the engine does: one enumerator, and a reader for each subtask. */
export class SourceRun {
  readonly read: { readonly splitId: string; readonly key: string }[] = [];
  readonly #clock = new SuiteClock();
  readonly #enumerator: SplitEnumerator<unknown>;
  readonly #readers: readonly SourceReader<unknown, Split>[];
  /** The readers that were told that they get no further split. */
  readonly #told = new Set<number>();
  readonly #asked = new Set<number>();

  private constructor(source: AnySource<unknown>, parallelism: number, restored: SourceSnapshot | undefined) {
    const { env } = this.#clock;
    const place = { env, sourceId: "source", parallelism };
    this.#readers = Array.from({ length: parallelism }, (_, subtask) => source.createReader({ ...place, subtask }));
    this.#enumerator = source.createEnumerator(
      {
        ...place,
        assign: (subtask, split: Split) => {
          this.#asked.delete(subtask);
          this.#readers[subtask]?.addSplits([split]);
        },
        noMoreSplits: (subtask) => this.#told.add(subtask),
      },
      restored?.enumerator,
    );
  }

  static async start(
    source: AnySource<unknown>,
    parallelism: number = 1,
    restored?: SourceSnapshot,
  ): Promise<SourceRun> {
    const run = new SourceRun(source, parallelism, restored);
    // Restored splits are dealt out to the readers before the enumerator starts: it has what no reader was given.
    restored?.splits.forEach((split, index) => run.#readers[index % parallelism]?.addSplits([split]));
    await run.#enumerator.start();
    return run;
  }

  get keys(): string[] {
    return this.read.map((record) => record.key).toSorted();
  }

  /** Polls until so many records were read, or to the end. Answers whether the end was reached. */
  async readTo(count: number, limit: number = 3): Promise<boolean> {
    while (this.read.length < count) {
      const results = this.#readers.map((reader, subtask) =>
        this.#poll(reader, subtask, Math.min(limit, count - this.read.length)),
      );
      if (results.every((result) => result === "over")) return true;
      if (results.some((result) => result === "some")) continue;
      const waiting = this.#readers.filter((_, subtask) => results[subtask] === "nothing");
      await this.#clock.waitFor(
        waiting.length === 0 ? this.#clock.env.turn() : Promise.race(waiting.map((reader) => reader.available())),
      );
    }
    return false;
  }

  /** Polls one reader alone for a while, as event-time alignment does when the others are too far ahead. */
  async readAhead(subtask: number): Promise<void> {
    const reader = this.#readers[subtask] as SourceReader<unknown, Split>;
    for (let polls = 0; polls < 10; polls++) {
      const result = this.#poll(reader, subtask, 1);
      if (result === "over") return;
      if (result !== "some") await this.settle();
    }
  }

  /** Lets splits be paused, and no others. Answers whether the source can do that. */
  pause(splitIds: readonly string[]): boolean {
    for (const reader of this.#readers) {
      if (reader.pauseSplits === undefined) return false;
      reader.pauseSplits(new Set(splitIds));
    }
    return true;
  }

  /** Reads the splits that are not paused to their end. Then the readers have nothing more to say. */
  async readBeside(paused: readonly string[]): Promise<void> {
    for (const [subtask, reader] of this.#readers.entries()) {
      const readable = (): boolean => reader.snapshot().some(({ id }) => !paused.includes(id));
      while (readable()) {
        const from = this.read.length;
        const result = this.#poll(reader, subtask, 3);
        for (const { splitId } of this.read.slice(from)) {
          expect(!paused.includes(splitId), `a record of split "${splitId}", which is paused`);
        }
        if (result === "nothing" && readable()) await this.#clock.waitFor(reader.available());
      }
      if (reader.snapshot().length > 0) await this.#expectSilence(reader);
    }
  }

  /** What was under way may be heard of, but a reader that has nothing to give does not go on asking to be polled. */
  async #expectSilence(reader: SourceReader<unknown, Split>): Promise<void> {
    for (let rounds = 0; rounds < ROUNDS_MAX; rounds++) {
      const found = reader.poll(3);
      expect(found === "nothing" || found === "later", "a reader with nothing but paused splits has nothing");
      let pending = true;
      const settled = (): void => {
        pending = false;
      };
      // It may still be waited for when the reader is closed.
      void reader.available().then(settled, settled);
      await this.settle();
      if (pending) return;
    }
    expect(false, "available() goes on resolving though all splits are paused");
  }

  #poll(reader: SourceReader<unknown, Split>, subtask: number, limit: number): "some" | "nothing" | "over" | "asked" {
    if (limit === 0) return "some";
    const result: PollResult<unknown> = reader.poll(limit);
    if (result === "nothing" || result === "later") return "nothing";
    if (result === "finished") {
      if (this.#told.has(subtask)) return "over";
      if (!this.#asked.has(subtask)) {
        this.#asked.add(subtask);
        this.#enumerator.handleSplitRequest(subtask);
      }
      return "asked";
    }
    expect(Array.isArray(result.values), "poll gives its answer at once: a batch, nothing or finished");
    const count = result.values.length + (result.rejected?.length ?? 0);
    expect(count <= limit, `poll(${limit}) gave ${count} records`);
    const { timestamps } = result;
    expect(
      timestamps === undefined || timestamps.length === result.values.length,
      "a batch has a timestamp for each value, or none",
    );
    for (const value of result.values) this.read.push({ splitId: result.splitId, key: key(value) });
    return "some";
  }

  /** What the readers and the enumerator would put into a checkpoint now. */
  snapshot(): SourceSnapshot {
    const splits = this.#readers.flatMap((reader) => reader.snapshot());
    return { enumerator: this.#enumerator.snapshot(), splits };
  }

  /** Gives the readers the chance to read ahead of what was polled. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 5; turns++) await this.#clock.env.turn();
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.close()));
    await this.#enumerator.close();
  }
}
