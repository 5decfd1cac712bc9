import { ByteWriter } from "../bytes/writer.ts";
import { ConfigurationError } from "../errors.ts";
import type { KeyRange } from "../state/backend.ts";
import { isTimerState, isWindowState } from "../state/entry-codec.ts";
import { type Key, writeKey } from "../state/key-codec.ts";
import { keyGroupOf } from "../state/key-groups.ts";
import { ALL_KEYS, prefixRange } from "../state/key-range.ts";

/** Which entries are wanted. What is not given matches all. */
export interface EntryFilter {
  /** The id of an operator. */
  readonly operator?: string;
  /** A state of the operator: give the operator too. */
  readonly state?: string;
  /** All entries of one key. */
  readonly key?: Key;
  /** First and last, both included. */
  readonly keyGroups?: { readonly first: number; readonly last: number };
}

/**
 * The ranges that hold everything a filter wants, in order. They may hold more: keys stand behind the time of a timer, and behind some windows.
 *
 * @throws {ConfigurationError} OPTION_INVALID if the filter makes no sense.
 */
export function* rangesOf(filter: EntryFilter, groups: number): Generator<KeyRange, void, undefined> {
  const { operator, state, key, keyGroups } = filter;
  if (state !== undefined && operator === undefined) {
    throw new ConfigurationError(
      "OPTION_INVALID",
      `Cannot look for state ${JSON.stringify(state)} of any operator: give the operator too`,
    );
  }
  if (operator === undefined && key === undefined && keyGroups === undefined) {
    yield ALL_KEYS;
    return;
  }
  const { first, last } = keyGroups ?? { first: 0, last: groups - 1 };
  const only = key === undefined ? undefined : keyGroupOf(key, groups);
  const rest = suffix(filter);
  for (let group = Math.max(0, first); group <= Math.min(last, groups - 1); group++) {
    if (only !== undefined && group !== only) continue;
    const writer = new ByteWriter();
    writer.u16(group);
    writer.raw(rest);
    yield prefixRange(writer.finish());
  }
}

/** What the wanted keys have in common behind their key group. */
function suffix({ operator, state, key }: EntryFilter): Uint8Array {
  const writer = new ByteWriter();
  if (operator !== undefined) writeKey(writer, operator);
  if (state !== undefined) writeKey(writer, state);
  if (state !== undefined && key !== undefined && !isTimerState(state) && !isWindowState(state)) writeKey(writer, key);
  return writer.finish();
}
