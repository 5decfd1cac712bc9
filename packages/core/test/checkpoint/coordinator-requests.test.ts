import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ABORT_REASONS, type AbortReason, countsAsFailure } from "../../src/checkpoint/abort-reason.ts";
import type { CoordinatorEffect } from "../../src/checkpoint/coordinator.ts";
import { FailureCounter } from "../../src/checkpoint/failure-counter.ts";
import { RequestQueue, REQUESTS_MAX } from "../../src/checkpoint/request-queue.ts";
import { Coordinated } from "./coordinated.ts";

function triggerOf(effects: readonly CoordinatorEffect[]): { readonly request: string; readonly tickets: string } {
  const [trigger] = effects;
  assert.ok(trigger?.kind === "trigger");
  return { request: trigger.request, tickets: trigger.tickets.join() };
}

describe("RequestQueue", () => {
  it("serves savepoints before the final one before manual ones, and the oldest of equals (TRG-03)", () => {
    const queue = new RequestQueue();
    const kinds = ["manual", "final", "savepoint", "manual", "savepoint", "final"] as const;
    kinds.forEach((kind, ticket) => assert.equal(queue.add({ ticket, kind }), undefined));
    assert.equal(queue.first?.ticket, 2);
    assert.deepEqual(
      queue.take().map(({ ticket }) => ticket),
      [2, 4, 1, 5, 0, 3],
    );
    assert.equal(queue.first, undefined);
  });

  it("has no room beyond its limit: the least urgent goes, be it the new one (TRG-03)", () => {
    const queue = new RequestQueue();
    for (let ticket = 0; ticket < REQUESTS_MAX; ticket++) queue.add({ ticket, kind: "manual" });
    assert.equal(queue.add({ ticket: -1, kind: "manual" })?.ticket, -1);
    assert.equal(queue.add({ ticket: -2, kind: "savepoint" })?.ticket, REQUESTS_MAX - 1);
    assert.equal(queue.first?.ticket, -2);
  });
});

describe("CheckpointCoordinator, asked by several", () => {
  it("answers all who wait with one checkpoint of the most urgent kind (TRG-02, TRG-03)", () => {
    const coordinated = new Coordinated();
    coordinated.time(1000);
    coordinated.request(1100, "manual", 1);
    coordinated.request(1200, "savepoint", 2);
    // Nothing is overtaken, so a savepoint may begin beside the one that is under way (TRG-04).
    assert.deepEqual(coordinated.coordinator.pending, [1, 2]);
    coordinated.request(1300, "manual", 3);
    coordinated.complete(1400, 1);
    assert.deepEqual(coordinated.settle(1400), []);
    coordinated.complete(1500, 2);
    assert.deepEqual(coordinated.settle(1500), ["trigger 3"]);
  });

  it("says which requests a checkpoint answers", () => {
    const coordinated = new Coordinated();
    coordinated.on({ kind: "time", at: 1000 });
    coordinated.request(1100, "manual", 7);
    coordinated.request(1100, "final", 8);
    coordinated.complete(1200, 1);
    const { coordinator } = coordinated;
    const effects = [
      ...coordinator.on({ kind: "committed", at: 1300, checkpointId: 1 }),
      ...coordinator.on({ kind: "cleaned", at: 1300, checkpointId: 1 }),
    ];
    assert.deepEqual(triggerOf(effects), { request: "final", tickets: "8,7" });
  });

  it("lets a savepoint wait its turn where barriers overtake (TRG-04)", () => {
    const coordinated = new Coordinated({ barriers: "unaligned" });
    coordinated.time(1000);
    assert.deepEqual(coordinated.request(1100, "savepoint"), []);
    coordinated.complete(1200, 1);
    assert.deepEqual(coordinated.settle(1300), ["trigger 2"]);
  });

  it("turns down what it has no room for, and says why (TRG-03)", () => {
    const coordinated = new Coordinated();
    coordinated.time(1000);
    for (let ticket = 0; ticket < REQUESTS_MAX; ticket++) coordinated.request(1100, "manual", ticket);
    assert.deepEqual(coordinated.request(1100, "manual", -5), ["reject #-5 too-many-requests"]);
  });

  it("aborts what is under way and turns down what waits when it is closed, and stays quiet then (TRG-08, TRG-18)", () => {
    for (const reason of ["suspended", "shutdown"] as const) {
      const coordinated = new Coordinated();
      coordinated.time(1000);
      coordinated.request(1100, "manual", 4);
      assert.deepEqual(coordinated.on({ kind: "closed", at: 1200, reason }), [
        `abort 1 ${reason}`,
        `reject #4 ${reason}`,
      ]);
      assert.deepEqual(coordinated.acknowledgeAll(1300, 1), []);
      assert.deepEqual(coordinated.time(99_000), []);
      assert.deepEqual(coordinated.request(99_000, "manual", 5), ["reject #5 shutdown"]);
      assert.equal(coordinated.coordinator.wakeAt, Infinity);
    }
  });
});

