/** What no type would let through: each is refused where it is given, and the message shows it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  emits,
  isTidemarkError,
  type KeyedStream,
  type Pipeline,
  pipeline,
  run,
  type RunOptions,
  sideOutput,
  type Stream,
  type WindowedStream,
  type WindowOptions,
} from "@tidemark/core";
import { combine, count, sum } from "@tidemark/core/aggregates";
import { asyncMap } from "@tidemark/core/async";
import { explain, mermaid } from "@tidemark/core/explain";
import { innerJoin, intervalJoin, windowJoin } from "@tidemark/core/joins";
import { memorySavepoint } from "@tidemark/core/savepoints";
import { broadcastProcess, keyedBroadcastProcess, subtaskProcess, valueState } from "@tidemark/core/state";
import { customEvictor, customTrigger, eventTimeTrigger, tumbling, windowProcess } from "@tidemark/core/windows";
import { memory } from "../runtime/memory.ts";
import { ledgerSink } from "../runtime/ledger-sink.ts";
import { pacedSource } from "../runtime/paced-source.ts";

const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;
/** None of them is a function, a duration, or anything that a connector makes. */
const ABSURD: readonly unknown[] = [NaN, -1, -0, 1e300, "abc", "", 10n, Symbol("x"), true, {}, [], new Map(), cyclic];

function numbers(): Stream<number, "exactly-once"> {
  return pipeline("numbers").source("in", pacedSource([[1, 2, 3]]), { eventTime: (n) => n });
}

const keyed = (): KeyedStream<number, number, "exactly-once"> => numbers().keyBy((n) => n);
const windows = (options?: WindowOptions<number>): WindowedStream<number, number, "exactly-once"> =>
  keyed().window("w", tumbling("1s"), options);

const keyedIn = (job: Pipeline, id = "in"): KeyedStream<number, number, "exactly-once"> =>
  job.source(id, pacedSource([[1, 2, 3]]), { eventTime: (n) => n }).keyBy((n) => n) as never;

/** Gives an argument to each place that takes one; what it is given has to be refused at once. */
const PLACES: Readonly<Record<string, (absurd: never) => unknown>> = {
  "a source": (absurd) => pipeline("numbers").source("in", absurd),
  "a sink": (absurd) => numbers().sink("out", absurd),
  map: (absurd) => numbers().map(absurd),
  filter: (absurd) => numbers().filter(absurd),
  flatMap: (absurd) => numbers().flatMap(absurd),
  keyBy: (absurd) => numbers().keyBy(absurd),
  partition: (absurd) => numbers().partition(absurd),
  union: (absurd) => numbers().union(absurd),
  pipe: (absurd) => numbers().pipe("p", absurd),
  reduce: (absurd) => keyed().reduce("r", absurd),
  "the function of a process": (absurd) => keyed().process("p", { emits: emits<number>(), onRecord: absurd }),
  "a state": (absurd) => keyed().process("p", { state: { x: absurd }, onRecord: () => undefined }),
  ttl: (absurd) => valueState(0, { ttl: absurd }),
  "a join": (absurd) => keyed().join("j", keyed(), absurd, () => 0),
  "the function of a join": (absurd) => keyed().join("j", keyed(), intervalJoin({ from: "0s", to: "1s" }), absurd),
  "the interval of a join": (absurd) => intervalJoin(absurd),
  "the retention of a join": (absurd) => innerJoin(absurd),
  "windows of a join": (absurd) => keyed().join("j", keyed(), windowJoin(absurd), () => 0),
  "the process of a window": (absurd) => windows().process(absurd),
  "the functions of two streams": (absurd) => keyed().connect(keyed()).process("p", absurd),
  "a function of two streams": (absurd) =>
    keyed()
      .connect(keyed())
      .process("p", { onLeft: () => undefined, onRight: absurd }),
  "the function of a process by subtask": (absurd) => numbers().process("p", subtaskProcess({ onRecord: absurd })),
  "the timers of a process": (absurd) => keyed().process("p", { onRecord: () => undefined, onTimer: absurd }),
  windows: (absurd) => keyed().window("w", absurd).aggregate(count()),
  "an aggregate": (absurd) => keyed().window("w", tumbling("1s")).aggregate(absurd),
  "a trigger": (absurd) => keyed().window("w", tumbling("1s"), { trigger: absurd }).aggregate(count()),
  "an evictor": (absurd) => keyed().window("w", tumbling("1s"), { evictor: absurd }).aggregate(count()),
  "an allowed lateness": (absurd) =>
    keyed().window("w", tumbling("1s"), { allowedLateness: absurd }).aggregate(count()),
  "a lateness of a join": (absurd) =>
    keyed().join("j", keyed(), windowJoin(tumbling("1s"), { allowedLateness: absurd }), () => 0),
  "the clock of windows": (absurd) => tumbling("1s", { time: absurd }),
  "a process of sums": (absurd) => keyed().window("w", tumbling("1s")).aggregate(count(), absurd),
  "a side output": (absurd) => numbers().sideOutput(absurd),
  "dead letters": (absurd) => numbers().map((n) => n, { deadLetters: absurd }),
  "late records": (absurd) => keyed().window("w", tumbling("1s"), { lateOutput: absurd }).aggregate(count()),
  "an out of order": (absurd) =>
    pipeline("x").source("in", pacedSource([[1]]), { eventTime: (n) => n, outOfOrder: absurd }),
  "a pipeline": (absurd) => run(absurd, { backend: memory() }),
  "a pipeline to explain": (absurd) => explain(absurd),
  "a pipeline to draw": (absurd) => mermaid(absurd),
};

