import type { KeyRange } from "../backend.ts";
import type { Change, Delta } from "./delta.ts";
import type { LayerRef, SegmentRef } from "./handle-codec.ts";
import type { SegmentMedium } from "./medium.ts";
import type { StoreScope } from "./scope.ts";
import { type Pace, SHARE_ENTRIES } from "./pace.ts";
import { SegmentWriter } from "./segment-codec.ts";
import { sliceOf } from "./slices.ts";
import { NamesSeen } from "./state-names.ts";

/** What the layer that is written shall be. */
export interface LayerTarget {
  readonly medium: SegmentMedium;
  readonly pace: Pace;
  readonly epoch: number;
  readonly scope: StoreScope;
  readonly ranges: readonly KeyRange[];
  /** The most bytes with which it may stand in the handle. */
  readonly inlineBytes: number;
  /** Whether they say which keys they have: not where they have nearly all. */
  readonly isFiltered: boolean;
  /** Whether large segments become objects of their own, which are written at once. Default: `false`. */
  readonly isAlone?: boolean;
}

/** Puts entries that come in the order of their keys into segments of bounded size. */
export class LayerWriter {
  readonly #target: LayerTarget;
  readonly #segments: SegmentRef[] = [];
  readonly #states = new NamesSeen();
  #writer: SegmentWriter;
  #added = 0;

  constructor(target: LayerTarget) {
    this.#target = target;
    this.#writer = new SegmentWriter(target.ranges, target.medium.tuning.blockBytes, target.isFiltered);
  }

  /** The names of the objects that it has put segments into. */
  get names(): readonly string[] {
    return this.#segments.flatMap(({ place }) => (place.kind === "object" ? [place.name] : []));
  }

  /** Await it only if it returns a promise: a share of work is over, or too much is on its way to the medium. */
  add(key: Uint8Array, value: Change): Promise<void> | undefined {
    const { pace, medium } = this.#target;
    this.#states.add(key);
    this.#writer.add(key, value);
    if (this.#writer.sizeBytes >= medium.tuning.segmentBytes) return this.#closeAndWait();
    return ++this.#added % SHARE_ENTRIES === 0 ? pace.share(SHARE_ENTRIES) : undefined;
  }

  /** The layer, which is durable after the next flush; `undefined` if it says nothing. */
  async finish(): Promise<LayerRef | undefined> {
    const { ranges, epoch, scope } = this.#target;
    if (this.#writer.entries > 0 || (this.#segments.length === 0 && ranges.length > 0)) await this.#close();
    if (this.#segments.length === 0) return undefined;
    return { epoch, scope, states: this.#states.names, segments: this.#segments };
  }

  async #closeAndWait(): Promise<void> {
    await this.#close();
    await this.#target.medium.packs.room();
  }

  async #close(): Promise<void> {
    const { medium, pace, inlineBytes, isFiltered, isAlone = false } = this.#target;
    const segment = await this.#writer.finish(pace);
    const { bytes, facts } = segment;
    const isInline = this.#segments.length === 0 && bytes.length <= inlineBytes;
    this.#segments.push(isInline ? { place: { kind: "inline", bytes }, facts } : medium.packs.add(segment, isAlone));
    this.#writer = new SegmentWriter([], medium.tuning.blockBytes, isFiltered);
  }
}

/** Writes what a delta says with a writer that was made for it. It must not change meanwhile. */
export async function encodeDelta(delta: Delta, writer: LayerWriter): Promise<LayerRef | undefined> {
  let from: Uint8Array = new Uint8Array(0);
  for (let after = false; ; after = true) {
    const slice = sliceOf<Change>(delta.entries, from, after);
    const last = slice.at(-1);
    if (last === undefined) return writer.finish();
    from = last.key;
    for (const { key, value } of slice) {
      const full = writer.add(key, value);
      if (full !== undefined) await full;
    }
  }
}
