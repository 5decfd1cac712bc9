import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type CoordinatorEvent, IDS_RESERVED } from "../../src/checkpoint/coordinator.ts";
import { manifestName } from "../../src/checkpoint/manifest.ts";
import type { CheckpointConfig } from "../../src/checkpoint/options.ts";
import { Coordinated, HEAD, WALL_CLOCK } from "./coordinated.ts";

describe("CheckpointCoordinator, when it triggers", () => {
  const table: readonly {
    readonly name: string;
    readonly config: Partial<CheckpointConfig>;
    /** Times at which `time` is told; each checkpoint completes `tookMs` after its trigger. */
    readonly times: readonly number[];
    readonly tookMs: number;
    readonly triggered: readonly number[];
  }[] = [
    {
      name: "begins one at each interval",
      config: {},
      times: [0, 999, 1000, 1500, 2000, 2999, 3000],
      tookMs: 10,
      triggered: [1000, 2000, 3000],
    },
    {
      name: "keeps a fixed rate: a late trigger moves none after it",
      config: {},
      times: [1900, 1999, 2000, 3000],
      tookMs: 10,
      triggered: [1900, 2000, 3000],
    },
    {
      name: "does not make up for missed ones",
      config: {},
      times: [9500, 9600, 9999, 10_000],
      tookMs: 10,
      triggered: [9500, 10_000],
    },
    {
      name: "begins none while one is under way, and one at once when it has ended late",
      config: {},
      times: [1000, 2000, 3500, 4000],
      tookMs: 1200,
      triggered: [1000, 2200, 3400],
    },
    {
      name: "waits for the pause after the end of the last one (TRG-05)",
      config: { minPauseMs: 700 },
      times: [1000, 2000, 2199, 2200, 3000, 3400],
      tookMs: 500,
      triggered: [1000, 2200, 3400],
    },
    {
      name: "begins none by itself without an interval",
      config: { intervalMs: Infinity },
      times: [1e12],
      tookMs: 1,
      triggered: [],
    },
  ];
  for (const { name, config, times, tookMs, triggered } of table) {
    it(name, () => {
      const coordinated = new Coordinated(config);
      const found: number[] = [];
      let endsAt: number | undefined;
      const take = (at: number, effects: readonly string[]): void => {
        if (effects.length === 0) return;
        found.push(at);
        assert.deepEqual(effects, [`trigger ${found.length}`]);
        endsAt = at + tookMs;
      };
      for (const at of times) {
        if (endsAt !== undefined && endsAt <= at) {
          const ended: number = endsAt;
          endsAt = undefined;
          assert.deepEqual(coordinated.complete(ended, found.length), [`complete ${found.length}`]);
          take(ended, coordinated.settle(ended));
        }
        take(at, coordinated.time(at));
      }
      assert.deepEqual(found, triggered);
    });
  }

  it("says when it wants to be woken: the next trigger, then the deadline, then nothing until it is told more", () => {
    const coordinated = new Coordinated({ minPauseMs: 1500, intervalMs: 1500 });
    assert.equal(coordinated.coordinator.wakeAt, 1500);
    coordinated.time(1500);
    assert.equal(coordinated.coordinator.wakeAt, 6500);
    coordinated.acknowledgeAll(1600, 1);
    assert.equal(coordinated.coordinator.wakeAt, 6500, "the manifest has to be written in time too");
    coordinated.manifestWritten(1700, 1);
    assert.equal(coordinated.coordinator.wakeAt, Infinity);
    coordinated.headWritten(1800, 1);
    assert.equal(coordinated.coordinator.wakeAt, Infinity, "it waits for the commits");
    coordinated.settle(1900);
    assert.equal(coordinated.coordinator.wakeAt, 3300);
  });

  it("gives up a checkpoint whose manifest is not written in time, and takes no late word of it", () => {
    const coordinated = new Coordinated();
    coordinated.time(1000);
    coordinated.acknowledgeAll(1100, 1);
    assert.deepEqual(coordinated.time(6000).slice(0, 1), ["abort 1 expired"]);
    assert.deepEqual(coordinated.manifestWritten(6100, 1), []);
  });

  it("begins none before commits and clean-up of the last one are settled (TRG-06)", () => {
    const coordinated = new Coordinated();
    coordinated.time(1000);
    assert.deepEqual(coordinated.complete(1100, 1), ["complete 1"]);
    assert.deepEqual(coordinated.time(2000), []);
    assert.deepEqual(coordinated.request(2100), []);
    assert.deepEqual(coordinated.settle(2500), ["trigger 2"]);
  });

  it("begins none while more are being cleaned up after than may be under way (TRG-06, RET-05)", () => {
    const coordinated = new Coordinated();
    for (const id of [1, 2]) {
      assert.deepEqual(coordinated.time(1000 * id), [`trigger ${id}`], "one that is cleaned up after holds back none");
      coordinated.complete(1000 * id, id);
      coordinated.on({ kind: "committed", at: 1000 * id, checkpointId: id });
    }
    assert.deepEqual(coordinated.time(3000), []);
    assert.equal(coordinated.coordinator.wakeAt, Infinity);
    assert.deepEqual(coordinated.on({ kind: "cleaned", at: 3500, checkpointId: 1 }), ["trigger 3"]);
  });
});

