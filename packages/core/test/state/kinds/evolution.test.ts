import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StateEntry } from "../../../src/state/backend.ts";
import { decodeEntryValue } from "../../../src/state/entry-codec.ts";
import type { EvolutionOptions } from "../../../src/state/evolution.ts";
import { aggregatingState } from "../../../src/state/kinds/aggregating.ts";
import { listState } from "../../../src/state/kinds/list.ts";
import { reducingState } from "../../../src/state/kinds/reducing.ts";
import { mapState, valueState } from "../../../src/state/kinds/with-options.ts";
import type { SchemaResult, StandardSchema } from "../../../src/state/standard-schema.ts";
import { Stateful } from "./stateful.ts";

type V0 = number;
interface V1 {
  readonly count: number;
}
interface V2 {
  readonly count: number;
  readonly unit: string;
}

/** How often each migration ran. */
const counted = () => {
  const steps = { from0: 0, from1: 0 };
  const migrate = {
    0(old: V0): V1 {
      steps.from0++;
      return { count: old };
    },
    1(old: V1): V2 {
      steps.from1++;
      return { ...old, unit: "ms" };
    },
  };
  return { steps, migrate };
};

const statesOf = <T>(options: EvolutionOptions<T>) => ({
  value: valueState<T | undefined>(undefined, options as EvolutionOptions<T | undefined>),
  map: mapState<string, T>(options),
  list: listState<T>(options),
  reducing: reducingState<T>((_, last) => last, options),
  aggregating: aggregatingState<T, T | undefined, T | undefined>(
    { create: () => undefined, add: (_, last) => last, result: (last) => last },
    options as EvolutionOptions<T | undefined>,
  ),
});

function saved<T>(value: T, options: EvolutionOptions<T>): readonly StateEntry[] {
  const subject = new Stateful(statesOf<T>(options));
  subject.at("k", (state) => {
    state.value.update(value);
    state.map.set("a", value);
    state.list.addAll([value, value]);
    state.reducing.add(value);
    state.aggregating.add(value);
  });
  return subject.save();
}

function seen<T>(subject: Stateful<ReturnType<typeof statesOf<T>>>): readonly unknown[] {
  return subject.at("k", ({ value, map, list, reducing, aggregating }) => [
    value.get(),
    map.get("a"),
    list.get(),
    reducing.get(),
    aggregating.get(),
  ]);
}

const NEW: V2 = { count: 7, unit: "ms" };
const ALL_NEW = [NEW, NEW, [NEW, NEW], NEW, NEW];

describe("State of an older version", () => {
  it("is migrated step by step when it is first read, for every kind (EVO-01)", () => {
    for (const entries of [saved<V0>(7, {}), saved<V1>({ count: 7 }, { version: 1 })]) {
      const { steps, migrate } = counted();
      const subject = new Stateful(statesOf<V2>({ version: 2, migrate })).restore(entries);
      assert.deepEqual(steps, { from0: 0, from1: 0 }, "nothing is migrated while it is restored");
      assert.deepEqual(seen(subject), ALL_NEW);
      assert.equal(steps.from1, 6);
      assert.deepEqual(seen(subject), ALL_NEW);
      assert.equal(steps.from1, 6, "and once");
    }
  });

  it("stays in the store as it was until its entry is written again, and never all at once (EVO-01)", () => {
    const options = { version: 2, migrate: counted().migrate };
    const subject = new Stateful(statesOf<V2>(options)).restore(saved<V0>(7, {}));
    seen(subject);
    subject.at("k", ({ value }) => value.update({ count: 8, unit: "s" }));
    const versions = subject.save().map(({ value }) => decodeEntryValue(value).version);
    assert.deepEqual(
      versions.toSorted((one, other) => one - other),
      [0, 0, 0, 0, 0, 2],
    );
    const again = new Stateful(statesOf<V2>(options)).restore(subject.entries());
    assert.deepEqual(seen(again), [{ count: 8, unit: "s" }, ...ALL_NEW.slice(1)]);
  });

  it("is migrated before something is added to it", () => {
    const subject = new Stateful(statesOf<V2>({ version: 2, migrate: counted().migrate })).restore(saved<V0>(7, {}));
    subject.at("k", ({ list }) => list.add({ count: 8, unit: "s" }));
    const [chunk] = subject
      .save()
      .filter(({ value }) => decodeEntryValue(value).version === 2 && Array.isArray(decodeEntryValue(value).value));
    assert.deepEqual(decodeEntryValue((chunk as StateEntry).value).value, [NEW, NEW, { count: 8, unit: "s" }]);
  });

  it("keeps its version when it is written again without having been read, as by the sweep of a new time to live", () => {
    const migrate = counted().migrate;
    const declared = { value: valueState<V2 | undefined>(undefined, { version: 2, migrate, ttl: { after: "1h" } }) };
    const old = new Stateful({ value: valueState<number>(0) });
    old.at("k", ({ value }) => value.update(7));
    const subject = new Stateful(declared, { now: 50 }).restore(old.save());
    subject.sweep?.step(10);
    const [entry] = subject.save();
    assert.deepEqual(decodeEntryValue((entry as StateEntry).value), { version: 0, at: 50, value: 7 });
    assert.deepEqual(
      subject.at("k", ({ value }) => value.get()),
      NEW,
    );
  });

  it("is refused if no migration leads from it, with both shapes (STATE_INCOMPATIBLE)", () => {
    const subject = new Stateful(statesOf<V2>({ version: 2, migrate: { 1: counted().migrate[1] } }));
    assert.throws(() => subject.restore(saved<V0>(7, {})), {
      code: "STATE_INCOMPATIBLE",
      message:
        /of operator "op": found .* of version 0, such as number.*declared as \w+ state of version 2.*migration from each version on the way, from 0 on/,
    });
  });

  it("is refused if it is newer than the program (STATE_INCOMPATIBLE)", () => {
    const subject = new Stateful(statesOf<V1>({ version: 1, migrate: { 0: counted().migrate[0] } }));
    assert.throws(() => subject.restore(saved<V2>(NEW, { version: 2 })), {
      code: "STATE_INCOMPATIBLE",
      message: /version 2, such as .*count: number, unit: string.*written by a newer program/,
    });
  });

  it("names the migration that throws (STATE_INCOMPATIBLE)", () => {
    const declared = {
      value: valueState<V1 | undefined>(undefined, {
        version: 1,
        migrate: {
          0: () => {
            throw new Error("no");
          },
        },
      }),
    };
    const old = new Stateful({ value: valueState<number>(0) });
    old.at("k", ({ value }) => value.update(7));
    const subject = new Stateful(declared).restore(old.save());
    assert.throws(() => subject.at("k", ({ value }) => value.get()), {
      code: "STATE_INCOMPATIBLE",
      message: 'Cannot go on: the migration of state "value" of operator "op" from version 0 to 1 threw: no',
      details: { operator: "op", state: "value" },
    });
  });

  for (const [what, options] of [
    ["a version that is no number", { version: Number.NaN }],
    ["a negative version", { version: -1 }],
    ["a migration from the declared version", { version: 1, migrate: { 1: () => 0 } }],
    ["a migration that is no function", { version: 1, migrate: { 0: 7 } }],
    ["a migration from no version", { version: 1, migrate: { first: () => 0 } }],
    ["a schema without the interface", { schema: {} }],
  ] as const) {
    it(`cannot be declared with ${what} (OPTION_INVALID)`, () => {
      assert.throws(() => valueState(0, options as unknown as EvolutionOptions<number>), { code: "OPTION_INVALID" });
    });
  }
});

