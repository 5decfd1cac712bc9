import type { AnySource, SourceSplit, SplitEnumerator } from "../connect/source.ts";
import type { Barrier } from "../checkpoint/barrier.ts";
import type { Env } from "../env/env.ts";
import type { SourceState } from "../checkpoint/manifest.ts";
import { decodeValue, encodeValue } from "../state/value-codec.ts";
import { NO_TIMESTAMP } from "../time/timestamps.ts";
import type { SourceDriver } from "./source-driver.ts";

/** What a source coordinator needs of its surroundings. */
export interface SourceCoordinatorOptions {
  readonly env: Env;
  readonly sourceId: string;
  readonly source: AnySource<unknown>;
  readonly drivers: readonly SourceDriver[];
  readonly restored: SourceState | undefined;
}

/**
 * Runs the enumerator of one source. Its state and the barriers of all readers are cut in one go, and a split assigned
 * between the cut and a reader's barrier waits for that barrier: so every split is in exactly one of the two.
 */
export class SourceCoordinator {
  readonly sourceId: string;
  readonly #drivers: readonly SourceDriver[];
  readonly #enumerator: SplitEnumerator<unknown>;
  readonly #restored: SourceState | undefined;

  constructor({ env, sourceId, source, drivers, restored }: SourceCoordinatorOptions) {
    this.sourceId = sourceId;
    this.#drivers = drivers;
    this.#restored = restored;
    const state = restored === undefined ? undefined : decodeValue(restored.enumerator);
    this.#enumerator = source.createEnumerator(
      {
        env,
        sourceId,
        parallelism: drivers.length,
        assign: (subtask, split) => this.#driver(subtask).assign(split as SourceSplit, NO_TIMESTAMP),
        noMoreSplits: (subtask) => this.#driver(subtask).noMoreSplits(),
      },
      state,
    );
    for (const driver of drivers) driver.onSplitRequest(() => this.#enumerator.handleSplitRequest(driver.subtask));
  }

  /** Deals out the restored splits and lets the enumerator find new ones. */
  async start(): Promise<void> {
    // Watermarks in flight hold for the splits that their reader had: with as many readers each gets its own again.
    const isSame = this.#restored?.parallelism === this.#drivers.length;
    this.#restored?.splits.forEach(({ split, maxTimestamp, subtask }, index) => {
      const reader = isSame && subtask !== undefined ? subtask : index % this.#drivers.length;
      this.#driver(reader).assign(decodeValue(split) as SourceSplit, maxTimestamp);
    });
    await this.#enumerator.start();
    for (const driver of this.#drivers) driver.begin();
  }

  /** Cuts: returns the enumerator's state, and every reader will come upon its barrier next. */
  trigger(barrier: Barrier): Uint8Array {
    const state = encodeValue(this.#enumerator.snapshot());
    for (const driver of this.#drivers) driver.inject(barrier);
    return state;
  }

  async close(): Promise<void> {
    await this.#enumerator.close();
  }

  #driver(subtask: number): SourceDriver {
    const driver = this.#drivers[subtask];
    if (driver === undefined) {
      throw new RangeError(
        `Cannot assign a split of "${this.sourceId}" to subtask ${subtask}: there are ${this.#drivers.length}`,
      );
    }
    return driver;
  }
}