describe("CheckpointCoordinator, when one is requested", () => {
  it("begins it at once, and the periodic ones keep their times", () => {
    const coordinated = new Coordinated();
    assert.deepEqual(coordinated.request(300), ["trigger 1"]);
    coordinated.complete(400, 1);
    coordinated.settle(400);
    assert.deepEqual(coordinated.time(999), []);
    assert.deepEqual(coordinated.time(1000), ["trigger 2"]);
  });

  it("does not wait for the pause, which is for periodic ones", () => {
    const coordinated = new Coordinated({ minPauseMs: 60_000, intervalMs: 60_000 });
    coordinated.time(60_000);
    coordinated.complete(60_100, 1);
    coordinated.settle(60_100);
    assert.deepEqual(coordinated.request(60_200), ["trigger 2"]);
  });

  for (const phase of ["collecting", "settling"] as const) {
    it(`begins it right after the one that is ${phase}, whatever the pause`, () => {
      // The last checkpoint of a bounded run is requested: it must not sit out the pause because another was under way.
      const coordinated = new Coordinated({ minPauseMs: 60_000, intervalMs: 60_000 });
      coordinated.time(60_000);
      if (phase === "collecting") assert.deepEqual(coordinated.request(60_050), []);
      coordinated.complete(60_100, 1);
      if (phase === "settling") assert.deepEqual(coordinated.request(60_150), []);
      assert.deepEqual(coordinated.settle(60_200), ["trigger 2"]);
    });
  }

  it("begins it again at once after an abort that it had to wait for", () => {
    const coordinated = new Coordinated({ minPauseMs: 60_000, intervalMs: 60_000, tolerableFailures: 1 });
    coordinated.time(60_000);
    coordinated.request(60_050);
    coordinated.decline(60_100, 1);
    assert.equal(coordinated.coordinator.wakeAt <= 60_100, true);
    assert.deepEqual(coordinated.time(60_100), ["trigger 2"]);
  });

  it("answers several requests that wait with one checkpoint", () => {
    const coordinated = new Coordinated({ intervalMs: Infinity });
    assert.deepEqual(coordinated.request(10), ["trigger 1"]);
    coordinated.request(20);
    coordinated.request(30);
    coordinated.complete(40, 1);
    assert.deepEqual(coordinated.settle(50), ["trigger 2"]);
    coordinated.complete(60, 2);
    assert.deepEqual(coordinated.settle(70), []);
    assert.equal(coordinated.coordinator.wakeAt, Infinity);
  });
});