/** A schema in the form that libraries give. */
function schemaOf<T>(
  judge: (value: unknown) => SchemaResult<T> | Promise<SchemaResult<T>>,
): StandardSchema<unknown, T> {
  return { "~standard": { version: 1, vendor: "by-hand", validate: judge } };
}

const positive = schemaOf<V1>((value) => {
  const { count } = value as V1;
  if (typeof count === "number" && count > 0) return { value: { count } };
  return { issues: [{ message: "Expected a positive number", path: ["count"] }] };
});

const withSchema = {
  value: valueState<V1 | undefined>(undefined, { schema: positive as StandardSchema<unknown, V1 | undefined> }),
};

function restoredWith(stored: unknown, schema: StandardSchema<unknown, V1 | undefined> = positive as never) {
  const old = new Stateful({ value: valueState<unknown>(undefined) });
  old.at("k", ({ value }) => value.update(stored));
  return new Stateful({ value: valueState<V1 | undefined>(undefined, { schema }) }).restore(old.save());
}

describe("State with a schema", () => {
  it("checks what comes out of a checkpoint, and takes what the schema makes of it (EVO-02)", () => {
    const subject = restoredWith({ count: 3, old: "field" });
    assert.deepEqual(
      subject.at("k", ({ value }) => value.get()),
      { count: 3 },
    );
  });

  it("refuses a stored value that does not fit, with its shape, the path and the entry (STATE_INCOMPATIBLE)", () => {
    const subject = restoredWith({ count: "three" });
    assert.throws(() => subject.at("k", ({ value }) => value.get()), {
      code: "STATE_INCOMPATIBLE",
      message:
        /found \{ count: string \} of version 0, and the schema of state "value" of operator "op", key "k", refuses it: \$\.count: Expected a positive number/,
      details: {
        operator: "op",
        state: "value",
        key: "k",
        issues: [{ path: "$.count", message: "Expected a positive number" }],
      },
    });
  });

  it("refuses an update that does not fit, in development", () => {
    const strict = new Stateful(withSchema, { strict: true });
    assert.throws(() => strict.at("k", ({ value }) => value.update({ count: -1 })), {
      code: "STATE_INCOMPATIBLE",
      message: /Cannot keep \{ count: number \}/,
    });
    new Stateful(withSchema).at("k", ({ value }) => value.update({ count: -1 }));
  });

  it("cannot be one that waits, whatever comes of the waiting (STATE_INCOMPATIBLE)", () => {
    const waits = [() => Promise.resolve({ value: { count: 1 } }), () => Promise.reject(new Error("not awaited"))];
    for (const wait of waits) {
      assert.throws(() => restoredWith({ count: 1 }, schemaOf(wait)).at("k", ({ value }) => value.get()), {
        code: "STATE_INCOMPATIBLE",
        message:
          'Cannot go on: the schema of state "value" of operator "op" validates asynchronously, and state is read at once',
      });
    }
    // What nobody catches fails the file.
  });

  it("is named where it throws (STATE_INCOMPATIBLE)", () => {
    const broken = schemaOf<V1 | undefined>(() => {
      throw new TypeError("no such field");
    });
    assert.throws(() => restoredWith({ count: 1 }, broken).at("k", ({ value }) => value.get()), {
      code: "STATE_INCOMPATIBLE",
      message: 'Cannot go on: the schema of state "value" of operator "op" threw: no such field',
    });
  });
});
