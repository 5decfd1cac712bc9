// runtimes: node24
/** Windows of every kind in whole jobs, against their definitions on plain arrays. */
import { test } from "node:test";

import { emits, sideOutput, type Stream, valueState } from "@tidemark/core";
import { calendarDays, calendarMonths, calendarWeeks } from "@tidemark/core/calendar";
import {
  continuousProcessingTrigger,
  continuousTrigger,
  countEvictor,
  countTrigger,
  countWindows,
  deltaEvictor,
  type Evictor,
  eventTimeTrigger,
  global,
  processingTime,
  purgingTrigger,
  session,
  sliding,
  timeEvictor,
  tumbling,
  upTo,
  windowProcess,
  type WindowResult,
} from "@tidemark/core/windows";
import fc from "fast-check";

import { countedFirings, firingsOf, type Keeps } from "../reference/firings.ts";
import {
  countMeaning,
  gridSpans,
  type Happening,
  type Item,
  type Meaning,
  type Result,
  sessionMeaning,
  spanMeaning,
} from "../reference/windows.ts";
import { anyInputs, type Input, itemsOf, ownKeyOf, ownKeys } from "./input.ts";
import { agrees, JOBS, type Items, step, type Steps, STREAMS } from "./trial.ts";

/** Collects ids in place: an accumulator that must not be shared. */
const ids = {
  create: (): number[] => [],
  add: (taken: number[], { id }: Item): number[] => {
    taken.push(id);
    return taken;
  },
  result: (taken: number[]): readonly number[] => [...taken],
  merge: (into: number[], from: number[]): number[] => {
    into.push(...from);
    return into;
  },
};
const { merge: _merge, ...unmergeable } = ids;

const keyOf = ({ key }: Item): number => key;
const idText = (of: readonly number[]): string => of.toSorted((one, other) => one - other).join(" ");
const resultText = ({ key, start, end, ids: of }: Result): string => `${key} ${start}..${end}: ${idText(of)}`;

type Results = Stream<WindowResult<number, readonly number[]>, "exactly-once">;
const late = sideOutput<Item>("late");

const shown = (results: Results): Stream<string, "exactly-once"> =>
  results.map(({ key, window, value }) => resultText({ key, ...window, ids: value }));

/** The results, and the records that came too late. */
const withLate = (results: Results): Stream<string, "exactly-once"> =>
  shown(results).union(results.sideOutput(late).map(({ id }) => `late ${id}`));

const rowsOf = ({ results, late: of }: Meaning): readonly string[] => [
  ...results.map(resultText),
  ...of.map((id) => `late ${id}`),
];

/** The end of time comes when all input has. */
const toTheEnd = ({ stream }: Input): readonly Happening[] => [...stream, { watermark: Number.MAX_SAFE_INTEGER }];

const lateness = fc.constantFrom(0, 1, 5, 30);
const grid = fc.record({
  size: fc.integer({ min: 1, max: 30 }),
  every: fc.integer({ min: 1, max: 30 }),
  offset: fc.nat(40),
  lateMs: lateness,
});

