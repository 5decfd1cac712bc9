import { compareBytes } from "../../bytes/compare.ts";
import type { Change } from "./delta.ts";
import type { LayerRef } from "./handle-codec.ts";
import type { SegmentMedium } from "./medium.ts";
import type { RangeSet } from "./range-set.ts";
import { isInScope, type StoreScope } from "./scope.ts";
import { Segment, UNREAD } from "./segment.ts";
import type { StateNames } from "./state-names.ts";

/** A layer that is read by range. */
export class Layer implements LayerRef {
  readonly epoch: number;
  readonly scope: StoreScope;
  readonly states: StateNames;
  readonly segments: readonly Segment[];
  readonly sizeBytes: number;
  readonly entries: number;
  readonly hasRanges: boolean;

  constructor(medium: SegmentMedium, { epoch, scope, states, segments }: LayerRef) {
    this.epoch = epoch;
    this.scope = scope;
    this.states = states;
    this.segments = segments.map((segment) => new Segment(medium, segment));
    this.sizeBytes = segments.reduce((sum, { facts }) => sum + facts.sizeBytes, 0);
    this.entries = segments.reduce((sum, { facts }) => sum + facts.puts + facts.deletes, 0);
    this.hasRanges = (segments[0]?.facts.ranges ?? 0) > 0;
  }

  /** Whether it stands in the handle. */
  get isInline(): boolean {
    return this.segments.every(({ place }) => place.kind === "inline");
  }

  /** Reads the ends of its segments. @throws {StateError} STATE_CORRUPT if one is missing or damaged. */
  async open(): Promise<void> {
    await Promise.all(this.segments.map((segment) => segment.index()));
  }

  /** What it says of a key: `null` if it deletes it, `undefined` if it says nothing, as far as that is in memory. */
  findNow(key: Uint8Array): Change | undefined | typeof UNREAD {
    if (!isInScope(this.scope, key)) return undefined;
    const found = this.segments[this.segmentOf(key)]?.findNow(key);
    if (found !== undefined || !this.hasRanges) return found;
    const ranges = this.segments[0]?.indexNow()?.ranges;
    if (ranges === undefined) return UNREAD;
    return ranges.covers(key) ? null : undefined;
  }

  /** What it says of a key: `null` if it deletes it, `undefined` if it says nothing. */
  async find(key: Uint8Array): Promise<Change | undefined> {
    if (!isInScope(this.scope, key)) return undefined;
    const found = await this.segments[this.segmentOf(key)]?.find(key);
    if (found !== undefined || !this.hasRanges) return found;
    return (await this.ranges())?.covers(key) === true ? null : undefined;
  }

  /** Its range deletes, if it has any. */
  async ranges(): Promise<RangeSet | undefined> {
    return this.hasRanges ? (await this.segments[0]?.index())?.ranges : undefined;
  }

  /** The number of the segment in which a key is, if it is there; -1 if it comes before all of them. */
  segmentOf(key: Uint8Array): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { facts } = this.segments[middle] as Segment;
      if (compareBytes(facts.firstKey, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
