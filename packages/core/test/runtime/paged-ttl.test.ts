/** State with a time to live that has left memory, in a run. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { pipeline, run } from "@tidemark/core";
import { openCheckpoint } from "@tidemark/core/savepoints";
import { listState, mapState, statePaging, valueState } from "@tidemark/core/state";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { endsWithin } from "./ends-within.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

const HOUR = 3_600_000;
const ttl = { after: "1h" } as const;

function remembering(names: readonly string[]) {
  const job = pipeline("remembering");
  job
    .source("names", pacedSource([names], { perPoll: 2 }))
    .keyBy((name) => name)
    .process("seen", {
      state: {
        value: valueState("", { ttl }),
        map: mapState<string, string>({ ttl }),
        list: listState<string>({ ttl }),
      },
      onRecord(name, { state }) {
        state.value.update(name);
        state.map.set(name, name);
        state.list.add(name);
      },
    })
    .sink("out", ledgerSink<unknown>().sink);
  return job;
}

for (const host of ["local", bytesHost] as const) {
  test(`run: what has expired leaves the checkpoints though it has left memory and nobody reads it, host ${String(host)} (TTL-02)`, async () => {
    const backend = memory();
    const options = {
      backend,
      host,
      parallelism: 2,
      checkpoint: { interval: "20ms" },
      state: { evict: () => true, paging: statePaging },
    } as const;
    const entries = async (): Promise<number> => {
      const snapshot = await openCheckpoint(backend, { job: "remembering" });
      let count = 0;
      for await (const slice of snapshot.entries({ operator: "seen" })) count += slice.length;
      await snapshot.close();
      return count;
    };
    const morning = frozenEnv({ now: 8 * HOUR }).env;
    const names = Array.from({ length: 200 }, (_, name) => `n${name}`);
    const first = run(remembering([...names, "last"]), { ...options, env: morning, until: { records: 200 } });
    await endsWithin(HOUR / 2, morning, first);
    assert.equal(await entries(), 4 * names.length);
    const noon = frozenEnv({ now: 12 * HOUR }).env;
    const again = Array.from({ length: 200 }, () => "again");
    await endsWithin(HOUR / 2, noon, run(remembering([...names, ...again]), { ...options, env: noon }));
    // Of the list, in which each millisecond has its chunk, only what was added lately counts.
    const left = await entries();
    assert.ok(left > 0 && left < 300, `${left} entries are left`);
  });
}