const kinds: Steps = {
  "tumbling, aggregate": step(
    grid,
    (stream, { size, offset, lateMs }) =>
      withLate(
        stream
          .keyBy(keyOf)
          .window("tumbling", tumbling(`${size}ms`, { offset: `${offset}ms` }), {
            allowedLateness: upTo(`${lateMs}ms`),
            lateOutput: late,
          })
          .aggregate(ids),
      ),
    (input, { size, offset, lateMs }) => rowsOf(spanMeaning(input.stream, gridSpans(size, size, offset), lateMs)),
  ),
  "tumbling, reduce": step(
    grid,
    (stream, { size }) =>
      stream
        .keyBy(keyOf)
        .window("reduced", tumbling(`${size}ms`))
        .reduce((one, other) => ({ ...one, id: one.id + other.id }))
        .map(({ key, window, value }) => `${key} ${window.start}: ${value.id}`),
    (input, { size }) =>
      spanMeaning(input.stream, gridSpans(size, size, 0), 0).results.map(
        ({ key, start, ids: of }) => `${key} ${start}: ${of.reduce((one, other) => one + other, 0)}`,
      ),
  ),
  "sliding, in slices": step(
    grid,
    (stream, { size, every, offset }) =>
      withLate(
        stream
          .keyBy(keyOf)
          .window("sliced", sliding(`${size}ms`, `${every}ms`, { offset: `${offset}ms` }), { lateOutput: late })
          .aggregate(ids),
      ),
    (input, { size, every, offset }) => rowsOf(spanMeaning(input.stream, gridSpans(size, every, offset), 0)),
  ),
  "sliding, in copies": step(
    grid,
    (stream, { size, every, lateMs }) =>
      withLate(
        stream
          .keyBy(keyOf)
          .window("copied", sliding(`${size}ms`, `${every}ms`), {
            allowedLateness: upTo(`${lateMs}ms`),
            lateOutput: late,
          })
          .aggregate(unmergeable),
      ),
    (input, { size, every, lateMs }) => rowsOf(spanMeaning(input.stream, gridSpans(size, every, 0), lateMs)),
  ),
  session: step(
    fc.record({ gap: fc.option(fc.integer({ min: 1, max: 20 })), lateMs: lateness }),
    (stream, { gap, lateMs }) =>
      withLate(
        stream
          .keyBy(keyOf)
          .window("sessions", gap === null ? session((item: Item) => item.gap) : session(`${gap}ms`), {
            allowedLateness: upTo(`${lateMs}ms`),
            lateOutput: late,
          })
          .aggregate(ids),
      ),
    (input, { gap, lateMs }) => rowsOf(sessionMeaning(toTheEnd(input), (item) => gap ?? item.gap, lateMs)),
  ),
  count: step(
    fc.record({ size: fc.integer({ min: 1, max: 6 }), slide: fc.integer({ min: 1, max: 6 }) }),
    (stream, { size, slide }) =>
      stream
        .keyBy(ownKeyOf)
        .window("counted", countWindows(size, { slide }))
        .aggregate(ids)
        .map(({ value }) => value.join(" ")),
    (input, { size, slide }) => countMeaning(ownItems(input), size, slide).map((of) => of.join(" ")),
  ),
  process: step(
    fc.record({ size: fc.integer({ min: 1, max: 30 }), lateMs: lateness }),
    (stream, { size, lateMs }) =>
      stream
        .keyBy(keyOf)
        .window("processed", tumbling(`${size}ms`), { allowedLateness: upTo(`${lateMs}ms`) })
        .process(
          windowProcess({
            windowState: { firings: valueState(0) },
            onWindow(all, { key, window, windowState: { firings } }) {
              firings.update(firings.get() + 1);
              return [`${resultText({ key, ...window, ids: all.map(({ id }) => id) })} number ${firings.get()}`];
            },
          }),
        ),
    (input, { size, lateMs }) =>
      firingsOf(input.stream, size, lateMs, { early: Infinity, late: 1, purges: false }).firings.map(
        (firing) => `${resultText(firing)} number ${firing.number}`,
      ),
  ),
  "state across windows": step(
    fc.record({ size: fc.integer({ min: 1, max: 30 }) }),
    (stream, { size }) =>
      stream
        .keyBy(keyOf)
        .window("across", tumbling(`${size}ms`))
        .aggregate(
          ids,
          windowProcess({
            globalState: { before: valueState(0) },
            onWindow(of, { key, window, globalState: { before } }) {
              before.update(before.get() + of.length);
              return [`${key} ${window.start}: ${before.get()}`];
            },
          }),
        ),
    (input, { size }) => {
      const { results } = spanMeaning(input.stream, gridSpans(size, size, 0), 0);
      return results.map(({ key, start }) => {
        const until = results.filter((result) => result.key === key && result.start <= start);
        return `${key} ${start}: ${until.reduce((sum, result) => sum + result.ids.length, 0)}`;
      });
    },
  ),
};

const ownItems = (input: Input): readonly Item[] => itemsOf({ ...input, stream: ownKeys(input) });

/** An evictor, and which records it keeps. */
const evictions: Readonly<Record<string, (n: number, after: boolean) => readonly [Evictor<Item>, Keeps]>> = {
  count: (n, after) => [countEvictor(n, { after }), (items) => items.slice(-n)],
  time: (n, after) => [
    timeEvictor(`${n}ms`, { after }),
    (items) => items.filter(({ at }) => at > Math.max(...items.map((item) => item.at)) - n),
  ],
  delta: (n, after) => [
    deltaEvictor(n, (one, last) => Math.abs(one.gap - last.gap), { after }),
    (items) => items.filter(({ gap }) => Math.abs(gap - (items.at(-1) as Item).gap) < n),
  ],
};
const eviction = fc.record({
  kind: fc.constantFrom(...Object.keys(evictions)),
  n: fc.integer({ min: 1, max: 15 }),
  after: fc.boolean(),
  every: fc.integer({ min: 1, max: 4 }),
});
type Eviction = typeof eviction extends fc.Arbitrary<infer E> ? E : never;
const evictionOf = ({ kind, n, after }: Eviction): readonly [Evictor<Item>, Keeps] =>
  (evictions[kind] as (typeof evictions)[string])(n, after);