describe("CheckpointCoordinator, until it is complete", () => {
  it("goes from acknowledgements to the manifest, to the head, to complete", () => {
    const coordinated = new Coordinated();
    assert.deepEqual(coordinated.time(1000), ["trigger 1"]);
    assert.deepEqual(coordinated.acknowledge(1010, 1, 0), []);
    assert.deepEqual(coordinated.acknowledge(1020, 1, 0), [], "a duplicate counts once");
    assert.deepEqual(coordinated.acknowledge(1030, 1, 1), ["write-manifest 1"]);
    assert.deepEqual(coordinated.manifestWritten(1040, 1), ["write-head 1"]);
    assert.deepEqual(coordinated.headWritten(1050, 1), ["complete 1"]);
    assert.deepEqual(coordinated.coordinator.pending, []);
  });

  it("asks for a head that lists it, under its own generation and name", () => {
    const coordinated = new Coordinated();
    coordinated.time(1000);
    coordinated.complete(1100, 1);
    assert.deepEqual(coordinated.heads, [
      {
        job: "job",
        owner: HEAD.owner,
        generation: 3,
        nextId: HEAD.nextId + 1,
        retained: [{ checkpointId: 1, generation: 3, manifest: manifestName(3, 1), completedAt: WALL_CLOCK }],
      },
    ]);
  });

  it("retains as many as it is told, oldest first, those of older generations among them", () => {
    const older = { checkpointId: 5, generation: 2, manifest: manifestName(2, 5), completedAt: 1 };
    const head = { ...HEAD, nextId: 40, retained: [older] };
    const coordinated = new Coordinated({ retained: 3 }, head);
    const first = 40 - IDS_RESERVED;
    const kept = (): readonly number[] => coordinated.heads.at(-1)?.retained.map((each) => each.checkpointId) ?? [];
    const expected = [
      [5, first],
      [5, first, first + 1],
      [first, first + 1, first + 2],
    ];
    expected.forEach((ids, index) => {
      coordinated.time(1000 * (index + 1));
      coordinated.complete(1000 * (index + 1), first + index);
      coordinated.settle(1000 * (index + 1));
      assert.deepEqual(kept(), ids);
    });
  });

  it("reserves ids through the head before it draws them, and draws none twice (HA-02)", () => {
    const coordinated = new Coordinated({ tolerableFailures: Infinity });
    let reserved = HEAD.nextId;
    const drawn = new Set<number>();
    for (let at = 1000; at < 100_000; at += 1000) {
      const [effect] = coordinated.time(at);
      if (effect === "write-head ids") {
        const next = coordinated.heads.at(-1)?.nextId ?? 0;
        assert.equal(next, reserved + IDS_RESERVED);
        assert.deepEqual(coordinated.time(at), [], "it waits for the head");
        assert.equal(coordinated.coordinator.wakeAt, Infinity);
        reserved = next;
        const [triggered] = coordinated.headWritten(at + 1, undefined);
        assert.match(triggered ?? "", /^trigger/);
      }
      const [id] = coordinated.coordinator.pending;
      assert.ok(id !== undefined && id < reserved && !drawn.has(id));
      drawn.add(id);
      coordinated.decline(at + 2, id);
    }
    assert.ok(drawn.size > 3 * IDS_RESERVED);
  });

  it("reserves further ids with each head that completes a checkpoint", () => {
    const coordinated = new Coordinated();
    for (let id = 1; id <= 3 * IDS_RESERVED; id++) {
      assert.deepEqual(coordinated.time(1000 * id), [`trigger ${id}`]);
      coordinated.complete(1000 * id, id);
      assert.ok((coordinated.heads.at(-1)?.nextId ?? 0) > id);
      coordinated.settle(1000 * id);
    }
  });
});

