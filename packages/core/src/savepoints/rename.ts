import { compareBytes, concatBytes } from "../bytes/compare.ts";
import { ByteReader } from "../bytes/reader.ts";
import { ConfigurationError } from "../errors.ts";
import type { KeyRange, StateEntry } from "../state/backend.ts";
import { moveEntryKey } from "../state/entry-codec.ts";
import { encodeKey } from "../state/key-codec.ts";
import { prefixRange } from "../state/key-range.ts";
import { operatorPrefix } from "../state/layout.ts";
import { compareText, type ImageFacts, type SnapshotImage } from "./image.ts";

/** New ids of steps, by their old ones. */
export type Renames = Readonly<Record<string, string>>;

/** All ids that a snapshot holds something of. */
export function stepIds({ sources, operators, operatorStates, sinks }: ImageFacts): readonly string[] {
  return [
    ...sources.map(({ sourceId }) => sourceId),
    // An operator may have both: state by key, and state by subtask.
    ...new Set([...operators, ...operatorStates].map(({ operatorId }) => operatorId)),
    ...sinks.map(({ sinkId }) => sinkId),
  ];
}

/**
 * An image in which steps have other ids.
 *
 * @throws {ConfigurationError} OPTION_INVALID if there is no step of an old id, or a new one is taken.
 */
export function renamed(image: SnapshotImage, renames: Renames): SnapshotImage {
  const ids = stepIds(image.facts);
  const unknown = Object.keys(renames).filter((id) => !ids.includes(id));
  if (unknown.length > 0) throw invalid(image, `there is no step ${quoted(unknown)}; there are ${quoted(ids)}`);
  const newId = (id: string): string => (Object.hasOwn(renames, id) ? (renames[id] as string) : id);
  const taken = ids.map(newId).filter((id, place, all) => all.indexOf(id) !== place);
  if (taken.length > 0) throw invalid(image, `two steps would have the id ${quoted(taken)}`);
  if (ids.every((id) => newId(id) === id)) return image;
  const { sources, operators, operatorStates, sinks } = image.facts;
  const moves = operators
    .map(({ operatorId }) => ({ from: operatorId, to: newId(operatorId) }))
    .toSorted((a, b) => compareBytes(encodeKey(a.to), encodeKey(b.to)));
  const facts: ImageFacts = {
    ...image.facts,
    sources: sources
      .map((source) => ({ ...source, sourceId: newId(source.sourceId) }))
      .toSorted((a, b) => compareText(a.sourceId, b.sourceId)),
    operators: operators
      .map((operator) => ({ ...operator, operatorId: newId(operator.operatorId) }))
      .toSorted((a, b) => compareText(a.operatorId, b.operatorId)),
    operatorStates: operatorStates
      .map((operator) => ({ ...operator, operatorId: newId(operator.operatorId) }))
      .toSorted((a, b) => compareText(a.operatorId, b.operatorId)),
    sinks: sinks
      .map((sink) => ({ ...sink, sinkId: newId(sink.sinkId) }))
      .toSorted((a, b) => compareText(a.sinkId, b.sinkId)),
  };
  return {
    name: image.name,
    identity: image.identity,
    facts,
    scan: (range) => scanMoved(image, moves, range),
    close: () => image.close(),
  };
}

interface Move {
  readonly from: string;
  readonly to: string;
}

/** The entries of a range of new keys: those of each operator stand elsewhere among the old ones. */
async function* scanMoved(
  image: SnapshotImage,
  moves: readonly Move[],
  range: KeyRange,
): AsyncGenerator<readonly StateEntry[], void, undefined> {
  const last = Math.min(image.facts.keyGroups - 1, groupAt(range.to));
  for (let group = groupAt(range.from); group <= last; group++) {
    for (const { from, to } of moves) {
      const source = sourceRange(
        prefixRange(operatorPrefix(group, from)),
        prefixRange(operatorPrefix(group, to)),
        range,
      );
      if (source === undefined) continue;
      for await (const slice of image.scan(source)) {
        yield from === to ? slice : slice.map(({ key, value }) => ({ key: moveEntryKey(key, from, to), value }));
      }
    }
  }
}

/** The part of a range that lies in `target`, as keys of `source`; both hold the keys of one prefix. */
function sourceRange(source: KeyRange, target: KeyRange, range: KeyRange): KeyRange | undefined {
  if (compareBytes(range.from, target.to) >= 0 || compareBytes(range.to, target.from) <= 0) return undefined;
  const swapped = (key: Uint8Array): Uint8Array => concatBytes([source.from, key.subarray(target.from.length)]);
  return {
    from: compareBytes(range.from, target.from) > 0 ? swapped(range.from) : source.from,
    to: compareBytes(range.to, target.to) < 0 ? swapped(range.to) : source.to,
  };
}

/** The key group with which a bound begins. */
function groupAt(bound: Uint8Array): number {
  return bound.length < 2 ? 0 : new ByteReader(bound).u16();
}

function quoted(ids: readonly string[]): string {
  return ids.length === 0 ? "none" : ids.map((id) => JSON.stringify(id)).join(", ");
}

function invalid({ name }: SnapshotImage, found: string): ConfigurationError {
  return new ConfigurationError("OPTION_INVALID", `Cannot rename steps of ${name}: ${found}`);
}
