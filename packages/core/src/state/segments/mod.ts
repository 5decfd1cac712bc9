/**
 * State in immutable segments: each sealed epoch with changes adds a layer to a chain, and a checkpoint names the chain.
 * `docs/format.md` has the bytes.
 *
 * @module
 */
export { layersIn } from "./handle-codec.ts";
export { nameOrigin, type NameOrigin } from "./names.ts";
export type { SegmentIo } from "./segment-io.ts";
export { EVERYTHING, intersection, isInScope, isSameScope, type StoreScope } from "./scope.ts";
export { segmentSession, type SegmentSessionOptions, type SweptManifestStore } from "./session.ts";
export { mayHaveWithin, NamesSeen, type StateNames } from "./state-names.ts";
export { sweepable, type SweepPosition } from "./sweep.ts";
export { DEFAULT_TUNING, type SegmentTuning } from "./tuning.ts";