describe("CheckpointCoordinator, when one fails", () => {
  const failures: readonly (readonly [
    string,
    (coordinated: Coordinated, id: number, at: number) => readonly string[],
    string,
  ])[] = [
    ["a deadline", (coordinated, _id, at) => coordinated.time(at + 5000), "expired"],
    ["a decline", (coordinated, checkpointId, at) => coordinated.decline(at, checkpointId), "snapshot-failed"],
    [
      "a manifest that cannot be written",
      (coordinated, checkpointId, at) => {
        coordinated.acknowledgeAll(at, checkpointId);
        return coordinated.on({ kind: "manifest-failed", at, checkpointId });
      },
      "manifest-failed",
    ],
  ];
  for (const [name, fail, reason] of failures) {
    it(`aborts it for ${name}, and fails the job if none is tolerated (CFM-01)`, () => {
      const coordinated = new Coordinated();
      coordinated.time(1000);
      assert.deepEqual(fail(coordinated, 1, 1000), [`abort 1 ${reason}`, `fail 1 ${reason}`]);
      assert.deepEqual(coordinated.coordinator.pending, []);
    });

    it(`counts ${name} as one failure, however often it is told (CFM-03)`, () => {
      const coordinated = new Coordinated({ tolerableFailures: 1, timeoutMs: 5000 });
      coordinated.time(1000);
      assert.deepEqual(fail(coordinated, 1, 1000), [`abort 1 ${reason}`]);
      assert.deepEqual(coordinated.decline(1000, 1), []);
      assert.deepEqual(coordinated.on({ kind: "manifest-failed", at: 1000, checkpointId: 1 }), []);
      assert.deepEqual(coordinated.time(6000), ["trigger 2"]);
      assert.deepEqual(fail(coordinated, 2, 6000), [`abort 2 ${reason}`, `fail 2 ${reason}`]);
    });

    it(`goes on after ${name} with a new id, and does not finish the old one`, () => {
      const coordinated = new Coordinated({ tolerableFailures: 1 });
      coordinated.time(1000);
      fail(coordinated, 1, 1000);
      assert.deepEqual(coordinated.time(7000), ["trigger 2"]);
      assert.deepEqual(coordinated.acknowledgeAll(7001, 1), []);
      assert.deepEqual(coordinated.manifestWritten(7002, 1), []);
      assert.deepEqual(coordinated.coordinator.pending, [2]);
      assert.deepEqual(coordinated.complete(7003, 2), ["complete 2"]);
    });
  }

  it("expires at the timeout, not a millisecond before", () => {
    const coordinated = new Coordinated();
    coordinated.time(1000);
    assert.deepEqual(coordinated.time(5999), []);
    assert.deepEqual(coordinated.time(6000), ["abort 1 expired", "fail 1 expired"]);
  });

  it("does not expire while the head is written: whether it is complete is decided there", () => {
    const coordinated = new Coordinated();
    coordinated.time(1000);
    coordinated.acknowledgeAll(1100, 1);
    coordinated.manifestWritten(1200, 1);
    assert.deepEqual(coordinated.time(99_000), []);
    assert.deepEqual(coordinated.headWritten(99_001, 1), ["complete 1"]);
  });

  it("begins to count again after a success (CFM-03)", () => {
    const coordinated = new Coordinated({ tolerableFailures: 2 });
    const outcomes = ["f", "f", "s", "f", "f", "s", "f", "f", "f"];
    const ends = outcomes.map((outcome, index) => {
      const at = 1000 * (index + 1);
      const id = index + 1;
      assert.deepEqual(coordinated.time(at), [`trigger ${id}`]);
      if (outcome === "f") return coordinated.decline(at, id).length;
      coordinated.complete(at, id);
      coordinated.settle(at);
      return 0;
    });
    assert.deepEqual(ends, [1, 1, 0, 1, 1, 0, 1, 1, 2]);
  });

  it("waits for the pause after an abort too", () => {
    const coordinated = new Coordinated({ minPauseMs: 700, tolerableFailures: 9 });
    coordinated.time(1000);
    coordinated.decline(1900, 1);
    assert.deepEqual(coordinated.time(2000), []);
    assert.deepEqual(coordinated.time(2600), ["trigger 2"]);
  });
});

describe("CheckpointCoordinator, told of what it did not ask for", () => {
  const phases: readonly (readonly [string, (coordinated: Coordinated) => void])[] = [
    ["nothing is pending", () => undefined],
    ["one collects", (coordinated) => void coordinated.time(1000)],
    [
      "a manifest is written",
      (coordinated) => {
        coordinated.time(1000);
        coordinated.acknowledgeAll(1000, 1);
      },
    ],
    [
      "a head is written",
      (coordinated) => {
        coordinated.time(1000);
        coordinated.acknowledgeAll(1000, 1);
        coordinated.manifestWritten(1000, 1);
      },
    ],
  ];
  const kinds = ["acknowledged", "declined", "manifest-written", "manifest-failed", "head-written"] as const;
  const awaited: Readonly<Record<string, readonly string[]>> = {
    "one collects": ["acknowledged", "declined"],
    "a manifest is written": ["manifest-written", "manifest-failed"],
    "a head is written": ["head-written"],
  };
  for (const [phase, reach] of phases) {
    it(`does nothing while ${phase}: stale ids, future ids, answers to no question`, () => {
      for (const kind of kinds) {
        for (const checkpointId of [0, 1, 2, 99, undefined]) {
          if (checkpointId === 1 && awaited[phase]?.includes(kind) === true) continue;
          if (checkpointId === undefined && !kind.startsWith("head")) continue;
          const coordinated = new Coordinated();
          reach(coordinated);
          const pending = coordinated.coordinator.pending[0];
          const wakeAt = coordinated.coordinator.wakeAt;
          const rest = {
            at: 1001,
            checkpointId: checkpointId as number,
            subtask: 1,
            reason: "snapshot-failed" as const,
            head: { ...HEAD, generation: 77 },
          };
          assert.deepEqual(coordinated.on({ kind, ...rest } as CoordinatorEvent), [], `${kind} of ${checkpointId}`);
          assert.equal(coordinated.coordinator.pending[0], pending, `${kind} of ${checkpointId}`);
          if (pending === undefined) continue;
          assert.equal(coordinated.coordinator.wakeAt, wakeAt);
        }
      }
    });
  }
});