/** What a window says that tells of itself again and again: its longest result, at the end. */
function longest(id: string, results: Results): Stream<string, "exactly-once"> {
  return results
    .keyBy(({ key, window }) => [key, window.start])
    .process(id, {
      state: { most: valueState<readonly number[]>([]) },
      emits: emits<string>(),
      onRecord({ value }, { state, setEventTimer }) {
        if (value.length > state.most.get().length) state.most.update(value);
        setEventTimer(1_000_000);
      },
      onTimer: (_time, { key, state, emit }) => emit(`${key.join(" ")}: ${idText(state.most.get())}`),
    });
}

const triggered = (stream: Items, id: string, size: number, lateMs: number) =>
  [stream.keyBy(ownKeyOf), id, tumbling(`${size}ms`), { allowedLateness: upTo(`${lateMs}ms`) }] as const;

const triggers: Steps = {
  "event time, early and late by count": step(
    fc.record({
      size: fc.integer({ min: 1, max: 40 }),
      early: fc.integer({ min: 1, max: 4 }),
      late: fc.integer({ min: 1, max: 3 }),
      purges: fc.boolean(),
      lateMs: lateness,
    }),
    (stream, { size, lateMs, purges, ...rule }) => {
      const [keyed, id, windows, options] = triggered(stream, "early-and-late", size, lateMs);
      const byCount = eventTimeTrigger({ early: countTrigger(rule.early), late: countTrigger(rule.late) });
      const trigger = purges ? purgingTrigger(byCount) : byCount;
      return withLate(keyed.window(id, windows, { ...options, trigger, lateOutput: late }).aggregate(ids));
    },
    (input, { size, lateMs, ...rule }) => {
      const { firings, late: of } = firingsOf(ownKeys(input), size, lateMs, rule);
      return rowsOf({ results: firings, late: of });
    },
  ),
  "continuous, of event time and of processing time": step(
    fc.record({ size: fc.integer({ min: 1, max: 40 }), every: fc.integer({ min: 1, max: 20 }), byClock: fc.boolean() }),
    (stream, { size, every, byClock }) => {
      const trigger = byClock
        ? eventTimeTrigger({ early: continuousProcessingTrigger(`${every}ms`) })
        : continuousTrigger(`${every}ms`);
      const results = stream
        .keyBy(keyOf)
        .window("continuous", tumbling(`${size}ms`), { trigger })
        .aggregate(ids);
      return longest("longest", results);
    },
    (input, { size }) =>
      spanMeaning(input.stream, gridSpans(size, size, 0), 0).results.map(
        ({ key, start, ids: of }) => `${key} ${start}: ${idText(of)}`,
      ),
  ),
  "processing time": step(
    fc.integer({ min: 1, max: 40 }),
    (stream, size) =>
      stream
        .keyBy(keyOf)
        .window("by-the-clock", tumbling(`${size}ms`, { time: processingTime }))
        .aggregate(ids)
        .flatMap(({ key, value }) => value.map((id) => `${key}: ${id}`)),
    (input) => itemsOf(input).map(({ key, id }) => `${key}: ${id}`),
  ),
  "global, with an evictor": step(
    eviction,
    (stream, settings) =>
      stream
        .keyBy(ownKeyOf)
        .window("global", global(), { trigger: countTrigger(settings.every), evictor: evictionOf(settings)[0] })
        .process(windowProcess({ onWindow: (all) => [all.map(({ id }) => id).join(" ")] })),
    (input, settings) => {
      const keeps = evictionOf(settings)[1];
      return countedFirings(ownItems(input), settings.every, settings.after ? { after: keeps } : { before: keeps }).map(
        (items) => items.map(({ id }) => id).join(" "),
      );
    },
  ),
  "tumbling, with an evictor": step(
    eviction,
    (stream, settings) =>
      stream
        .keyBy(ownKeyOf)
        .window("evicting", tumbling("40ms"), { evictor: evictionOf({ ...settings, after: false })[0] })
        .aggregate(ids)
        .map(({ key, window, value }) => `${key} ${window.start}: ${value.join(" ")}`),
    (input, settings) => {
      const items = new Map(itemsOf(input).map((item) => [item.id, item]));
      const keeps = evictionOf(settings)[1];
      return spanMeaning(ownKeys(input), gridSpans(40, 40, 0), 0).results.map(({ key, start, ids: of }) => {
        const kept = keeps(of.map((id) => items.get(id) as Item));
        return `${key} ${start}: ${kept.map(({ id }) => id).join(" ")}`;
      });
    },
  ),
};

