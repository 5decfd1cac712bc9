import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Pipeline, pipeline } from "../../../src/api/pipeline.ts";
import type { KeyedProcess } from "../../../src/operators/process.ts";
import { assertLock, checkLock } from "../../../src/graph/lock/check-lock.ts";
import { describeState } from "../../../src/graph/lock/describe-state.ts";
import { parseLock, renameSteps, renderLock, type StateLock } from "../../../src/graph/lock/state-lock.ts";
import type { StateDescriptors } from "../../../src/state/descriptors.ts";
import { listState } from "../../../src/state/kinds/list.ts";
import { mapState, valueState } from "../../../src/state/kinds/with-options.ts";
import type { StandardSchema } from "../../../src/state/standard-schema.ts";
import { tumbling } from "../../../src/operators/windows/tumbling.ts";
import { broadcastState } from "../../../src/state/operator-state/broadcast.ts";
import { splitListState } from "../../../src/state/operator-state/split-list.ts";
import { subtaskProcess } from "../../../src/operators/subtask-process.ts";
import { sinkOf, sourceOf } from "./ends.ts";

/** A pipeline of one process with these states. */
function jobWith(state: StateDescriptors, { id = "count", name = "job" } = {}): Pipeline {
  const job = pipeline(name);
  const process: KeyedProcess<number, number, StateDescriptors, number> = { state, onRecord: () => undefined };
  job
    .source("numbers", sourceOf())
    .keyBy((n) => n % 2)
    .process(id, process)
    .sink("out", sinkOf());
  return job;
}

function schemaOf(shape: Record<string, unknown> | undefined): StandardSchema<unknown, number> {
  const jsonSchema = shape === undefined ? undefined : { output: () => shape };
  return {
    "~standard": { version: 1, vendor: "by-hand", validate: (value) => ({ value: value as number }), jsonSchema },
  };
}

const problems = (now: Pipeline, lock: StateLock) =>
  checkLock(now, lock).map(({ problem, operator, state, breaking }) => [problem, operator, state, breaking]);

describe("describeState", () => {
  it("tells of sources, sinks and steps with state, in the order of their names", () => {
    const job = pipeline("all");
    const keyed = job
      .source("numbers", sourceOf(), { eventTime: (n) => n })
      .map((n) => n)
      .keyBy((n) => [n, "x"], { keyType: ["number", "string"] });
    keyed.reduce("total", (one) => one).sink("totals", sinkOf());
    keyed
      .window("hourly", tumbling("1h"))
      .aggregate({ create: () => 0, add: (sum, n) => sum + n, result: (sum) => sum })
      .map(({ value }) => value)
      .sink("hours", sinkOf());
    keyed
      .process("by-hand", {
        state: { b: valueState(0, { version: 2 }), a: listState<string>() },
        onRecord: () => undefined,
      })
      .map(() => 0)
      .sink("rows", sinkOf());
    const key = ["number", "string"];
    assert.deepEqual(describeState(job), {
      lockVersion: 0,
      pipeline: "all",
      operators: [
        {
          id: "by-hand",
          step: "operator",
          key,
          states: [
            { name: "a", kind: "list", versions: [0] },
            { name: "b", kind: "value", versions: [2] },
          ],
        },
        { id: "hourly", step: "operator", key, states: [{ name: "$window", kind: "aggregating", versions: [0] }] },
        { id: "hours", step: "sink", states: [] },
        { id: "numbers", step: "source", states: [] },
        { id: "rows", step: "sink", states: [] },
        { id: "total", step: "operator", key, states: [{ name: "result", kind: "reducing", versions: [0] }] },
        { id: "totals", step: "sink", states: [] },
      ],
    });
  });

  it("tells of operator state too, and not of processes that keep none", () => {
    const job = pipeline("all");
    const numbers = job.source("numbers", sourceOf());
    const state = { waiting: splitListState<number>(), known: broadcastState<string, number>({ version: 1 }) };
    numbers.process<number>("keeps", subtaskProcess({ state, onRecord: () => undefined })).sink("rows", sinkOf());
    numbers.process<number>("passes", subtaskProcess({ onRecord: () => undefined })).sink("others", sinkOf());
    const [keeps, ...others] = describeState(job).operators;
    assert.deepEqual(keeps, {
      id: "keeps",
      step: "operator",
      states: [
        { name: "known", kind: "broadcast", versions: [1] },
        { name: "waiting", kind: "split-list", versions: [0] },
      ],
    });
    assert.deepEqual(
      others.map(({ id }) => id),
      ["numbers", "others", "rows"],
    );
  });

  it("keeps the versions of the lock before: entries of them may still be stored", () => {
    const before = describeState(jobWith({ total: valueState(0) }));
    const migrate = { 0: (old: unknown) => old };
    const after = describeState(jobWith({ total: valueState(0, { version: 1, migrate }) }), before);
    assert.deepEqual(after.operators[0]?.states[0]?.versions, [0, 1]);
    // What had that name and was of another kind is no entry of this state.
    const other = describeState(jobWith({ total: listState({ version: 3 }) }), before);
    assert.deepEqual(other.operators[0]?.states[0]?.versions, [3]);
  });

  it("gives schemas a fingerprint that does not depend on the order of names, and null where a library has none", () => {
    const printOf = (shape: Record<string, unknown> | undefined): unknown =>
      describeState(jobWith({ total: valueState(0, { schema: schemaOf(shape) }) })).operators[0]?.states[0]?.schema;
    const one = printOf({ type: "object", properties: { a: { type: "string" }, b: { type: "null" } } });
    assert.deepEqual(one, printOf({ properties: { b: { type: "null" }, a: { type: "string" } }, type: "object" }));
    assert.deepEqual(one, { vendor: "by-hand", fingerprint: "5b63cfb8" });
    assert.notDeepEqual(one, printOf({ type: "object", properties: {} }));
    assert.deepEqual(printOf(undefined), { vendor: "by-hand", fingerprint: null });
  });
});

