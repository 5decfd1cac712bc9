import {
  emits,
  mapState,
  type Pipeline,
  pipeline,
  sideOutput,
  type StepOptions,
  type Stream,
  valueState,
} from "@tidemark/core";
import { splitListState, subtaskProcess, unionListState } from "@tidemark/core/state";
import { countWindows, session, sliding, tumbling, windowProcess } from "@tidemark/core/windows";

import { gridSpans, type Item, type Result, sessionsInTime, spanMeaning } from "../reference/windows.ts";
import { broadcastingJob } from "./broadcasting-job.ts";
import { pacedSource } from "./paced-source.ts";
import type { Building, SuiteJob } from "./suite-job.ts";

/** A record of the suite's jobs. */
export interface Click {
  /** Belongs to one split alone, so that the order of its records is known. */
  readonly user: string;
  readonly page: string;
  readonly at: number;
  readonly amount: number;
}

const SPLITS = 3;
const RECORDS = 40;
const BOUND_MS = 60;
const WINDOW_MS = 100;

/** Records of one split, out of order by up to `disorderMs`. */
function clicksOf(split: number, disorderMs: number): readonly Click[] {
  let state = 12_345 + split;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
  return Array.from({ length: RECORDS }, (_, index) => ({
    user: `u${split}-${below(4)}`,
    page: `p${below(3)}`,
    at: 1_000 + index * 25 + BOUND_MS - below(disorderMs + 1),
    amount: 1 + below(9),
  }));
}

const splits = Array.from({ length: SPLITS }, (_, split) => clicksOf(split, BOUND_MS));
const clicks = splits.flat();
/** One split, with records that lie further back than the bound allows. */
const unruly = clicksOf(7, 4 * BOUND_MS);

function begin(
  building: Building,
  from: readonly (readonly Click[])[] = splits,
  options: StepOptions = {},
): [Pipeline<"exactly-once">, Stream<Click, "exactly-once">] {
  const job = pipeline("suite");
  const source = pacedSource(from, building.source);
  const stream = job.source("clicks", source, { eventTime: ({ at }) => at, outOfOrder: "60ms", ...options });
  return [job, stream.map((click) => building.pass(click), options)];
}

const windowStartOf = (at: number): number => Math.floor(at / WINDOW_MS) * WINDOW_MS;
const total = {
  create: () => ({ count: 0, sum: 0 }),
  add: (sum: { count: number; sum: number }, { amount }: Click) => {
    sum.count++;
    sum.sum += amount;
    return sum;
  },
  result: ({ count, sum }: { count: number; sum: number }) => `${count} of ${sum}`,
};

function totals(of: readonly Click[], keyOf: (click: Click) => string): string[] {
  const sums = new Map<string, { count: number; sum: number }>();
  for (const click of of) {
    const key = `${keyOf(click)} ${windowStartOf(click.at)}`;
    const sum = sums.get(key) ?? { count: 0, sum: 0 };
    sums.set(key, { count: sum.count + 1, sum: sum.sum + click.amount });
  }
  return [...sums].map(([key, { count, sum }]) => `${key}: ${count} of ${sum}`);
}

/** Divides the records of one split into those that come in time and those that come late, by the book. */
function judge(of: readonly Click[]): { readonly inTime: readonly Click[]; readonly late: readonly Click[] } {
  const inTime: Click[] = [];
  const late: Click[] = [];
  let highest = -Infinity;
  for (const click of of) {
    highest = Math.max(highest, click.at);
    const watermark = highest - BOUND_MS - 1;
    (windowStartOf(click.at) + WINDOW_MS - 1 <= watermark ? late : inTime).push(click);
  }
  return { inTime, late };
}

/** Running sums of each user, in the order of the user's records. */
function runningSums(): readonly string[] {
  const sums = new Map<string, number>();
  return clicks.map(({ user, amount }) => {
    const sum = (sums.get(user) ?? 0) + amount;
    sums.set(user, sum);
    return `${user} ${sum}`;
  });
}

const stateless: SuiteJob = {
  name: "map, filter, flatMap, rebalance",
  build: (building) => {
    const [job, stream] = begin(building);
    stream
      .filter(({ amount }) => amount > 2)
      .rebalance()
      .flatMap(({ user, amount }) => Array.from({ length: amount }, (_, index) => `${user} ${index}`))
      .filter((row) => !row.endsWith(" 1"))
      .sink("out", building.sink);
    return job;
  },
  expected: () =>
    clicks
      .filter(({ amount }) => amount > 2)
      .flatMap(({ user, amount }) => Array.from({ length: amount }, (_, index) => `${user} ${index}`))
      .filter((row) => !row.endsWith(" 1")),
};

const broadcasting: SuiteJob = {
  name: "broadcast",
  build: (building) => {
    const [job, stream] = begin(building);
    stream
      .broadcast()
      .map(({ user, at }) => `${user} ${at}`)
      .sink("out", building.sink);
    return job;
  },
  expected: (parallelism) =>
    Array.from({ length: parallelism }, () => clicks.map(({ user, at }) => `${user} ${at}`)).flat(),
};

