/** What a restore would do, before it is done. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  type Pipeline,
  pipeline,
  run,
  type SavepointLocation,
  type Source,
  type SourceRemainder,
} from "@tidemark/core";
import {
  claim,
  fork,
  memorySavepoint,
  openCheckpoint,
  openSavepoint,
  planRestore,
  type RestorePlan,
  type RestorePlanOptions,
  type SourcePlan,
} from "@tidemark/core/savepoints";
import { frozenEnv } from "@tidemark/core/testing";

import { ledgerSink } from "../runtime/ledger-sink.ts";
import { memory } from "../runtime/memory.ts";
import { type PacedSplit, pacedSource } from "../runtime/paced-source.ts";
import { type ShopIds, shopJob, shopOptions, shopRecords, shopSinks } from "./shop-job.ts";

const { env } = frozenEnv();

/** A savepoint after so many records. */
async function taken(
  options: { readonly drain?: boolean; readonly keyGroups?: number } = {},
): Promise<SavepointLocation> {
  const location = memorySavepoint();
  let read = 0;
  let asked = false;
  let savepoint: Promise<unknown> | undefined;
  const handle = run(
    shopJob(shopSinks()),
    shopOptions(memory(), {
      parallelism: 2,
      ...(options.keyGroups === undefined ? {} : { keyGroups: options.keyGroups }),
      trace: (event) => {
        if (event.kind === "batch" && event.channel === undefined) read += event.values.length;
        if (read < 50 || asked) return;
        asked = true;
        savepoint = handle.savepoint(location, { after: options.drain === true ? "drain" : "stop" });
      },
    }),
  );
  await handle.finished;
  await savepoint;
  return location;
}

function job(ids: ShopIds = {}): Pipeline {
  return shopJob(shopSinks(), ids);
}

async function actions(
  pipeline: Pipeline,
  location: SavepointLocation,
  options: RestorePlanOptions = {},
): Promise<unknown> {
  const plan = await planRestore(pipeline, claim(location), options);
  return plan.operators.map(({ operatorId, action }) => `${operatorId} ${action}`);
}

/** What `run` says to the same restore. */
async function refusal(pipeline: Pipeline, location: SavepointLocation, options: RestorePlanOptions): Promise<unknown> {
  const started = run(pipeline, shopOptions(memory(), { from: claim(location), until: { records: 0 }, ...options }));
  return started.finished.then(
    () => undefined,
    (error: unknown) => (error as Error).message,
  );
}

/** Checks that the plan and the restore agree. */
async function agreed(
  plan: RestorePlan,
  pipeline: Pipeline,
  location: SavepointLocation,
  options: RestorePlanOptions,
): Promise<void> {
  assert.equal(await refusal(pipeline, location, options), plan.problems[0]?.message);
}

