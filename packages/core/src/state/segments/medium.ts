import type { Env } from "../../env/env.ts";
import { BlockCache } from "./block-cache.ts";
import type { SegmentPlace } from "./handle-codec.ts";
import { objectName } from "./names.ts";
import { Pace, REQUEST_WORK, workOf } from "./pace.ts";
import { Packs } from "./packs.ts";
import type { SegmentIo } from "./segment-io.ts";
import type { SegmentTuning } from "./tuning.ts";

/** What all stores of a session read from and write to: the objects, one cache of blocks, one pack that is open, one pace. */
export class SegmentMedium {
  readonly env: Env;
  readonly tuning: SegmentTuning;
  readonly cache: BlockCache;
  readonly packs: Packs;
  readonly pace: Pace;
  /** Of what nobody waits for, folds above all: it takes nothing from others, nor others from it. */
  readonly slowPace: Pace;
  readonly io: SegmentIo;
  readonly #waiting: (() => void)[] = [];
  readonly #session: string;
  #generation = 0;
  #epoch = 0;
  #objects = 0;
  #reads = 0;

  constructor(io: SegmentIo, env: Env, tuning: SegmentTuning) {
    this.io = io;
    this.env = env;
    this.tuning = tuning;
    this.cache = new BlockCache(tuning.cacheBytes);
    this.#session = Math.floor(env.random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, "0");
    this.pace = new Pace(env);
    this.slowPace = new Pace(env);
    const { cache, pace } = this;
    this.packs = new Packs({ io, cache, pace, limitBytes: tuning.packBytes, draw: () => this.#draw() });
  }

  /** Told which generation writes, and of the newest epoch that is being sealed: names say both. */
  advance(generation: number, epoch: number): void {
    this.#generation = Math.max(this.#generation, generation);
    this.#epoch = Math.max(this.#epoch, epoch);
  }

  /** A segment that is in memory as a whole. `isUse`: that counts for the cache. */
  resident(place: SegmentPlace, sizeBytes: number, isUse: boolean): Uint8Array | undefined {
    if (place.kind === "inline") return place.bytes;
    const { name, offset } = place;
    const held = this.packs.resident(name, offset, isUse);
    if (held !== undefined || this.io.resident === undefined) return held;
    return this.io.resident(name)?.subarray(offset, offset + sizeBytes);
  }

  /** Reads a range of an object; of all reads that are asked for only some are under way, and only a few begin in one turn. */
  async read(
    name: string,
    range: { readonly offset: number; readonly length: number },
    pace: Pace,
  ): Promise<Uint8Array | undefined> {
    if (this.#reads >= this.tuning.parallelReads) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#reads++;
    try {
      const turn = pace.share(REQUEST_WORK + workOf(range.length));
      if (turn !== undefined) await turn;
      return await this.io.get(name, range);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#reads--;
      else next();
    }
  }

  #draw(): string {
    const [generation, epoch, session] = [this.#generation, this.#epoch, this.#session];
    return objectName({ generation, epoch, session, number: this.#objects++ });
  }
}