describe("checkLock", () => {
  const lock = describeState(jobWith({ total: valueState(0) }));
  const from0 = { migrate: { 0: (old: unknown) => old } };

  it("finds nothing where nothing changed, through the text of the file", () => {
    const job = jobWith({ total: valueState(0), seen: mapState<string, number>({ ttl: { after: "1h" } }) });
    assert.deepEqual(checkLock(job, parseLock(renderLock(describeState(job)))), []);
  });

  const cases: readonly (readonly [string, Pipeline, readonly unknown[][]])[] = [
    [
      "a pipeline with another name",
      jobWith({ total: valueState(0) }, { name: "other" }),
      [["pipeline-renamed", undefined, undefined, true]],
    ],
    [
      "a step with another id",
      jobWith({ total: valueState(0) }, { id: "counts" }),
      [
        ["operator-removed", "count", undefined, true],
        ["operator-added", "counts", undefined, false],
      ],
    ],
    [
      "a state with another name",
      jobWith({ sum: valueState(0) }),
      [
        ["state-removed", "count", "total", true],
        ["state-added", "count", "sum", false],
      ],
    ],
    ["a state of another kind", jobWith({ total: listState() }), [["kind-changed", "count", "total", true]]],
    ["a new state", jobWith({ total: valueState(0), more: valueState(0) }), [["state-added", "count", "more", false]]],
    [
      "a higher version without a migration",
      jobWith({ total: valueState(0, { version: 1 }) }),
      [["migration-missing", "count", "total", true]],
    ],
    [
      "a higher version with a migration",
      jobWith({ total: valueState(0, { version: 1, ...from0 }) }),
      [["version-raised", "count", "total", false]],
    ],
    [
      "a gap on the way to a higher version",
      jobWith({ total: valueState(0, { version: 2, ...from0 }) }),
      [["migration-missing", "count", "total", true]],
    ],
    [
      "a new schema",
      jobWith({ total: valueState(0, { schema: schemaOf({}) }) }),
      [["schema-changed", "count", "total", false]],
    ],
  ];
  for (const [what, job, expected] of cases) {
    it(`finds ${what}`, () => {
      assert.deepEqual(problems(job, lock), expected);
      const refuses = expected.some(([, , , breaking]) => breaking);
      if (!refuses) return assertLock(job, lock);
      assert.throws(() => assertLock(job, lock), { code: "STATE_INCOMPATIBLE", message: /of pipeline "job"/ });
    });
  }

  it("finds a version that went down", () => {
    const of2 = describeState(jobWith({ total: valueState(0, { version: 2 }) }));
    assert.deepEqual(problems(jobWith({ total: valueState(0, { version: 1 }) }), of2), [
      ["version-lowered", "count", "total", true],
    ]);
  });

  it("finds a migration that was taken away while entries of its version may still be stored", () => {
    const of1 = describeState(jobWith({ total: valueState(0, { version: 1, ...from0 }) }), lock);
    assert.deepEqual(problems(jobWith({ total: valueState(0, { version: 1 }) }), of1), [
      ["migration-missing", "count", "total", true],
    ]);
  });

  it("finds another schema under the same version, and a key of another type", () => {
    const withSchema = (shape: Record<string, unknown>) =>
      jobWith({ total: valueState(0, { schema: schemaOf(shape) }) });
    assert.deepEqual(problems(withSchema({ type: "number" }), describeState(withSchema({}))), [
      ["schema-changed", "count", "total", true],
    ]);
    const keyedBy = (keyType: "number" | undefined) => {
      const job = pipeline("keys");
      const options = keyType === undefined ? {} : { keyType };
      job
        .source("numbers", sourceOf())
        .keyBy((n) => n, options)
        .reduce("total", (one) => one)
        .sink("out", sinkOf());
      return job;
    };
    const other = JSON.parse(
      renderLock(describeState(keyedBy("number"))).replace('"key": "number"', '"key": "string"'),
    ) as StateLock;
    assert.deepEqual(problems(keyedBy("number"), other), [["key-changed", "total", undefined, true]]);
    assert.deepEqual(problems(keyedBy(undefined), other), [["key-changed", "total", undefined, false]]);
  });
});

