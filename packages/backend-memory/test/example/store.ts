import type { KeyRange, StateEntry, StateStore, StoreOptions } from "@tidemark/core";
import { bytesOf, isIn, type Medium, type State, textOf } from "./medium.ts";

/** All keys there can be: they begin with their key group, which is below 0xffff. */
const ALL: KeyRange = { from: new Uint8Array(0), to: Uint8Array.of(0xff, 0xff) };

/** What one subtask owns: as it was restored, and then one copy for each epoch in which something was written. */
export function openStore(medium: Medium, options: StoreOptions, restoredEpoch: number): StateStore {
  const restore = (): Map<string, Uint8Array> =>
    new Map([...medium.load(options.parts)].filter(([key]) => isIn(options, key)));
  const nameOf = (epoch: number): string => `${options.generation}-${epoch}-${options.owner}`;
  let copies = [{ epoch: restoredEpoch, state: restore() }];
  const newest = () => copies.at(-1)!;

  return {
    readSync: (key) => newest().state.get(textOf(key)),
    read: async (keys) => keys.map((key) => newest().state.get(textOf(key))),
    scan: (range) => slices(newest().state, range),
    async write(epoch, { puts, deletes, rangeDeletes }) {
      if (epoch > newest().epoch) copies.push({ epoch, state: new Map(newest().state) });
      const { state } = newest();
      for (const range of rangeDeletes) for (const key of keysIn(state, range)) state.delete(key);
      for (const key of deletes) state.delete(textOf(key));
      for (const { key, value } of puts) state.set(textOf(key), value);
    },
    async seal(epoch) {
      const sealed = copies.findLast((copy) => copy.epoch <= epoch)!;
      copies = copies.filter((copy) => copy.epoch >= sealed.epoch);
      medium.states.set(nameOf(epoch), sealed.state);
      return bytesOf(nameOf(epoch));
    },
    export(epoch) {
      const part = { keyGroups: options.keyGroups, handle: bytesOf(nameOf(epoch)) };
      return slices(epoch === restoredEpoch ? restore() : medium.load([part]), ALL);
    },
    close: async () => undefined,
  };
}

/** The entries of a range in bounded slices, each read when it is asked for. */
export async function* slices(state: State, range: KeyRange): AsyncGenerator<readonly StateEntry[]> {
  const keys = keysIn(state, range);
  for (let start = 0; start < keys.length; start += 1_000) {
    yield keys.slice(start, start + 1_000).flatMap((key) => {
      const value = state.get(key);
      return value === undefined ? [] : [{ key: bytesOf(key), value }];
    });
  }
}

function keysIn(state: State, range: KeyRange): readonly string[] {
  const [from, to] = [textOf(range.from), textOf(range.to)];
  return [...state.keys()].filter((key) => key >= from && key < to).toSorted();
}
