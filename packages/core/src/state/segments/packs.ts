import type { BlockCache, CachedBlock } from "./block-cache.ts";
import type { SegmentRef } from "./handle-codec.ts";
import { joined, type Pace } from "./pace.ts";
import type { EncodedSegment } from "./segment-codec.ts";
import type { SegmentIo } from "./segment-io.ts";
import { lastly } from "../../lastly.ts";

/** Objects that may be on their way at one time before a writer has to wait. */
const ON_THEIR_WAY_MAX = 2;

/** Objects that could not be written may be so many before they have to be. */
const FAILED_MAX = 2;

/** A segment that may be alone is if it has at least this size. */
const ALONE_BYTES_MIN: number = 1024 * 1024;

/** What {@link Packs} are made of. */
export interface PacksOptions {
  readonly io: SegmentIo;
  readonly cache: BlockCache;
  readonly pace: Pace;
  /** A pack is written without waiting for a flush once it has this size. */
  readonly limitBytes: number;
  /** A name that nobody else draws. */
  readonly draw: () => string;
}

interface Pack {
  readonly name: string;
  /** By the offset at which they begin. */
  readonly segments: Map<number, Uint8Array>;
  sizeBytes: number;
  writing: Promise<void> | undefined;
}

/**
 * Objects that the stores of a session share: each new segment goes into the one that is open, and a flush writes it. What
 * is not written yet is read from memory, and what was, as long as the cache keeps it.
 */
export class Packs {
  readonly #options: PacksOptions;
  readonly #unwritten = new Map<string, Pack>();
  readonly #recent = new Map<string, CachedBlock>();
  #open: Pack | undefined = undefined;

  constructor(options: PacksOptions) {
    this.#options = options;
  }

  /** The names of the objects that are to be written yet. */
  get names(): readonly string[] {
    return [...this.#unwritten.keys()];
  }

  /**
   * Puts a segment into the open pack, or a large one that is to be alone into one of its own, which is written at once. It
   * is durable after the next {@link flush} that names it.
   */
  add({ bytes, facts }: EncodedSegment, isAlone: boolean): SegmentRef {
    const isOwn = isAlone && bytes.length >= ALONE_BYTES_MIN;
    const pack = isOwn ? this.#begin() : (this.#open ??= this.#begin());
    const offset = pack.sizeBytes;
    pack.segments.set(offset, bytes);
    pack.sizeBytes += bytes.length;
    if (isOwn || pack.sizeBytes >= this.#options.limitBytes) {
      // Whoever flushes learns of a failure: until then nothing depends on it.
      this.#close(pack).catch(() => undefined);
    }
    return { place: { kind: "object", name: pack.name, offset }, facts };
  }

  /** Waits until there is room for more. A failure is told by the next {@link flush}. */
  async room(): Promise<void> {
    const writing = [...this.#unwritten.values()].flatMap((pack) => pack.writing ?? []);
    if (writing.length > ON_THEIR_WAY_MAX) await Promise.allSettled(writing.slice(0, -ON_THEIR_WAY_MAX));
  }

  /** Whether so much could not be written that no more should come before it is: it is all in memory. */
  get isBehind(): boolean {
    return this.#failed().length > FAILED_MAX;
  }

  /** Writes again what could not be written. @throws what that fails with. */
  async catchUp(): Promise<void> {
    await this.flush(new Set(this.#failed().map(({ name }) => name)));
  }

  /** Writes those of `names` that are not written. After a failure it may be called again. */
  async flush(names: ReadonlySet<string>): Promise<void> {
    const wanted = [...this.#unwritten.values()].filter((pack) => names.has(pack.name));
    const results = await Promise.allSettled(wanted.map((pack) => this.#close(pack)));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  /** Forgets what could not be written and that nobody names any more. */
  keep(names: ReadonlySet<string>): void {
    for (const { name } of this.#failed()) if (!names.has(name)) this.#unwritten.delete(name);
  }

  /** A segment that is in memory as a whole. `isUse`: that counts for the cache. */
  resident(name: string, offset: number, isUse: boolean): Uint8Array | undefined {
    const unwritten = this.#unwritten.get(name)?.segments.get(offset);
    if (unwritten !== undefined) return unwritten;
    const recent = this.#recent.get(keyOf(name, offset));
    if (recent !== undefined && isUse) this.#options.cache.touch(recent);
    return recent?.bytes;
  }

  /** Nobody reads a segment any more, or seldom. */
  forget(name: string, offset: number): void {
    const recent = this.#recent.get(keyOf(name, offset));
    if (recent !== undefined) this.#options.cache.remove(recent);
  }

  #failed(): readonly Pack[] {
    return [...this.#unwritten.values()].filter((pack) => pack !== this.#open && pack.writing === undefined);
  }

  #begin(): Pack {
    const name = this.#options.draw();
    const pack: Pack = { name, segments: new Map(), sizeBytes: 0, writing: undefined };
    this.#unwritten.set(name, pack);
    return pack;
  }

  #close(pack: Pack): Promise<void> {
    if (this.#open === pack) this.#open = undefined;
    pack.writing ??= lastly(this.#write(pack), () => {
      pack.writing = undefined;
    });
    return pack.writing;
  }

  async #write(pack: Pack): Promise<void> {
    const { io, cache, pace } = this.#options;
    await io.put(pack.name, await joined([...pack.segments.values()], pace));
    this.#unwritten.delete(pack.name);
    if (io.resident !== undefined) return;
    for (const [offset, bytes] of pack.segments) {
      const key = keyOf(pack.name, offset);
      const recent = { bytes, drop: () => this.#recent.delete(key) };
      this.#recent.set(key, recent);
      cache.add(recent);
    }
  }
}

function keyOf(name: string, offset: number): string {
  return `${name} ${offset}`;
}
