// runtimes: node24
/** State with a time to live that leaves memory whenever it may, driven through all that the contract of operators allows. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { frozenEnv } from "@tidemark/core/testing";

import type { OperatorFactory } from "../../src/operators/operator.ts";
import { listState } from "../../src/state/kinds/list.ts";
import { mapState, valueState } from "../../src/state/kinds/with-options.ts";
import { type Call, type Timed, verifyAsyncOperator } from "./harness.ts";
import { leavesAlways } from "./paged-entries.ts";
import { of } from "./string-process.ts";

const ttl = { after: "10ms" } as const;

/** Says what it has seen of a key in the last ten milliseconds: the clock of each instance is the time of its last record. */
const lately: OperatorFactory = (context) => {
  const clock = { now: 0 };
  const process = of({
    state: {
      last: valueState("none", { ttl }),
      all: listState<string>({ ttl }),
      byLetter: mapState<string, string>({ ttl }),
    },
    onRecord(value, { state, timestamp, emit }) {
      clock.now = timestamp;
      const letter = value.slice(1, 2);
      emit(`${state.last.get()} ${state.all.get().join("+")} ${state.byLetter.get(letter)}`);
      state.last.update(value);
      state.all.add(value);
      state.byLetter.set(letter, value);
    },
  });
  return process({ ...context, env: { ...context.env, now: () => clock.now } });
};

/** Each key is silent for longer than its state lives, again and again. */
const CALLS: readonly Call[] = Array.from({ length: 6 }, (_, round) => {
  const key = "abc"[round % 3] as string;
  const records = Array.from({ length: 4 }, (__, at): Timed => [`${key}${"xy"[at % 2]}${round}${at}`, round * 12 + at]);
  return { kind: "batch", records };
});

for (const readsAtOnce of [true, false]) {
  const over = `over a store that ${readsAtOnce ? "reads at once" : "is waited for"}`;
  test(`state that expires beyond memory keeps the contract, ${over} (TTL-01, TTL-02, COR-10)`, async () => {
    const options = { paging: leavesAlways(readsAtOnce), env: frozenEnv().env, keyGroups: 2 };
    const { main } = await verifyAsyncOperator(lately, CALLS, options);
    const fresh = main.filter(([value]) => (value as string).startsWith("none  "));
    assert.equal(fresh.length, CALLS.length, "each time all had expired");
  });
}
