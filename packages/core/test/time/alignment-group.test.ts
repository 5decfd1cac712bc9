import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { AlignmentGroup } from "../../src/time/alignment-group.ts";
import type { InputStatus } from "../../src/time/watermark-merge.ts";
import { check } from "../bytes/property.ts";

const never = (): void => assert.fail("resumed");

describe("AlignmentGroup", () => {
  it("makes a reader wait that is too far ahead, and wakes it once when the slowest has come closer (WM-03)", () => {
    const group = new AlignmentGroup();
    const [fast, slow] = [group.join(100), group.join(100)];
    slow.report(1000, "active");
    fast.report(1100, "active");
    assert.equal(fast.mustWait(never), false, "as far as it may be");
    fast.report(1101, "active");
    let woken = 0;
    assert.equal(
      fast.mustWait(() => woken++),
      true,
    );
    assert.equal(slow.mustWait(never), false);
    slow.report(1000.5, "active");
    assert.equal(woken, 0);
    slow.report(1001, "active");
    slow.report(1002, "active");
    assert.equal(woken, 1);
    assert.equal(fast.mustWait(never), false);
  });

  for (const status of ["idle", "finished"] as const) {
    it(`does not wait for a reader that is ${status}; when it speaks again it counts again (COR-25)`, () => {
      const group = new AlignmentGroup();
      const [fast, slow] = [group.join(10), group.join(10)];
      slow.report(0, "active");
      fast.report(50, "active");
      let woken = 0;
      assert.equal(
        fast.mustWait(() => woken++),
        true,
      );
      slow.report(0, status);
      assert.equal(woken, 1);
      assert.equal(fast.mustWait(never), false);
      slow.report(5, "active");
      assert.equal(
        fast.mustWait(() => woken++),
        true,
      );
    });
  }

  it("does not wait for a reader that has not read anything yet", () => {
    const group = new AlignmentGroup();
    const [fast] = [group.join(10), group.join(10)];
    fast.report(1e15, "active");
    assert.equal(fast.mustWait(never), false);
  });

  it("never makes all of its active readers wait, and wakes every reader that may go on (COR-25)", () => {
    const statuses = fc.constantFrom<InputStatus>("active", "active", "idle", "finished");
    const report = fc.tuple(fc.nat(3), fc.integer({ min: -50, max: 50 }), statuses);
    check(
      fc.property(
        fc.array(report, { maxLength: 40, size: "max" }),
        fc.array(fc.nat(20), { minLength: 4, maxLength: 4 }),
        (reports, drifts) => {
          const group = new AlignmentGroup();
          const members = drifts.map((drift) => group.join(drift));
          const now = drifts.map((): { watermark: number; status: InputStatus } => ({
            watermark: -Infinity,
            status: "active",
          }));
          const waiting = new Set<number>();
          for (const [index, watermark, status] of reports) {
            now[index] = { watermark, status };
            members[index]?.report(watermark, status);
            const slowest = Math.min(
              ...now
                .filter((each) => each.status === "active" && each.watermark > -Infinity)
                .map((each) => each.watermark),
            );
            const mayGoOn = (which: number): boolean =>
              (now[which]?.watermark ?? 0) <= slowest + (drifts[which] as number);
            for (const which of waiting) assert.ok(!mayGoOn(which), "not woken");
            members.forEach((member, which) => {
              const waits = member.mustWait(() => waiting.delete(which));
              if (waits) waiting.add(which);
              else waiting.delete(which);
              assert.equal(waits, !mayGoOn(which));
            });
            const active = now.flatMap((each, which) => (each.status === "active" ? [which] : []));
            assert.ok(active.length === 0 || active.some((which) => !waiting.has(which)), "nobody can go on");
          }
        },
      ),
    );
  });
});
