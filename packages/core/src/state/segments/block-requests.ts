import type { BlockRef } from "./segment-codec.ts";
import { lastly } from "../../lastly.ts";

/** Blocks that are asked for at one time are read in one go if no more than this lies between them. */
const GAP_BYTES: number = 40 * 1024;

/** No such read is longer. */
const RUN_BYTES_MAX: number = 1024 * 1024;

/** Where the blocks of a segment come from. */
export interface BlockSource {
  /** What the index says of all of them. */
  blocks(): Promise<readonly BlockRef[]>;
  /** Reads some of them, in order, with one request. */
  load(numbers: readonly number[]): Promise<readonly Uint8Array[]>;
}

/** Requests of single blocks of one segment: what is asked for in one go, or twice, is read together where it lies near. */
export class BlockRequests {
  readonly #source: BlockSource;
  readonly #loading = new Map<number, Promise<Uint8Array>>();
  #asked: number[] = [];
  #next: Promise<ReadonlyMap<number, Promise<Uint8Array>>> | undefined;

  constructor(source: BlockSource) {
    this.#source = source;
  }

  /** One block. */
  block(number: number): Promise<Uint8Array> {
    let loading = this.#loading.get(number);
    if (loading === undefined) {
      this.#asked.push(number);
      // Not before all who ask now have done so.
      this.#next ??= Promise.resolve().then(() => this.#load());
      const next = this.#next;
      loading = lastly(this.#one(number, next), () => this.#loading.delete(number));
      this.#loading.set(number, loading);
    }
    return loading;
  }

  async #one(number: number, next: Promise<ReadonlyMap<number, Promise<Uint8Array>>>): Promise<Uint8Array> {
    return (await next).get(number) as Promise<Uint8Array>;
  }

  /** Begins to read what is asked for. */
  async #load(): Promise<ReadonlyMap<number, Promise<Uint8Array>>> {
    const asked = this.#asked.sort((one, other) => one - other);
    this.#asked = [];
    this.#next = undefined;
    const found = new Map<number, Promise<Uint8Array>>();
    for (const run of runsOf(await this.#source.blocks(), asked)) {
      const loading = this.#source.load(run);
      for (const [at, number] of run.entries()) {
        const one = loading.then((blocks) => blocks[at] as Uint8Array);
        // Whoever asked hears of a failure.
        one.catch(() => undefined);
        found.set(number, one);
      }
    }
    return found;
  }
}

/** Puts numbers of blocks that lie near each other together. They come in order. */
function runsOf(blocks: readonly BlockRef[], numbers: readonly number[]): readonly (readonly number[])[] {
  const runs: number[][] = [];
  let start = 0;
  let end = -Infinity;
  for (const number of numbers) {
    const { offset, sizeBytes } = blocks[number] as BlockRef;
    if (offset - end <= GAP_BYTES && offset + sizeBytes - start <= RUN_BYTES_MAX) {
      runs.at(-1)?.push(number);
    } else {
      runs.push([number]);
      start = offset;
    }
    end = offset + sizeBytes;
  }
  return runs;
}
