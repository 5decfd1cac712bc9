import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Key } from "../../../src/state/key-codec.ts";
import { aggregatingState } from "../../../src/state/kinds/aggregating.ts";
import { listState } from "../../../src/state/kinds/list.ts";
import { reducingState } from "../../../src/state/kinds/reducing.ts";
import { mapState, valueState } from "../../../src/state/kinds/with-options.ts";
import { keyGroupOf, subtaskOfKeyGroup } from "../../../src/state/key-groups.ts";
import type { StateEntry } from "../../../src/state/backend.ts";
import { showKey } from "../../../src/state/show.ts";
import { check } from "../../bytes/property.ts";
import { KEY_GROUPS } from "../table-store.ts";
import { Stateful, subtasksOf } from "./stateful.ts";

const TTL = { ttl: { after: "50ms" } } as const;

/** Every kind, with and without a time to live. Accumulators are changed in place. */
const declare = () => ({
  value: valueState<readonly number[] | undefined>(undefined),
  list: listState<string>(),
  map: mapState<number, string>(),
  reducing: reducingState<{ sum: number }>((together, { sum }) => {
    together.sum += sum;
    return together;
  }),
  aggregating: aggregatingState<number, number[], string>({
    create: () => [],
    add: (all, item) => {
      all.push(item);
      return all;
    },
    result: (all) => all.join(),
  }),
  brief: valueState(0, TTL),
  briefList: listState<string>(TTL),
  briefMap: mapState<number, string>(TTL),
  briefReducing: reducingState<number>((one, other) => one + other, TTL),
});

type Subject = Stateful<ReturnType<typeof declare>>;

interface Dated<T> {
  readonly value: T;
  readonly at: number;
}

/** The oracle of one key: plain values, and where they expire, the time at which each was written. */
interface Model {
  value: readonly number[] | undefined;
  list: string[];
  readonly map: Map<number, string>;
  sum: number | undefined;
  all: readonly number[] | undefined;
  brief: Dated<number> | undefined;
  readonly briefList: Dated<string>[];
  readonly briefMap: Map<number, Dated<string>>;
  briefSum: Dated<number> | undefined;
}

const newModel = (): Model => ({
  value: undefined,
  list: [],
  map: new Map(),
  sum: undefined,
  all: undefined,
  brief: undefined,
  briefList: [],
  briefMap: new Map(),
  briefSum: undefined,
});

const LIVES_MS = 50;
const KEYS: readonly Key[] = ["a", 2, ["c", 3n]];
const LONG = "x".repeat(90);

type Step =
  | { readonly does: "pass"; readonly ms: number }
  | { readonly does: "freeze" | "write" | "sweep" }
  | { readonly does: "rescale" | "crash"; readonly parallelism: number }
  | { readonly does: "use"; readonly key: number; readonly use: number; readonly arg: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ does: fc.constant("pass" as const), ms: fc.constantFrom(1, 10, 25, 50) }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constantFrom("freeze" as const, "write" as const, "sweep" as const) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constantFrom("rescale" as const, "crash" as const),
      parallelism: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 30,
    arbitrary: fc.record({
      does: fc.constant("use" as const),
      key: fc.nat(KEYS.length - 1),
      use: fc.nat(20),
      arg: fc.nat(5),
    }),
  },
);

/** One use of one state, by the state and by the oracle. */
function use(subject: Subject, key: Key, model: Model, which: number, arg: number): void {
  const { now } = subject;
  subject.at(key, (state) => {
    switch (which) {
      case 0:
        state.value.update([...(state.value.get() ?? []), arg]);
        model.value = [...(model.value ?? []), arg];
        return;
      case 1:
        state.value.clear();
        model.value = undefined;
        return;
      case 2:
      case 3:
      case 4:
        state.list.add(`${arg}${LONG}`);
        model.list.push(`${arg}${LONG}`);
        return;
      case 5:
        state.list.update(state.list.get().slice(arg));
        model.list = model.list.slice(arg);
        return;
      case 6:
        if (arg === 0) state.list.clear();
        else state.list.addAll(["p", "q"]);
        model.list = arg === 0 ? [] : [...model.list, "p", "q"];
        return;
      case 7:
        state.map.set(arg, `m${now}`);
        model.map.set(arg, `m${now}`);
        return;
      case 8:
        state.map.delete(arg);
        model.map.delete(arg);
        return;
      case 9:
        state.map.clear();
        model.map.clear();
        return;
      case 10:
        state.reducing.add({ sum: arg });
        model.sum = (model.sum ?? 0) + arg;
        return;
      case 11:
        state.aggregating.add(arg);
        model.all = [...(model.all ?? []), arg];
        return;
      case 12:
        state.reducing.clear();
        state.aggregating.clear();
        model.sum = undefined;
        model.all = undefined;
        return;
      case 13:
        state.brief.update(arg);
        model.brief = { value: arg, at: now };
        return;
      case 14:
      case 15:
        state.briefList.add(`${arg}`);
        model.briefList.push({ value: `${arg}`, at: now });
        return;
      case 16:
        state.briefMap.set(arg, `${now}`);
        model.briefMap.set(arg, { value: `${now}`, at: now });
        return;
      case 17:
        state.briefReducing.add(arg);
        model.briefSum = { value: (fresh(model.briefSum, now)?.value ?? 0) + arg, at: now };
        return;
      default:
        compare(subject, key, model);
    }
  });
}

