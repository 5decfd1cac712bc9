/** Plain windows whose aggregate throws on some records, where accumulators leave memory meanwhile. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { pipeline, run, sideOutput, type StepDeadLetter } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { sliding, tumbling } from "@tidemark/core/windows";
import { statePaging } from "@tidemark/core/state";

import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

interface Item {
  readonly id: number;
  readonly at: number;
}

const items: readonly Item[] = Array.from({ length: 60 }, (_, id) => ({ id, at: id * 3 }));

/** Throws halfway, with the accumulator changed in place. */
const ids = {
  create: (): number[] => [],
  add: (taken: number[], { id }: Item): number[] => {
    taken.push(id);
    if (id % 7 === 3) throw new RangeError("a seventh");
    return taken;
  },
  result: (taken: number[]): string => taken.join(" "),
  merge: (into: number[], from: number[]): number[] => [...into, ...from],
};

async function committed(kind: "tumbling" | "sliding", evict: (() => boolean) | undefined): Promise<readonly string[]> {
  const dead = sideOutput<StepDeadLetter<Item>>("dead");
  const ledger = ledgerSink<string>();
  const job = pipeline("paged");
  const windows = job
    .source("items", pacedSource([items], { perPoll: 4 }), { eventTime: ({ at }) => at })
    .keyBy(({ id }) => id % 3)
    .window("step", kind === "tumbling" ? tumbling("40ms") : sliding("40ms", "20ms"), { deadLetters: dead })
    .aggregate(ids);
  windows
    .map(({ key, window, value }) => `${key} from ${window.start}: ${value}`)
    .union(windows.sideOutput(dead).map(({ record }) => `dead ${record?.id}`))
    .sink("out", ledger.sink);
  const state = evict === undefined ? {} : { state: { evict, paging: statePaging } };
  const options = {
    backend: memory(),
    env: frozenEnv().env,
    host: bytesHost,
    checkpoint: { interval: "3ms" },
  } as const;
  await run(job, { ...options, ...state }).finished;
  return ledger.rows.toSorted();
}

for (const kind of ["tumbling", "sliding"] as const) {
  test(`run: ${kind} windows set aside what their aggregate throws on, though accumulators leave memory`, async () => {
    let [asked, gone] = [0, 0];
    const evict = (): boolean => {
      const goes = asked++ % 2 === 0;
      if (goes) gone++;
      return goes;
    };
    const rows = await committed(kind, evict);
    assert.deepEqual(rows, await committed(kind, undefined));
    assert.equal(rows.filter((row) => row.startsWith("dead")).length, items.filter(({ id }) => id % 7 === 3).length);
    assert.ok(gone > 5, `only ${gone} entries left memory`);
  });
}