describe("planRestore", () => {
  it("says what is kept, with numbers of keys, entries and bytes, and where sources go on", async () => {
    const location = await taken();
    const plan = await planRestore(job(), claim(location), { parallelism: 2 });
    assert.ok(plan.isSafe);
    const snapshot = await openSavepoint(location);
    assert.deepEqual(
      plan.operators.map(({ operatorId, action, repartitioned, keys, entries, bytes }) => [
        operatorId,
        action,
        repartitioned,
        keys,
        entries,
        bytes,
      ]),
      snapshot
        .operators()
        .map(({ operatorId, keys, states }) => [
          operatorId,
          "kept",
          false,
          keys,
          states.reduce((sum, { entries = 0 }) => sum + entries, 0),
          states.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
        ]),
    );
    assert.deepEqual(
      plan.sources[0]?.splits.map(({ split, maxTimestamp }) => ({ split, maxTimestamp })),
      snapshot.sources()[0]?.splits,
    );
    assert.equal(plan.takenAt, snapshot.takenAt);
    await agreed(plan, job(), location, { parallelism: 2 });
  });

  it("says what each source has still to read: the expected replay", async () => {
    const location = await taken();
    const plan = await planRestore(job(), claim(location));
    const [orders] = plan.sources;
    const positions = (await openSavepoint(location)).sources<PacedSplit>()[0]?.splits ?? [];
    const read = positions.reduce((sum, { split }) => sum + split.position, 0);
    assert.ok(read >= 50);
    assert.deepEqual(
      orders?.splits.map(({ remaining }) => remaining),
      positions.map(({ split }) => ({ records: shopRecords / positions.length - split.position })),
    );
    assert.deepEqual(orders?.remaining, { records: shopRecords - read });
  });

  it("adds up only what every split of a source can tell", async () => {
    const location = await taken();
    const remainders: SourceRemainder[] = [{ bytes: 1, records: 2 }, { bytes: 3 }, { bytes: 5 }, { bytes: 7 }];
    const told = async (remaining: Source<number>["remaining"]): Promise<SourcePlan | undefined> => {
      const other = pipeline("shop");
      const source = { ...pacedSource<number>([]), ...(remaining === undefined ? {} : { remaining }) };
      other.source("orders", source).sink("out", ledgerSink<number>().sink);
      const allowUnmapped = ["all", "customers", "items", "windows", "none"];
      return (await planRestore(other, claim(location), { allowUnmapped })).sources[0];
    };
    const some = await told(() => Promise.resolve(remainders.shift()));
    assert.deepEqual(some?.remaining, { bytes: 16 });
    assert.equal((await told(() => Promise.resolve(undefined)))?.remaining, undefined);
    await assert.rejects(
      told(() => Promise.reject(new Error("the disk is gone"))),
      /the disk is gone/,
    );
  });

  it("says what is dealt out anew, renamed and new", async () => {
    const location = await taken();
    const ids = { customers: "clients", extra: "extra" };
    const plan = await planRestore(job(ids), claim(location, { rename: { customers: "clients" } }), { parallelism: 3 });
    assert.ok(plan.isSafe);
    assert.deepEqual(
      plan.operators.map(({ operatorId, formerId, action, repartitioned }) => [
        operatorId,
        formerId,
        action,
        repartitioned,
      ]),
      [
        ["all", undefined, "kept", true],
        ["clients", "customers", "kept", true],
        ["items", undefined, "kept", true],
        ["extra", undefined, "new", false],
      ],
    );
  });

  it("refuses what is gone, as the restore does, unless it is named (RES-04)", async () => {
    const location = await taken();
    const renamed = job({ items: "articles" });
    assert.deepEqual(await actions(renamed, location), ["all kept", "customers kept", "items refused", "articles new"]);
    const refused = await planRestore(renamed, claim(location));
    assert.deepEqual(
      refused.problems.map(({ code }) => code),
      ["STATE_UNMAPPED"],
    );
    await agreed(refused, renamed, location, {});
    const options = { allowUnmapped: ["items"] };
    assert.deepEqual(await actions(renamed, location, options), [
      "all kept",
      "customers kept",
      "items dropped",
      "articles new",
    ]);
    await agreed(await planRestore(renamed, claim(location), options), renamed, location, options);
  });

  it("tells of key groups that are taken over, and refuses others (RSC-03)", async () => {
    const location = await taken({ keyGroups: 12 });
    assert.deepEqual((await planRestore(job(), claim(location))).keyGroups, { count: 12, adopted: true });
    const options = { keyGroups: 128 };
    const plan = await planRestore(job(), claim(location), options);
    assert.deepEqual(
      plan.problems.map(({ code }) => code),
      ["STATE_INCOMPATIBLE"],
    );
    await agreed(plan, job(), location, options);
  });

  it("refuses what was drained, unless told otherwise (SAV-03)", async () => {
    const location = await taken({ drain: true });
    const plan = await planRestore(job(), claim(location));
    assert.deepEqual(
      plan.problems.map(({ code }) => code),
      ["STATE_INCOMPATIBLE"],
    );
    await agreed(plan, job(), location, {});
    assert.ok((await planRestore(job(), claim(location), { allowDrained: true })).isSafe);
  });

  it("tells what sinks commit, and what a fork leaves to the other job (SAV-05)", async () => {
    const location = await taken();
    const pending = (await openSavepoint(location))
      .sinks()
      .reduce((sum, { committables }) => sum + committables.length, 0);
    assert.ok(pending > 0);
    for (const [from, committed, dropped] of [
      [claim(location), pending, 0],
      [fork(location, { committables: "commit" }), pending, 0],
      [fork(location, { committables: "drop" }), 0, pending],
    ] as const) {
      const { sinks } = await planRestore(job(), from);
      assert.equal(
        sinks.reduce((sum, sink) => sum + sink.committed, 0),
        committed,
      );
      assert.equal(
        sinks.reduce((sum, sink) => sum + sink.dropped, 0),
        dropped,
      );
    }
  });

  it("plans a restore from a checkpoint too: an upgrade in place", async () => {
    const backend = memory();
    await run(job(), shopOptions(backend, { until: { records: 50 } })).finished;
    const checkpoint = await openCheckpoint(backend, { job: "shop", env });
    const plan = await planRestore(job({ items: "articles" }), checkpoint);
    await checkpoint.close();
    assert.ok(plan.operators.every(({ action, keys, entries }) => action === "new" || (keys > 0 && entries >= keys)));
    assert.deepEqual(
      plan.problems.map(({ code }) => code),
      ["STATE_UNMAPPED"],
    );
  });

  it("prints", async () => {
    const plan = await planRestore(job({ items: "articles" }), claim(await taken()), { parallelism: 3 });
    const text = String(plan)
      .replaceAll(/\d+ (keys|key(?! groups)|entries|entry|bytes)/g, "N $1")
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "DATE")
      .replaceAll(/"position":\d+/g, '"position":N')
      .replaceAll(/\d+ records/g, "N records")
      .replaceAll(/\d+ committables/g, "N committables")
      .replaceAll(/checkpoint \d+,/g, "checkpoint N,");
    assert.deepEqual(
      text
        .split("\n")
        .filter(
          (line) => !line.startsWith("  value") && !line.startsWith("  reducing") && !line.startsWith("  aggregating"),
        ),
      [
        "restore savepoint in memory of job shop, checkpoint N, into pipeline shop",
        "  taken at DATE; what the sources have received since then is read again",
        "  128 key groups",
        "operator all kept, dealt out from 2 to 3 subtasks, event time DATE: N key, N entry, N bytes",
        "operator customers kept, dealt out from 2 to 3 subtasks, event time DATE: N keys, N entries, N bytes",
        "  map items kept: N keys, N entries, N bytes",
        "  timers $event-timers kept: N entries, N bytes",
        "  timers $processing-timers kept: N entries, N bytes",
        "operator items refused, event time DATE: N keys, N entries, N bytes",
        "operator articles new",
        "source orders kept: 4 splits, N records to read",
        ...[0, 1, 2, 3].map(
          (at) => `  from {"id":"split-${at}","index":${at},"position":N}, seen up to DATE, N records to read`,
        ),
        "sink none kept",
        "sink out kept, N committables are committed first",
        "sink windows kept",
        plan.problems.map(({ code, message }) => `${code}: ${message}`).join(),
      ],
    );
  });
});