const reducing: SuiteJob = {
  name: "keyBy, reduce",
  build: (building) => {
    const [job, stream] = begin(building);
    stream
      .keyBy(({ user }) => user)
      .reduce("sum", (sum, click) => ({ ...click, amount: sum.amount + click.amount }))
      .map(({ user, amount }) => `${user} ${amount}`)
      .sink("out", building.sink);
    return job;
  },
  expected: runningSums,
};

/** A window made by hand: sums in a map state, one event timer for each. */
const timers: SuiteJob = {
  name: "process with state and event timers",
  build: (building) => {
    const [job, stream] = begin(building);
    stream
      .keyBy(({ page }) => [page, 7n, true])
      .process<string, { sums: ReturnType<typeof mapState<number, number>> }>("by-hand", {
        state: { sums: mapState<number, number>() },
        onRecord: ({ at, amount }, context) => {
          const start = windowStartOf(at);
          context.state.sums.set(start, (context.state.sums.get(start) ?? 0) + amount);
          context.setEventTimer(start + WINDOW_MS - 1);
        },
        onTimer: (time, context) => {
          const start = time + 1 - WINDOW_MS;
          context.emit(`${context.key[0]} ${start}: ${context.state.sums.get(start)}`);
          context.state.sums.delete(start);
        },
      })
      .sink("out", building.sink);
    return job;
  },
  expected: () => totals(clicks, ({ page }) => page).map((row) => row.replace(/\d+ of /, "")),
};

/** Hands every record on when a processing timer is due, and at the end of time whatever is left. */
const delaying: SuiteJob = {
  name: "process with processing timers and a side output",
  build: (building) => {
    const [job, stream] = begin(building);
    const firsts = sideOutput<string>("firsts");
    const delayed = stream
      .keyBy(({ user }) => user)
      .process("delay", {
        state: { seen: valueState(0), waiting: mapState<number, string>() },
        emits: emits<string>(),
        onRecord: (click: Click, context) => {
          const { seen, waiting } = context.state;
          if (seen.get() === 0) context.output(firsts, `first of ${click.user}`);
          seen.update(seen.get() + 1);
          waiting.set(seen.get(), `${click.user} number ${seen.get()}`);
          context.setProcessingTimer(context.now() + 7);
          context.setEventTimer(1_000_000);
        },
        onTimer: (_time, context) => {
          for (const [number, row] of context.state.waiting.entries()) {
            context.emit(row);
            context.state.waiting.delete(number);
          }
        },
      });
    delayed.union(delayed.sideOutput(firsts)).sink("out", building.sink);
    return job;
  },
  expected: () => {
    const seen = new Map<string, number>();
    return clicks.flatMap(({ user }) => {
      const number = (seen.get(user) ?? 0) + 1;
      seen.set(user, number);
      return number === 1 ? [`first of ${user}`, `${user} number 1`] : [`${user} number ${number}`];
    });
  },
};

const windowing: SuiteJob = {
  name: "tumbling window over several splits",
  build: (building) => {
    const [job, stream] = begin(building);
    stream
      .keyBy(({ page }) => page)
      .window("totals", tumbling("100ms"))
      .aggregate(total)
      .map(({ key, window, value }) => `${key} ${window.start}: ${value}`)
      .sink("out", building.sink);
    return job;
  },
  expected: () => totals(clicks, ({ page }) => page),
};

/** Every kind of windows, over the same records. */
const manyWindows: SuiteJob = {
  name: "sliding, session and count windows",
  build: (building) => {
    const [job, stream] = begin(building);
    const merging = {
      ...total,
      merge: (into: ReturnType<typeof total.create>, from: ReturnType<typeof total.create>) => {
        into.count += from.count;
        into.sum += from.sum;
        return into;
      },
    };
    const byPage = stream.keyBy(({ page }) => page);
    const sliding_ = byPage.window("sliding", sliding("150ms", "40ms", { offset: "7ms" })).aggregate(merging);
    const sessions = byPage.window("sessions", session("30ms")).aggregate(
      merging,
      windowProcess({
        globalState: { sessions: valueState(0) },
        onWindow: (value, context) => {
          context.globalState.sessions.update(context.globalState.sessions.get() + 1);
          return [`session ${context.key} ${context.window.start} ${context.window.end}: ${value}`];
        },
      }),
    );
    const counted = stream
      .keyBy(({ user }) => user)
      .window("counted", countWindows(3))
      .process(windowProcess({ onWindow: (of, { key }) => [`${key}: ${of.map(({ at }) => at).join(" ")}`] }));
    sliding_
      .map(({ key, window, value }) => `${key} ${window.start} ${window.end}: ${value}`)
      .union(sessions, counted)
      .sink("out", building.sink);
    return job;
  },
  expected: () => {
    const items = clicks.map(({ page, at }, id): Item => ({ key: Number(page.slice(1)), id, at, gap: 30 }));
    const shown = ({ key, start, end, ids }: Result): string =>
      `p${key} ${start} ${end}: ${ids.length} of ${ids.reduce((sum, id) => sum + (clicks[id]?.amount ?? 0), 0)}`;
    const users = new Set(clicks.map(({ user }) => user));
    return [
      ...spanMeaning(items, gridSpans(150, 40, 7), 0).results.map(shown),
      ...sessionsInTime(items, () => 30).map((result) => `session ${shown(result)}`),
      ...[...users].flatMap((user) => {
        const times = clicks.filter((click) => click.user === user).map(({ at }) => at);
        return Array.from({ length: Math.floor(times.length / 3) }, (_, index) => {
          return `${user}: ${times.slice(index * 3, index * 3 + 3).join(" ")}`;
        });
      }),
    ];
  },
};