describe("CheckpointCoordinator, with several under way", () => {
  it("begins no more than it may", () => {
    const coordinated = new Coordinated({ maxConcurrent: 2 });
    assert.deepEqual(coordinated.time(1000), ["trigger 1"]);
    assert.deepEqual(coordinated.time(2000), ["trigger 2"]);
    assert.deepEqual(coordinated.time(3000), []);
    coordinated.acknowledgeAll(3100, 1);
    coordinated.manifestWritten(3100, 1);
    assert.deepEqual(coordinated.headWritten(3100, 1), ["complete 1"]);
    assert.deepEqual(coordinated.settle(3200), ["trigger 3"]);
  });

  it("writes one manifest and one head at a time, in the order of ids", () => {
    const coordinated = new Coordinated({ maxConcurrent: 2 });
    coordinated.time(1000);
    coordinated.time(2000);
    assert.deepEqual(coordinated.acknowledgeAll(2100, 1), ["write-manifest 1"]);
    assert.deepEqual(coordinated.acknowledgeAll(2100, 2), [], "the first is not through");
    coordinated.manifestWritten(2200, 1);
    assert.deepEqual(coordinated.headWritten(2300, 1), ["complete 1", "write-manifest 2"]);
  });

  it("aborts what a complete one has overtaken, without counting it as a failure (RET-04, CFM-02)", () => {
    const coordinated = new Coordinated({ maxConcurrent: 2 });
    coordinated.time(1000);
    coordinated.time(2000);
    assert.deepEqual(coordinated.acknowledgeAll(2100, 2), ["write-manifest 2"]);
    coordinated.manifestWritten(2200, 2);
    assert.deepEqual(coordinated.headWritten(2300, 2), ["complete 2", "abort 1 subsumed"]);
    assert.deepEqual(coordinated.coordinator.pending, []);
  });

  it("never overtakes a savepoint: what is ready waits for it (RET-04)", () => {
    const coordinated = new Coordinated({ maxConcurrent: 2 });
    coordinated.request(900, "savepoint");
    assert.deepEqual(coordinated.time(1000), ["trigger 2"]);
    assert.deepEqual(coordinated.acknowledgeAll(1100, 2), []);
    assert.deepEqual(coordinated.acknowledgeAll(1200, 1), ["write-manifest 1"]);
    coordinated.manifestWritten(1200, 1);
    assert.deepEqual(coordinated.headWritten(1300, 1), ["complete 1", "write-manifest 2"]);
  });

  it("goes on with what waited for a savepoint that is given up", () => {
    const coordinated = new Coordinated({ maxConcurrent: 2, tolerableFailures: 1 });
    coordinated.request(900, "savepoint");
    coordinated.time(1000);
    coordinated.acknowledgeAll(1100, 2);
    assert.deepEqual(coordinated.decline(1200, 1), ["abort 1 snapshot-failed", "write-manifest 2"]);
  });
});

describe("CheckpointCoordinator.outcomeOf", () => {
  it("tells a first acknowledgement, a second, a late one and one of nobody apart (TRG-11, TRG-13)", () => {
    const coordinated = new Coordinated({ tolerableFailures: 9 });
    const { coordinator } = coordinated;
    coordinated.time(1000);
    assert.equal(coordinator.outcomeOf(1, 0), "success");
    coordinated.acknowledge(1100, 1, 0);
    assert.equal(coordinator.outcomeOf(1, 0), "duplicate");
    assert.equal(coordinator.outcomeOf(1, 2), "unknown");
    assert.equal(coordinator.outcomeOf(2, 0), "unknown");
    assert.equal(coordinator.outcomeOf(0, 0), "unknown");
    coordinated.time(6000);
    assert.equal(coordinator.outcomeOf(1, 1), "late");
  });
});

describe("countsAsFailure", () => {
  const counted: ReadonlySet<AbortReason> = new Set(["expired", "snapshot-failed", "manifest-failed"]);
  for (const reason of ABORT_REASONS) {
    it(`${counted.has(reason) ? "counts" : "does not count"} ${reason} (CFM-01, CFM-02)`, () => {
      assert.equal(countsAsFailure(reason, false), counted.has(reason));
    });
    it(`of a savepoint ${reason === "snapshot-failed" ? "counts" : "does not count"} ${reason} (CFM-04)`, () => {
      assert.equal(countsAsFailure(reason, true), reason === "snapshot-failed");
    });
  }
});

describe("FailureCounter", () => {
  it("counts a checkpoint once, none behind the last success, and begins anew after each success and failure (CFM-03)", () => {
    const counter = new FailureCounter(1);
    assert.equal(counter.failed(1), false);
    assert.equal(counter.failed(1), false);
    counter.succeeded(5);
    assert.equal(counter.failed(4), false);
    assert.equal(counter.failed(5), false);
    assert.equal(counter.failed(6), false);
    counter.succeeded(5);
    assert.equal(counter.failed(7), true);
    assert.equal(counter.failed(8), false);
    assert.equal(counter.failed(9), true);
  });
});