/** Where clocks are changed, in both directions and by half an hour, and where they are not. */
const ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"];
const CHANGES = [
  "1969-12-31T23:00Z",
  "2021-03-28T01:00Z",
  "2021-04-03T15:00Z",
  "2021-10-02T15:30Z",
  "2021-10-31T01:00Z",
  "2021-11-07T06:00Z",
  "2022-03-13T07:00Z",
  "2022-03-27T01:00Z",
  "2022-04-02T15:00Z",
  "2022-10-01T15:30Z",
  "2022-10-30T01:00Z",
  "2022-11-06T06:00Z",
  "2023-03-12T07:00Z",
  "2023-03-26T01:00Z",
  "2023-04-01T15:00Z",
  "2023-09-30T15:30Z",
  "2023-10-29T01:00Z",
  "2023-11-05T06:00Z",
  "2024-03-31T01:00Z",
  "2024-04-06T15:00Z",
].map((text) => Date.parse(text));
/** Of those, some that have months between them. */
const FAR_APART = ["1969-12-31T23:00Z", "2021-03-28T01:00Z", "2021-10-02T15:30Z", "2022-03-13T07:00Z"].map((text) =>
  Date.parse(text),
);
const HALF_HOUR_MS = 1_800_000;

const formats = new Map(
  ZONES.map((timeZone) => [timeZone, new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" })]),
);
const dateOf = (zone: string, at: number): string => (formats.get(zone) as Intl.DateTimeFormat).format(at);

/** What the dates of one window of the calendar have in common. */
const UNITS = {
  days: (date: string): string => date,
  weeks: (date: string): string => {
    const dayMs = 86_400_000;
    const sinceMonday = (new Date(date).getUTCDay() + 6) % 7;
    return new Date(Date.parse(date) - sinceMonday * dayMs).toISOString();
  },
  months: (date: string): string => date.slice(0, 7),
} as const;
type Unit = keyof typeof UNITS;

const ASSIGNERS = { days: calendarDays, weeks: calendarWeeks, months: calendarMonths } as const;

const known = new Map<string, { readonly start: number; readonly end: number }>();

/** From the first half hour whose date lies in the same day, week or month, to the first one whose date does not. */
function spanOf(zone: string, unit: Unit, at: number): { readonly start: number; readonly end: number } {
  const unitAt = (time: number): string => UNITS[unit](dateOf(zone, time));
  const name = `${zone} ${unit} ${unitAt(at)}`;
  const found = known.get(name);
  if (found !== undefined) return found;
  let start = Math.floor(at / HALF_HOUR_MS) * HALF_HOUR_MS;
  let end = start;
  while (unitAt(start - HALF_HOUR_MS) === unitAt(at)) start -= HALF_HOUR_MS;
  while (unitAt(end) === unitAt(at)) end += HALF_HOUR_MS;
  known.set(name, { start, end });
  return { start, end };
}

const calendars = (...units: readonly Unit[]): Steps => ({
  calendar: step(
    fc.record({ zone: fc.constantFrom(...ZONES), unit: fc.constantFrom(...units) }),
    (stream, { zone, unit }) =>
      withLate(stream.keyBy(keyOf).window("calendar", ASSIGNERS[unit](zone), { lateOutput: late }).aggregate(ids)),
    (input, { zone, unit }) => rowsOf(spanMeaning(input.stream, (at) => [spanOf(zone, unit, at)], 0)),
  ),
});

test("windows commit what their definitions say, with late records (WIN-01, WIN-04, WIN-05, COR-08)", async () => {
  await agrees(kinds, [anyInputs(STREAMS)], JOBS);
});

test("windows with triggers and evictors commit what their definitions say (WIN-01, WIN-04)", async () => {
  await agrees(triggers, [anyInputs(STREAMS)], JOBS);
});

test("days of the calendar are those of a clock on the wall, where it is put forward and back (WIN-01)", async () => {
  await agrees(calendars("days"), [anyInputs({ factor: HALF_HOUR_MS, moments: CHANGES })], JOBS);
});

test("weeks and months of the calendar are those of a clock on the wall (WIN-01)", async () => {
  await agrees(calendars("weeks", "months"), [anyInputs({ factor: 24 * HALF_HOUR_MS, moments: FAR_APART })], JOBS);
});
