import { CheckpointError } from "@tidemark/core";
import { ByteReader, ByteWriter } from "@tidemark/core/internal";
import type { LevelRows } from "./level-rows.ts";
import { BOUNDS_KEY } from "./row-keys.ts";

/**
 * Which epochs the rows can still be turned back to: images below `floor` were released, and above `ceiling` nothing was
 * sealed, or it was rolled back. The row is on the disk before anything happens that it speaks of, so that no image that
 * is missing can be taken for one that never was.
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

  /** An epoch was sealed. */
  async raiseCeiling(epoch: number): Promise<void> {
    if (epoch > this.#ceiling) await this.#write(this.#floor, epoch);
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
    const writer = new ByteWriter(16);
    writer.u64(floor);
    writer.u64(ceiling);
    await this.#rows.commit([{ key: BOUNDS_KEY, payload: writer.finish() }]);
    this.#floor = floor;
    this.#ceiling = ceiling;
  }
}