describe("renameSteps", () => {
  const lock = describeState(jobWith({ total: valueState(0), seen: valueState(0) }));

  it("holds the states of a step against those that it has under its new id", () => {
    const renamed = renameSteps(lock, { count: "counts" });
    const migrate = { 0: (old: unknown) => old };
    const same = jobWith({ total: valueState(0), seen: valueState(0) }, { id: "counts" });
    assert.deepEqual(checkLock(same, renamed), []);
    const unreadable = jobWith({ total: valueState(0, { version: 1 }), seen: valueState(0) }, { id: "counts" });
    assert.deepEqual(problems(unreadable, renamed), [["migration-missing", "counts", "total", true]]);
    const raised = jobWith({ total: valueState(0, { version: 1, migrate }), seen: valueState(0) }, { id: "counts" });
    assert.deepEqual(problems(raised, renamed), [["version-raised", "counts", "total", false]]);
    // And the versions of old entries are kept.
    assert.deepEqual(describeState(raised, renamed).operators[0]?.states[1]?.versions, [0, 1]);
  });

  it("swaps ids, keeps the order of the file, and refuses what cannot be", () => {
    const swapped = renameSteps(lock, { count: "out", out: "count" });
    assert.deepEqual(
      swapped.operators.map(({ id, step }) => [id, step]),
      [
        ["count", "sink"],
        ["numbers", "source"],
        ["out", "operator"],
      ],
    );
    assert.deepEqual(renameSteps(swapped, { count: "out", out: "count" }), lock);
    assert.throws(() => renameSteps(lock, { nix: "counts" }), {
      code: "OPTION_INVALID",
      message: /"nix".*count, numbers, out/,
    });
    assert.throws(() => renameSteps(lock, { count: "out" }), { code: "OPTION_INVALID", message: /"out".*two steps/ });
  });
});

describe("renderLock", () => {
  it("writes short arrays on one line, as formatters do, and loses nothing by it", () => {
    const states = [{ name: 'a "quoted", [1]', kind: "value", versions: [0, 1, 12] }];
    const key = ["string", ["number", "bytes"]] as const;
    const lock: StateLock = {
      lockVersion: 0,
      pipeline: "p",
      operators: [{ id: "[\n", step: "operator", key, states }],
    };
    const text = renderLock(lock);
    assert.match(text, /"versions": \[0, 1, 12\]\n/);
    assert.deepEqual(parseLock(text), lock);
  });
});

describe("parseLock", () => {
  for (const text of [
    "",
    "[]",
    "{}",
    '{"lockVersion":1,"pipeline":"p","operators":[]}',
    '{"lockVersion":0,"operators":[]}',
    '{"lockVersion":0,"pipeline":"p","operators":[{"id":"a","step":"map","states":[]}]}',
    '{"lockVersion":0,"pipeline":"p","operators":[{"id":"a","step":"sink","states":[{"name":"s","kind":"value","versions":[]}]}]}',
  ]) {
    it(`refuses ${JSON.stringify(text)} with LOCK_INVALID`, () => {
      assert.throws(() => parseLock(text), { code: "LOCK_INVALID" });
    });
  }
});
