/**
 * What windows mean, on plain arrays: no state, no timers, no slices, and nothing of the engine. A stream is a list of what
 * happens; a watermark is a number in it. Written from the definitions, to be slow and obvious.
 */

/** A record of the streams that windows are tried on. */
export interface Item {
  readonly key: number;
  readonly id: number;
  readonly at: number;
  /** Of the sessions that are of no fixed gap. */
  readonly gap: number;
}

/** What happens: a record comes, or event time reaches a moment. */
export type Happening = Item | { readonly watermark: number };

/** One result: the ids of the records that it was made of, in no particular order, and its window. */
export interface Result {
  readonly key: number;
  readonly start: number;
  readonly end: number;
  readonly ids: readonly number[];
}

/** All that comes of a stream. */
export interface Meaning {
  readonly results: readonly Result[];
  readonly late: readonly number[];
}

interface Span {
  readonly start: number;
  readonly end: number;
}

interface Arrival {
  readonly item: Item;
  /** The event time reached when it came. */
  readonly watermark: number;
}

/** The records in the order in which they came, each with the event time that had been reached. */
function arrivals(stream: readonly Happening[]): readonly Arrival[] {
  let watermark = -Infinity;
  const found: Arrival[] = [];
  for (const happening of stream) {
    if ("watermark" in happening) watermark = Math.max(watermark, happening.watermark);
    else found.push({ item: happening, watermark });
  }
  return found;
}

/**
 * Windows that follow from the time of a record. A window takes what comes before event time has passed its last
 * millisecond by the lateness; it has one result of what came before its last millisecond, and one more after each later
 * record.
 */
export function spanMeaning(
  stream: readonly Happening[],
  spansOf: (at: number) => readonly Span[],
  latenessMs: number,
): Meaning {
  const taken = new Map<string, { readonly key: number; readonly span: Span; readonly by: Arrival[] }>();
  const late: number[] = [];
  for (const arrival of arrivals(stream)) {
    const { item, watermark } = arrival;
    const spans = spansOf(item.at);
    const open = spans.filter(({ end }) => end - 1 + latenessMs > watermark);
    if (spans.length > 0 && open.length === 0) late.push(item.id);
    for (const span of open) {
      const name = `${item.key} ${span.start} ${span.end}`;
      const window = taken.get(name) ?? { key: item.key, span, by: [] };
      window.by.push(arrival);
      taken.set(name, window);
    }
  }
  const results = [...taken.values()].flatMap(({ key, span, by }) => {
    const inTime = by.filter(({ watermark }) => watermark < span.end - 1).length;
    const ids = by.map(({ item }) => item.id);
    return ids.flatMap((_id, index) =>
      index + 1 >= inTime && (index + 1 > inTime || inTime > 0) ? [{ key, ...span, ids: ids.slice(0, index + 1) }] : [],
    );
  });
  return { results, late };
}

/** Windows of a size, one to begin at each multiple of `every` and the offset: all of them that a time lies in. */
export function gridSpans(size: number, every: number, offset: number): (at: number) => readonly Span[] {
  return (at) => {
    const spans: Span[] = [];
    // From well before to well after: no clever bounds.
    const around = Math.trunc((at - offset) / every);
    const reach = Math.ceil(size / every) + 2;
    for (let number = around - reach; number <= around + reach; number++) {
      const start = number * every + offset;
      if (start <= at && at < start + size) spans.push({ start, end: start + size });
    }
    return spans;
  };
}

/**
 * Sessions, when no record is late: the records of a key in the order of their times; one that begins no later than what
 * came before it lasts belongs to the same session.
 */
export function sessionsInTime(items: readonly Item[], gapOf: (item: Item) => number): readonly Result[] {
  const results: { key: number; start: number; end: number; ids: number[] }[] = [];
  const keys = new Set(items.map(({ key }) => key));
  for (const key of keys) {
    let session: { key: number; start: number; end: number; ids: number[] } | undefined;
    for (const item of items.filter((each) => each.key === key).toSorted((a, b) => a.at - b.at)) {
      const end = item.at + gapOf(item);
      if (session === undefined || item.at > session.end) {
        session = { key, start: item.at, end, ids: [item.id] };
        results.push(session);
      } else {
        session.end = Math.max(session.end, end);
        session.ids.push(item.id);
      }
    }
  }
  return results;
}

interface Session extends Span {
  readonly key: number;
  readonly ids: readonly number[];
  /** Whether it has had a result since it grew. */
  readonly told: boolean;
}

/**
 * Sessions in general: one is there until event time has reached its end and the lateness. A record joins all sessions of
 * its key that its own touches; if it touches none, and its own would be over, it is late. A session has a result when
 * event time reaches its end, and after each record that it takes from then on.
 */
export function sessionMeaning(
  stream: readonly Happening[],
  gapOf: (item: Item) => number,
  latenessMs: number,
): Meaning {
  let watermark = -Infinity;
  let sessions: readonly Session[] = [];
  const results: Result[] = [];
  const late: number[] = [];
  const tell = ({ key, start, end, ids }: Session): void => void results.push({ key, start, end, ids });
  for (const happening of stream) {
    if ("watermark" in happening) {
      watermark = Math.max(watermark, happening.watermark);
      const reached = watermark;
      sessions = sessions.map((session) => {
        if (session.told || session.end > reached) return session;
        tell(session);
        return { ...session, told: true };
      });
      sessions = sessions.filter(({ end }) => end + latenessMs > reached);
      continue;
    }
    const { key, id, at } = happening;
    const own = { start: at, end: at + gapOf(happening) };
    const joined = sessions.filter(
      (session) => session.key === key && session.start <= own.end && session.end >= own.start,
    );
    if (joined.length === 0 && own.end + latenessMs <= watermark) {
      late.push(id);
      continue;
    }
    const start = Math.min(own.start, ...joined.map((session) => session.start));
    const end = Math.max(own.end, ...joined.map((session) => session.end));
    const session = { key, start, end, ids: [...joined.flatMap(({ ids }) => ids), id], told: end <= watermark };
    if (session.told) tell(session);
    sessions = [...sessions.filter((each) => !joined.includes(each)), session];
  }
  return { results, late };
}

/** Windows of `size` records of a key: after each `slide` of them, the last `size`; whole ones only if they do not overlap. */
export function countMeaning(items: readonly Item[], size: number, slide: number): readonly (readonly number[])[] {
  return [...new Set(items.map(({ key }) => key))].flatMap((key) => {
    const ids = items.filter((item) => item.key === key).map(({ id }) => id);
    const ends = ids.map((_id, index) => index + 1).filter((number) => number % slide === 0);
    return ends.map((end) => ids.slice(Math.max(0, end - size), end));
  });
}
