import type { Env, PollResult, SourceReader, SourceSplit } from "@tidemark/core";

/** How much may be caught up at once after a pause, in milliseconds. */
const BURST_MS = 100;

/** A reader behind a bucket of permits, which fills at a steady rate. */
export class ThrottledReader<T, Split extends SourceSplit> implements SourceReader<T, Split> {
  readonly #reader: SourceReader<T, Split>;
  readonly #env: Env;
  readonly #permitsPerMs: number;
  readonly #permitsMax: number;
  /** Missing where the reader cannot do it. */
  readonly pauseSplits?: (paused: ReadonlySet<string>) => void;
  #permits: number;
  #filledAt: number;
  #waitsForPermit = false;
  #cancelWait: (() => void) | undefined;

  constructor(reader: SourceReader<T, Split>, env: Env, recordsPerSecond: number) {
    this.#reader = reader;
    this.#env = env;
    if (reader.pauseSplits !== undefined) this.pauseSplits = (paused) => reader.pauseSplits?.(paused);
    this.#permitsPerMs = recordsPerSecond / 1_000;
    this.#permitsMax = Math.max(1, this.#permitsPerMs * BURST_MS);
    this.#permits = 1;
    this.#filledAt = env.monotonic();
  }

  addSplits(splits: readonly Split[]): void {
    this.#reader.addSplits(splits);
  }

  poll(limit: number): PollResult<T> {
    const now = this.#env.monotonic();
    this.#permits = Math.min(this.#permitsMax, this.#permits + (now - this.#filledAt) * this.#permitsPerMs);
    this.#filledAt = now;
    this.#waitsForPermit = this.#permits < 1;
    if (this.#waitsForPermit) return "later";
    const found = this.#reader.poll(Math.min(limit, Math.floor(this.#permits)));
    if (typeof found === "object") this.#permits -= found.values.length + (found.rejected?.length ?? 0);
    return found;
  }

  available(): Promise<void> {
    if (!this.#waitsForPermit) return this.#reader.available();
    const waitMs = Math.max(1, Math.ceil((1 - this.#permits) / this.#permitsPerMs));
    this.#cancelWait?.();
    return new Promise((resolve) => {
      this.#cancelWait = this.#env.schedule(waitMs, resolve);
    });
  }

  snapshot(checkpointId?: number): readonly Split[] {
    return this.#reader.snapshot(checkpointId);
  }

  checkpointCompleted(checkpointId: number): void {
    this.#reader.checkpointCompleted?.(checkpointId);
  }

  async close(): Promise<void> {
    this.#cancelWait?.();
    await this.#reader.close();
  }
}
