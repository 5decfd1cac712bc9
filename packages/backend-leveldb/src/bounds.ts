import { CheckpointError } from "@tidemark/core";
import { ByteReader, ByteWriter } from "@tidemark/core/internal";
import type { LevelRows, RowChange } from "./level-rows.ts";
import { BOUNDS_KEY } from "./row-keys.ts";

/**
 * Which epochs the rows can still be turned back to: images below `floor` were released, and above `ceiling` nothing was
 * sealed, or it was rolled back. The floor is raised, and the ceiling lowered, by a batch before those that it speaks of,
 * so that no image that is missing can be taken for one that never was. The ceiling is raised by a durable batch behind
 * all that was sealed: it is the one that makes a checkpoint's rows outlive a power failure.
 */
export class Bounds {
  readonly #rows: LevelRows;
  #floor: number;
  #ceiling: number;

  private constructor(rows: LevelRows, floor: number, ceiling: number) {
    this.#rows = rows;
    this.#floor = floor;
    this.#ceiling = ceiling;
  }

  static async read(rows: LevelRows): Promise<Bounds> {
    const payload = await rows.get(BOUNDS_KEY);
    if (payload === undefined) return new Bounds(rows, 0, 0);
    const reader = new ByteReader(payload);
    return new Bounds(rows, reader.u64(), reader.u64());
  }

  /** Whether nothing was ever sealed, or all was emptied since. */
  get isUntouched(): boolean {
    return this.#ceiling === 0;
  }

  /** @throws {CheckpointError} CHECKPOINT_MISSING if the rows cannot show `epoch` any more, or never could. */
  assertHolds(epoch: number, act: string): void {
    if (epoch > 0 && epoch >= this.#floor && epoch <= this.#ceiling) return;
    const held = this.#ceiling === 0 ? "no sealed epoch" : `epochs ${this.#floor} to ${this.#ceiling} only`;
    throw new CheckpointError(
      "CHECKPOINT_MISSING",
      `Cannot ${act} epoch ${epoch}: ${this.#rows.name} holds ${held}. Restore one of these, or a savepoint`,
      { details: { epoch, floor: this.#floor, ceiling: this.#ceiling } },
    );
  }

  /** An epoch was sealed: it can be exported from now on. Another process hears of it with {@link flush}. */
  raiseCeiling(epoch: number): void {
    this.#ceiling = Math.max(this.#ceiling, epoch);
  }

  /** Everything that was written so far is on the disk when it resolves, and that it was sealed. */
  async flush(): Promise<void> {
    await this.#rows.commitDurably([this.#row(this.#floor, this.#ceiling)]);
  }

  /** Whatever is above `epoch` is about to be rolled back. */
  async lowerCeiling(epoch: number): Promise<void> {
    if (epoch === 0 && this.#ceiling > 0) await this.#write(0, 0);
    else if (epoch < this.#ceiling) await this.#write(this.#floor, epoch);
  }

  /** Images of epochs up to `epoch` are about to be released. */
  async raiseFloor(epoch: number): Promise<void> {
    if (epoch > this.#floor) await this.#write(epoch, this.#ceiling);
  }

  async #write(floor: number, ceiling: number): Promise<void> {
    await this.#rows.commit([this.#row(floor, ceiling)]);
    this.#floor = floor;
    this.#ceiling = ceiling;
  }

  #row(floor: number, ceiling: number): RowChange {
    const writer = new ByteWriter(16);
    writer.u64(floor);
    writer.u64(ceiling);
    return { key: BOUNDS_KEY, payload: writer.finish() };
  }
}
