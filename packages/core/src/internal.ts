/**
 * What the sibling packages of core share with it. No promise is made about any of this between versions.
 *
 * @module
 */
export { branchOf } from "./api/branch.ts";
export { assert } from "./assert.ts";
export { byteText } from "./bytes/byte-text.ts";
export { compareBytes, concatBytes, equalBytes, toHex } from "./bytes/compare.ts";
export { crc32c } from "./bytes/crc32.ts";
export { ByteReader } from "./bytes/reader.ts";
export { type Opened, openSealed, sealBytes } from "./bytes/sealed.ts";
export { ByteWriter } from "./bytes/writer.ts";
export { decodeHead, encodeHead } from "./checkpoint/head.ts";
export { decodeInFlight } from "./checkpoint/in-flight.ts";
export { decodeManifest } from "./checkpoint/manifest.ts";
export { messageOf } from "./errors.ts";
export { checkFunction, checkWhole, invalidOption } from "./invalid-option.ts";
export { decodeBatch, encodeBatch, type RecordColumns } from "./state/columns/batch-codec.ts";
export type { Channel } from "./runtime/channel.ts";
export type { Topology } from "./runtime/topology.ts";
export { hashBytes, isInKeyGroups } from "./state/key-groups.ts";
export { ALL_KEYS, prefixRange } from "./state/key-range.ts";
export { KeyFilter } from "./state/paging/key-filter.ts";
export {
  DEFAULT_TUNING,
  EVERYTHING,
  intersection,
  isInScope,
  isSameScope,
  layersIn,
  mayHaveWithin,
  nameOrigin,
  type NameOrigin,
  NamesSeen,
  type SegmentIo,
  segmentSession,
  type SegmentSessionOptions,
  type SegmentTuning,
  type StateNames,
  type StoreScope,
  sweepable,
  type SweepPosition,
  type SweptManifestStore,
} from "./state/segments/mod.ts";
export { decodeValue, encodeValue } from "./state/value-codec.ts";
export { durationMs } from "./time/duration.ts";