function fresh<T extends { readonly at: number }>(held: T | undefined, now: number): T | undefined {
  return held !== undefined && now < held.at + LIVES_MS ? held : undefined;
}

/** What user code sees of a key must be what the oracle says. */
function compare(subject: Subject, key: Key, model: Model): void {
  const { now } = subject;
  subject.at(key, (state) => {
    assert.deepEqual(state.value.get(), model.value);
    assert.deepEqual(state.list.get(), model.list);
    assert.deepEqual(new Map(state.map.entries()), model.map);
    assert.deepEqual(state.reducing.get(), model.sum === undefined ? undefined : { sum: model.sum });
    assert.deepEqual(state.aggregating.get(), model.all?.join());
    assert.equal(state.brief.get(), fresh(model.brief, now)?.value ?? 0);
    const list = model.briefList.filter((item) => fresh(item, now) !== undefined).map(({ value }) => value);
    assert.deepEqual(state.briefList.get(), list);
    for (let entry = 0; entry <= 5; entry++) {
      assert.equal(state.briefMap.has(entry), fresh(model.briefMap.get(entry), now) !== undefined);
      assert.equal(state.briefMap.get(entry), fresh(model.briefMap.get(entry), now)?.value);
    }
    assert.equal(state.briefReducing.get(), fresh(model.briefSum, now)?.value);
  });
}

/** A job of one subtask or more, that crashes and goes on at other parallelisms. */
class Job {
  readonly #strict: boolean;
  #subtasks: readonly Subject[];
  #models: Map<string, Model> = new Map(KEYS.map((key) => [showKey(key), newModel()]));
  /** What was cut and has not been restored: by the oracle. */
  #cuts: Map<string, Model>[] = [];
  #now = 0;

  constructor(strict: boolean) {
    this.#strict = strict;
    this.#subtasks = [new Stateful(declare(), { strict })];
  }

  step(each: Step): void {
    switch (each.does) {
      case "pass":
        this.#now += each.ms;
        for (const subtask of this.#subtasks) subtask.now = this.#now;
        return;
      case "freeze":
        if (this.#cuts.length === 0) this.#cut();
        return;
      case "write":
        for (const subtask of this.#subtasks) subtask.write();
        return;
      case "sweep":
        for (const subtask of this.#subtasks) subtask.sweep?.step(7);
        return;
      case "crash":
        this.#crash(each.parallelism);
        return;
      case "rescale":
        this.#cuts = [structuredClone(this.#models)];
        this.#restore(
          this.#subtasks.flatMap((subtask) => subtask.save()),
          each.parallelism,
        );
        return;
      case "use": {
        const key = KEYS[each.key] as Key;
        use(this.#ownerOf(key), key, this.#modelOf(key), each.use, each.arg);
      }
    }
  }

  compare(): void {
    for (const key of KEYS) compare(this.#ownerOf(key), key, this.#modelOf(key));
  }

  #cut(): void {
    for (const subtask of this.#subtasks) subtask.freeze();
    this.#cuts.push(structuredClone(this.#models));
  }

  /** Goes back to what was cut, which is written only now: none of what came since may be in it. */
  #crash(parallelism: number): void {
    if (this.#cuts.length === 0) this.#cut();
    this.#restore(
      this.#subtasks.flatMap((subtask) => subtask.complete()),
      parallelism,
    );
  }

  #restore(entries: readonly StateEntry[], parallelism: number): void {
    this.#subtasks = subtasksOf(declare(), entries, parallelism, this.#now, this.#strict);
    this.#models = this.#cuts[0] as Map<string, Model>;
    this.#cuts = [];
    this.compare();
  }

  #ownerOf(key: Key): Subject {
    const index = subtaskOfKeyGroup(keyGroupOf(key, KEY_GROUPS), this.#subtasks.length, KEY_GROUPS);
    return this.#subtasks[index] as Subject;
  }

  #modelOf(key: Key): Model {
    return this.#models.get(showKey(key)) as Model;
  }
}

describe("All kinds of keyed state, against plain values", () => {
  for (const strict of [false, true]) {
    it(`agree through freezes, saves, clean-up and restores at other parallelisms, strict ${strict} (ST-01, RSC-07, TTL-01)`, () => {
      check(
        fc.property(fc.array(step, { minLength: 100, maxLength: 300, size: "max" }), (steps) => {
          const job = new Job(strict);
          for (const each of steps) job.step(each);
          job.compare();
        }),
      );
    });
  }
});