/** What is left out is fine, and some that is absurd elsewhere is not. */
const OPTIONS: Readonly<Record<string, (value: unknown) => boolean>> = {
  checkpoint: (value) => typeof value === "object",
  state: (value) => typeof value === "object",
  restart: (value) => typeof value === "object",
  from: (value) => typeof value === "object",
  env: (value) => typeof value === "object",
  signal: (value) => typeof value === "object",
  durable: (value) => typeof value === "boolean",
  fuse: (value) => typeof value === "boolean",
  allowDrained: (value) => typeof value === "boolean",
  allowUnmapped: (value) => Array.isArray(value),
  trace: () => false,
  pick: () => false,
  until: () => false,
  host: () => false,
  backend: () => false,
};

function job(): Pipeline {
  const built = pipeline("numbers");
  built.source("in", pacedSource([[1]])).sink("out", ledgerSink<number>().sink);
  return built;
}

/** What may be left out. */
const OPTIONAL: ReadonlySet<string> = new Set([
  "ttl",
  "dead letters",
  "late records",
  "an out of order",
  "a trigger",
  "an evictor",
  "an allowed lateness",
  "a lateness of a join",
  "the clock of windows",
  "a process of sums",
  "the timers of a process",
]);

function refusal(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}

function assertRefused(error: unknown, what: string): void {
  assert.ok(isTidemarkError(error), `${what}: ${String(error)}`);
  assert.match(error.message, /^Cannot /);
  assert.doesNotMatch(error.message, /is not a function|undefined \(|Cannot read|not iterable/, what);
}

describe("arguments that no type would let through", () => {
  for (const [place, give] of Object.entries(PLACES)) {
    it(`are refused by ${place}`, () => {
      for (const absurd of [...ABSURD, undefined]) {
        if (absurd === undefined && OPTIONAL.has(place)) continue;
        assertRefused(
          refusal(() => give(absurd as never)),
          `${place} ${typeof absurd}`,
        );
      }
    });
  }

  it("are refused among the options of run", () => {
    for (const [name, fits] of Object.entries(OPTIONS)) {
      for (const absurd of ABSURD.filter((value) => !fits(value))) {
        const options = { backend: memory(), durable: false, [name]: absurd } as RunOptions;
        assertRefused(
          refusal(() => run(job(), options)),
          `${name} ${typeof absurd}`,
        );
      }
    }
  });

  it("are refused as a place for a savepoint, and the job goes on", async () => {
    const handle = run(job(), { backend: memory(), durable: false });
    for (const absurd of [...ABSURD, null]) {
      assertRefused(
        refusal(() => handle.savepoint(absurd as never)),
        `savepoint ${typeof absurd}`,
      );
    }
    assertRefused(
      refusal(() => handle.savepoint(memorySavepoint(), { after: "later" as never })),
      "after",
    );
    assert.equal((await handle.finished).outcome, "finished");
  });

  it("are refused as the name of a side output", () => {
    for (const absurd of [...ABSURD.filter((value) => typeof value !== "string"), ""]) {
      assertRefused(
        refusal(() => sideOutput(absurd as never)),
        `sideOutput ${typeof absurd}`,
      );
    }
  });

  it("are refused where a function only promises what it gives", () => {
    const later = async (): Promise<never> => assert.fail("it is never called");
    const unseen = later as never;
    const calls: Readonly<Record<string, () => unknown>> = {
      map: () => numbers().map(later as never),
      filter: () => numbers().filter(later as never),
      flatMap: () => numbers().flatMap(async function* () {} as never),
      keyBy: () => numbers().keyBy(later as never),
      partition: () => numbers().partition(later as never),
      reduce: () => keyed().reduce("r", later as never),
      process: () => keyed().process("p", { emits: emits<number>(), onRecord: later as never }),
      join: () => keyed().join("j", keyed(), intervalJoin({ from: "0s", to: "1s" }), later as never),
      "reduce of windows": () =>
        keyed()
          .window("w", tumbling("1s"))
          .reduce(later as never),
      "process of windows": () => windows().process(windowProcess({ onWindow: unseen })),
      "process of aggregates": () => windows().aggregate(count(), windowProcess({ onWindow: unseen })),
      "process of reduced windows": () => windows().reduce((sum, n) => sum + n, windowProcess({ onWindow: unseen })),
      "onTimer of a process": () => keyed().process("p", { onRecord: () => undefined, onTimer: unseen }),
      "onLeft of a process": () =>
        keyed()
          .connect(keyed())
          .process("p", { onLeft: unseen, onRight: () => undefined }),
      "onRight of a process": () =>
        keyed()
          .connect(keyed())
          .process("p", { onLeft: () => undefined, onRight: unseen }),
      "onTimer of two streams": () =>
        keyed()
          .connect(keyed())
          .process("p", { onLeft: () => undefined, onRight: () => undefined, onTimer: unseen }),
      "onRecord by subtask": () => numbers().process("p", subtaskProcess({ onRecord: unseen })),
      "onEnd by subtask": () => numbers().process("p", subtaskProcess({ onRecord: () => undefined, onEnd: unseen })),
      onBroadcast: () =>
        numbers()
          .connect(numbers().broadcast())
          .process("p", broadcastProcess({ state: {}, onRecord: () => undefined, onBroadcast: unseen })),
      "onBroadcast beside keys": () =>
        keyed()
          .connect(numbers().broadcast())
          .process("p", keyedBroadcastProcess({ state: {}, onRecord: () => undefined, onBroadcast: unseen })),
      ...Object.fromEntries(
        (["onRecord", "onEventTime", "onProcessingTime", "onMerge"] as const).map((name) => [
          `${name} of a trigger`,
          () => windows({ trigger: customTrigger({ ...eventTimeTrigger(), [name]: unseen }) }).aggregate(count()),
        ]),
      ),
      ...Object.fromEntries(
        (["evictBefore", "evictAfter"] as const).map((name) => [
          `${name} of an evictor`,
          () => windows({ evictor: customEvictor({ name: "late", [name]: unseen }) }).aggregate(count()),
        ]),
      ),
      ...Object.fromEntries(
        (["create", "add", "result", "merge"] as const).map((name) => [
          `${name} of an aggregate`,
          () => windows().aggregate({ ...count(), [name]: unseen }),
        ]),
      ),
    };
    for (const [name, call] of Object.entries(calls)) {
      const message = /^Cannot use (the function|\w+) of .+: nothing waits for a promise there\. Use asyncMap/s;
      assert.throws(call, { code: "OPTION_INVALID", message }, name);
    }
  });

  it("are refused on streams without keys", () => {
    const bare = numbers() as unknown as KeyedStream<number, number, "exactly-once">;
    const steps: Readonly<Record<string, () => unknown>> = {
      window: () => bare.window("w", tumbling("1s")),
      reduce: () => bare.reduce("r", (sum, n) => sum + n),
      join: () => bare.join("j", keyed(), intervalJoin({ from: "0s", to: "1s" }), () => 0),
      aggregate: () => (bare as unknown as WindowedStream<number, number>).aggregate(count()),
    };
    for (const [name, step] of Object.entries(steps)) {
      const message = new RegExp(
        `^Cannot put ${name}\\(\\.\\.\\.\\) after "in": the stream has no keys, and .*Put keyBy`,
      );
      assert.throws(step, { code: "KEY_MISSING", message }, name);
    }
  });

  it("are refused where another step has to come first", () => {
    const next = (name: string, ...args: unknown[]): unknown[] => [name, ...args];
    const steps = [
      next("map", (n: number) => n),
      next("filter", () => true),
      next("flatMap", () => []),
      next("sideOutput", sideOutput("late")),
      next("sink", "out", ledgerSink().sink),
    ] as [string, ...unknown[]][];
    const put = (stream: object, [name, ...args]: [string, ...unknown[]]): unknown =>
      (stream as Record<string, (...given: unknown[]) => unknown>)[name]?.(...args);
    for (const step of [...steps, next("union", numbers()) as [string, ...unknown[]]]) {
      const message = new RegExp(
        `^Cannot put ${step[0]}\\(\\.\\.\\.\\) after "in": what has keys goes into reduce, process`,
      );
      assert.throws(() => put(keyed(), step), { code: "OPTION_INVALID", message });
    }
    for (const step of [...steps, next("keyBy", () => 0) as [string, ...unknown[]]]) {
      const message = new RegExp(
        `^Cannot put ${step[0]}\\(\\.\\.\\.\\) after the windows of "w": nothing comes of them yet`,
      );
      assert.throws(() => put(windows(), step), { code: "OPTION_INVALID", message });
    }
    assert.throws(() => put(keyed(), ["aggregate", count()]), { message: /^Cannot put aggregate.*Put window/ });
  });

  it("are refused as side outputs of late records that nobody reads", () => {
    const late = sideOutput<number>("late");
    const bounds = { from: "0s", to: "1s" } as const;
    const steps: readonly ((job: Pipeline) => Stream<unknown>)[] = [
      (job) => keyedIn(job).window("w", tumbling("1s"), { lateOutput: late }).aggregate(count()),
      (job) =>
        keyedIn(job)
          .window("w", tumbling("1s"), { lateOutput: late })
          .process(windowProcess({ onWindow: (all) => all })),
      (job) => keyedIn(job).join("w", keyedIn(job, "other"), intervalJoin(bounds), () => 0, { lateLeft: late }),
      (job) => keyedIn(job).join("w", keyedIn(job, "other"), intervalJoin(bounds), () => 0, { lateRight: late }),
    ];
    for (const step of steps) {
      const unread = pipeline("late");
      const results = step(unread);
      results.sink("out", ledgerSink<unknown>().sink);
      assert.throws(() => explain(unread), {
        code: "OPTION_INVALID",
        message:
          /^Cannot plan pipeline "late": nobody reads the late records "late" of "w"\. Read them with sideOutput/,
      });
      results.sideOutput(late).sink("late", ledgerSink<unknown>().sink);
      assert.match(explain(unread), /late: sink/);
    }
  });

  it("are refused in an aggregate of several, and as a step for pipe in another place", async () => {
    assert.throws(() => combine({ n: count(), bad: 5 as never }), { message: /^Cannot use create of "bad" undefined/ });
    const step = asyncMap(async (n: number) => n);
    assert.throws(() => step(7 as never), { message: /^Cannot put a step behind 7: it is no stream\. .*pipe\(id/ });
    assert.throws(() => run(job(), undefined as never), { message: /^Cannot run without a backend/ });
  });

  it("are shown by name, where they are functions that were not called", () => {
    assert.throws(
      () =>
        keyed()
          .window("w", tumbling as never)
          .aggregate(count()),
      {
        message: /^Cannot use the windows of "w" the function tumbling: they are made by tumbling/,
      },
    );
  });

  it("are refused as side outputs that a step never has", () => {
    const [late, other] = [sideOutput<number>("late"), sideOutput<number>("other")];
    const counts = keyed().window("w", tumbling("1s"), { lateOutput: late }).aggregate(count());
    counts.sideOutput(late);
    const joined = keyed().join("j", keyed(), intervalJoin({ from: "0s", to: "1s" }), () => 0, { lateRight: late });
    joined.sideOutput(late);
    numbers()
      .map((n) => n, { deadLetters: sideOutput("late") })
      .sideOutput(late);
    numbers()
      .union(
        counts.map(() => 0),
        counts.sideOutput(late),
      )
      .sideOutput(late);
    const process = keyed().process("p", { emits: emits<number>(), onRecord: (n, { output }) => output(other, n) });
    process.sideOutput(other);
    const streams = { w: counts, j: joined, in: numbers(), r: keyed().reduce("r", (sum) => sum) };
    for (const [id, stream] of Object.entries(streams)) {
      const message = new RegExp(`^Cannot read side output "other" of "${id}": it has none of that name`);
      assert.throws(() => stream.sideOutput(other), { code: "OPTION_INVALID", message }, id);
    }
    assert.throws(() => process.map((n) => n).sideOutput(other), { code: "OPTION_INVALID" }, "of the step before");
  });

  it("are shown as what they are", () => {
    const shown = (restart: unknown): string =>
      (refusal(() => run(job(), { backend: memory(), durable: false, restart: restart as never })) as Error).message;
    assert.match(shown("never"), /^Cannot use restart "never": it is "none" or an object/);
    assert.match(shown({ attempts: NaN }), /restart\.attempts NaN/);
    assert.match(shown({ attempts: -0.5 }), /restart\.attempts -0\.5/);
    assert.match(shown({ delay: 5 }), /restart\.delay 5: a duration is a number with ms/);
    assert.match(shown(10n), /restart "?10n/);
  });

  it("are no numbers to aggregates, also where the type says so: text would be put behind text", () => {
    const total = sum(() => "12" as never);
    assert.throws(() => total.add(0, {}), { name: "TypeError", message: 'Cannot aggregate "12": it is no number' });
  });
});
