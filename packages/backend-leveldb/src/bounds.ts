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
  #clean: number;

  private constructor(rows: LevelRows, { floor, ceiling, clean }: BoundsFields) {
    this.#rows = rows;
    this.#floor = floor;
    this.#ceiling = ceiling;
    this.#clean = clean;
  }

  static async read(rows: LevelRows): Promise<Bounds> {
    const payload = await rows.get(BOUNDS_KEY);
    if (payload === undefined) return new Bounds(rows, { floor: 0, ceiling: 0, clean: 0 });
    const reader = new ByteReader(payload);
    return new Bounds(rows, { floor: reader.u64(), ceiling: reader.u64(), clean: reader.u64() });
  }

  /** No images are left of epochs up to this one. Whoever looks for some need not pass over all that was ever deleted. */
  get cleanEpoch(): number {
    return this.#clean;
  }

  /** The images of epochs up to `epoch` are gone. It is written with whatever is next: a crash makes it come later. */
  noteClean(epoch: number): void {
    this.#clean = Math.max(this.#clean, epoch);
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
    await this.#rows.commitDurably([this.#row({ floor: this.#floor, ceiling: this.#ceiling, clean: this.#clean })]);
  }

  /** Whatever is above `epoch` is about to be rolled back. */
  async lowerCeiling(epoch: number): Promise<void> {
    if (epoch === 0 && this.#ceiling > 0) await this.#write({ floor: 0, ceiling: 0, clean: 0 });
    else if (epoch < this.#ceiling) await this.#write({ floor: this.#floor, ceiling: epoch, clean: this.#clean });
  }

  /** Images of epochs up to `epoch` are about to be released. */
  async raiseFloor(epoch: number): Promise<void> {
    if (epoch > this.#floor) await this.#write({ floor: epoch, ceiling: this.#ceiling, clean: this.#clean });
  }

  async #write(fields: BoundsFields): Promise<void> {
    await this.#rows.commit([this.#row(fields)]);
    this.#floor = fields.floor;
    this.#ceiling = fields.ceiling;
    this.#clean = fields.clean;
  }

  #row({ floor, ceiling, clean }: BoundsFields): RowChange {
    const writer = new ByteWriter(24);
    writer.u64(floor);
    writer.u64(ceiling);
    writer.u64(clean);
    return { key: BOUNDS_KEY, payload: writer.finish() };
  }
}

interface BoundsFields {
  readonly floor: number;
  readonly ceiling: number;
  readonly clean: number;
}
