import type { KeyRange, StateEntry, StateStore } from "../backend.ts";

/** How subtasks whose state may leave memory are given it back. */
export interface RestoreReading {
  /** How many bytes of entries are handed over at once to operators that read what they lack. */
  readonly pagedBytes: number;
  /** Reads the entries of some ranges in order. */
  readonly scan: (
    store: Pick<StateStore, "scan">,
    ranges: readonly KeyRange[],
  ) => AsyncGenerator<readonly StateEntry[], void, undefined>;
}

/** So many ranges are being read at most: what each costs is mostly waiting, and of each a slice is in memory. */
const RANGES_MAX = 16;

interface Begun {
  readonly slices: AsyncIterator<readonly StateEntry[]>;
  readonly first: Promise<IteratorResult<readonly StateEntry[]>>;
}

/**
 * Every entry of some ranges, one range after the other, in slices. Those that come next are begun meanwhile, one more with each
 * range that is over: who stops within the first has asked for nothing else.
 */
export async function* scanRanges(
  store: Pick<StateStore, "scan">,
  ranges: readonly KeyRange[],
): AsyncGenerator<readonly StateEntry[], void, undefined> {
  const begun: Begun[] = [];
  try {
    for (let over = 0; over < ranges.length; over++) {
      const together = Math.min(RANGES_MAX, over + 1);
      for (const range of ranges.slice(over + begun.length, over + together)) begun.push(begin(store, range));
      const { slices, first } = begun[0] as Begun;
      for (let slice = await first; slice.done !== true; slice = await slices.next()) yield slice.value;
      begun.shift();
    }
  } finally {
    await Promise.allSettled(begun.map(async ({ slices }) => slices.return?.()));
  }
}

function begin(store: Pick<StateStore, "scan">, range: KeyRange): Begun {
  const slices = store.scan(range)[Symbol.asyncIterator]();
  const first = slices.next();
  // Whoever comes to it hears of a failure.
  first.catch(() => undefined);
  return { slices, first };
}