const lateness: SuiteJob = {
  name: "tumbling window with a late side output",
  build: (building) => {
    const late = sideOutput<Click>("late");
    // Read by one subtask: what lies outside its bound may count as in time where several readers hold time back.
    const [job, stream] = begin(building, [unruly], { parallelism: 1 });
    const results = stream
      .keyBy(({ page }) => page)
      .window("totals", tumbling("100ms"), { lateOutput: late })
      .aggregate(total);
    const rows = results.map(({ key, window, value }) => `${key} ${window.start}: ${value}`);
    rows.union(results.sideOutput(late).map(({ page, at }) => `late ${page} ${at}`)).sink("out", building.sink);
    return job;
  },
  expected: () => {
    const { inTime, late } = judge(unruly);
    return [...totals(inTime, ({ page }) => page), ...late.map(({ page, at }) => `late ${page} ${at}`)];
  },
};

/** Two keyed steps in a row, a stream that is read twice, and a union of two sources. */
const branching: SuiteJob = {
  name: "union, fan-out and two keyed steps",
  build: (building) => {
    const [job, stream] = begin(building, splits.slice(0, 2));
    const other = job.source("others", pacedSource(splits.slice(2), { ...building.source, perPoll: 2 }), {
      eventTime: ({ at }) => at,
      outOfOrder: "60ms",
    });
    const both = stream.union(other);
    const windows = both
      .keyBy(({ user }) => user)
      .window("users", tumbling("100ms"))
      .aggregate(total);
    windows
      .keyBy(({ window }) => window.start)
      .process("counts", {
        state: { users: valueState(0) },
        emits: emits<string>(),
        onRecord: ({ window }, context) => {
          context.state.users.update(context.state.users.get() + 1);
          context.setEventTimer(window.end + 5);
        },
        onTimer: (time, context) => context.emit(`${context.key} had ${context.state.users.get()} at ${time}`),
      })
      .sink("out", building.sink);
    both.map(({ user, at }) => `seen ${user} ${at}`).sink("seen", building.sink);
    return job;
  },
  expected: () => {
    const users = new Map<number, Set<string>>();
    for (const { user, at } of clicks) {
      const start = windowStartOf(at);
      users.set(start, (users.get(start) ?? new Set()).add(user));
    }
    const counts = [...users].map(([start, { size }]) => `${start} had ${size} at ${start + WINDOW_MS + 5}`);
    return [...counts, ...clicks.map(({ user, at }) => `seen ${user} ${at}`)];
  },
};

/** All jobs of the suite. */
/** Holds back a few records in each subtask, and notes all of them until the input ends. */
const holding: SuiteJob = {
  name: "process without keys, with operator state",
  build: (building) => {
    const [job, stream] = begin(building);
    stream
      .rebalance()
      .process(
        "hold",
        subtaskProcess({
          state: { held: splitListState<string>(), noted: unionListState<string>() },
          emits: emits<string>(),
          onRecord: ({ user, at }: Click, context) => {
            const { held, noted } = context.state;
            const [first, ...rest] = held.get();
            if (rest.length === 2 && first !== undefined) {
              context.emit(first);
              held.update(rest);
            }
            held.add(`${user} ${at}`);
            noted.add(`noted ${user} ${at}`);
          },
          onEnd: (context) => {
            for (const list of Object.values(context.state)) {
              for (const row of list.get()) context.emit(row);
              list.clear();
            }
          },
        }),
      )
      .sink("out", building.sink);
    return job;
  },
  expected: () => clicks.flatMap(({ user, at }) => [`${user} ${at}`, `noted ${user} ${at}`]),
};

export const suiteJobs: readonly SuiteJob[] = [
  stateless,
  broadcasting,
  reducing,
  timers,
  delaying,
  windowing,
  manyWindows,
  lateness,
  branching,
  holding,
  broadcastingJob,
];

/** The records that all of them read, but for {@link lateness}. */
export const suiteRecords: number = clicks.length;
