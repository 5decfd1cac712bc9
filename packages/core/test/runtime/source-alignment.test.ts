import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { SourceReader, SourceSplit } from "../../src/connect/source.ts";
import { SourceAlignment } from "../../src/runtime/source-alignment.ts";
import { AlignmentGroup } from "../../src/time/alignment-group.ts";
import { SplitClock } from "../../src/time/split-clock.ts";
import { NO_TIMESTAMP } from "../../src/time/timestamps.ts";
import { check } from "../bytes/property.ts";

const notPolled = (): never => assert.fail("a reader is told, and never asked");

/** A reader of a group with its splits, as its driver has it. */
class Aligned {
  readonly clock = new SplitClock(0);
  readonly told: (readonly string[])[] = [];
  readonly alignment: SourceAlignment;
  resumed = 0;

  constructor(group: AlignmentGroup, maxDriftMs: number, canPause: boolean, splits: readonly string[]) {
    const reader: SourceReader<unknown, SourceSplit> = {
      addSplits: notPolled,
      poll: notPolled,
      available: notPolled,
      snapshot: notPolled,
      close: notPolled,
      ...(canPause ? { pauseSplits: (paused: ReadonlySet<string>) => this.told.push([...paused].toSorted()) } : {}),
    };
    for (const id of splits) this.clock.add(id, NO_TIMESTAMP);
    this.alignment = new SourceAlignment({
      reader,
      member: group.join(maxDriftMs),
      clock: this.clock,
      resume: () => this.resumed++,
    });
  }

  /** A split comes to a time; an idle one speaks again. */
  reach(id: string, time: number, now = 0): void {
    this.clock.asked(id, now);
    this.clock.observe(id, [time + 1], 0);
    this.alignment.report();
  }

  /** The splits that it keeps from being read. */
  get held(): readonly string[] {
    return this.told.at(-1) ?? [];
  }
}

describe("SourceAlignment (SRC-06)", () => {
  it("pauses the splits that are too far ahead, and no other", () => {
    const reader = new Aligned(new AlignmentGroup(), 100, true, ["a", "b", "c", "new"]);
    reader.reach("a", 1000);
    reader.reach("b", 1100);
    reader.reach("c", 1101);
    assert.equal(reader.alignment.mustWait(), false);
    assert.deepEqual(reader.told, [["c"]]);
    assert.equal(reader.alignment.mustWait(), false);
    assert.equal(reader.told.length, 1, "it is told of changes only");
    reader.reach("a", 1002);
    assert.equal(reader.resumed, 1);
    assert.equal(reader.alignment.mustWait(), false);
    assert.deepEqual(reader.told, [["c"], []]);
    reader.reach("b", 2000);
    reader.reach("c", 3000);
    reader.alignment.mustWait();
    assert.deepEqual(reader.held, ["b", "c"]);
    reader.reach("a", 1900);
    assert.equal(reader.resumed, 2, "as soon as one of them may be read on");
    reader.alignment.mustWait();
    assert.deepEqual(reader.held, ["c"]);
  });

  it("is not polled with nothing but paused splits, until the others have come closer or it gets one more", () => {
    const group = new AlignmentGroup();
    const [fast, slow] = [new Aligned(group, 10, true, ["a", "b"]), new Aligned(group, 10, true, ["c"])];
    slow.reach("c", 0);
    fast.reach("a", 100);
    assert.equal(fast.alignment.mustWait(), false, "b is there to be read");
    fast.reach("b", 50);
    assert.equal(fast.alignment.mustWait(), true);
    assert.equal(fast.alignment.isAhead, true);
    assert.deepEqual(fast.held, ["a", "b"]);
    fast.clock.add("more", NO_TIMESTAMP);
    assert.equal(fast.alignment.mustWait(), false);
    fast.reach("more", 60);
    assert.equal(fast.alignment.mustWait(), true);
    slow.reach("c", 40);
    assert.equal(fast.resumed, 1);
    assert.equal(fast.alignment.isAhead, false);
  });

  it("holds a reader that cannot pause splits as a whole, once its slowest is too far ahead", () => {
    const group = new AlignmentGroup();
    const [fast, slow] = [new Aligned(group, 10, false, ["a", "b", "idle"]), new Aligned(group, 10, false, ["c"])];
    slow.reach("c", 0);
    fast.reach("a", 100);
    fast.reach("b", 10);
    assert.equal(fast.alignment.mustWait(), false, "b has not read anything it may not");
    fast.reach("b", 50);
    assert.equal(fast.alignment.mustWait(), false, "the last has read nothing yet");
    fast.clock.asked(undefined, 0);
    fast.clock.asked("a", 1);
    fast.clock.asked("b", 1);
    fast.clock.markIdle(0);
    assert.equal(fast.alignment.mustWait(), true, "the last is idle");
    assert.equal(fast.clock.markIdle(1), undefined);
    assert.equal(fast.clock.speaking, 2, "who is held does not fall idle");
  });

  it("waits for no split that is gone or idle, and for no reader that has ended (COR-25)", () => {
    const group = new AlignmentGroup();
    const [fast, slow] = [new Aligned(group, 10, true, ["a", "b"]), new Aligned(group, 10, true, ["c"])];
    slow.reach("c", 0);
    fast.reach("b", 0);
    fast.reach("a", 100);
    fast.alignment.mustWait();
    assert.deepEqual(fast.held, ["a"]);
    slow.alignment.report(Infinity);
    assert.equal(fast.resumed, 0, "b still counts");
    fast.clock.retain(new Set(["a"]));
    fast.alignment.report();
    assert.equal(fast.resumed, 1);
    fast.alignment.mustWait();
    assert.deepEqual(fast.held, []);
  });

  it("always leaves somebody to be read, and resumes everybody who may go on (COR-25)", () => {
    const READERS = 3;
    const SPLITS = ["a", "b", "c"];
    const event = fc.record({
      reader: fc.nat(READERS - 1),
      split: fc.constantFrom(...SPLITS),
      what: fc.constantFrom("reach", "reach", "reach", "idle", "end"),
      by: fc.integer({ min: 0, max: 40 }),
    });
    const shape = fc.record({ maxDriftMs: fc.nat(20), canPause: fc.boolean() });
    check(
      fc.property(
        fc.array(shape, { minLength: READERS, maxLength: READERS }),
        fc.array(event, { maxLength: 40, size: "max" }),
        (shapes, events) => {
          const group = new AlignmentGroup();
          const readers = shapes.map((each) => new Aligned(group, each.maxDriftMs, each.canPause, SPLITS));
          /** What is so, told apart from the engine: how far each split is, and which are idle or over. */
          const splits = shapes.map(() => new Map(SPLITS.map((id) => [id, { time: -Infinity, idle: false }])));
          const held = shapes.map(() => new Set<string>());
          let now = 0;
          for (const { reader: index, split: id, what, by } of events) {
            now++;
            const reader = readers[index] as Aligned;
            const known = splits[index]!.get(id);
            if (known === undefined) continue;
            if (what === "end") {
              splits[index]!.delete(id);
              reader.clock.retain(new Set(splits[index]!.keys()));
            } else if (what === "idle") {
              known.idle ||= !held[index]!.has(id);
              reader.clock.asked(undefined, now - 1);
              for (const [other, { idle }] of splits[index]!) if (!idle) reader.clock.asked(other, now);
              reader.clock.markIdle(now - 1);
            } else {
              known.time = Math.max(0, known.time) + by;
              known.idle = false;
              reader.reach(id, known.time, now);
            }
            reader.alignment.report();

            const counting = splits.flatMap((each) =>
              [...each.values()].filter(({ time, idle }) => !idle && time > -Infinity),
            );
            const slowest = Math.min(...counting.map(({ time }) => time));
            let read = 0;
            readers.forEach((each, which) => {
              const { maxDriftMs, canPause } = shapes[which]!;
              const mine = [...splits[which]!];
              const ahead = mine.flatMap(([name, { time, idle }]) =>
                !idle && time > slowest + maxDriftMs ? [name] : [],
              );
              const others = mine.filter(([, { idle }]) => canPause || !idle).length - ahead.length;
              const waits = ahead.length > 0 && others === 0;
              const mayGoOn = [...held[which]!].some((name) => splits[which]!.has(name) && !ahead.includes(name));
              assert.ok(each.resumed > 0 || !mayGoOn, "not resumed");
              assert.equal(each.alignment.mustWait(), waits);
              each.resumed = 0;
              held[which] = new Set(canPause || waits ? ahead : []);
              if (canPause) assert.deepEqual(each.held, ahead.toSorted());
              if (waits) return;
              read += mine.filter(
                ([name, { time, idle }]) => !held[which]!.has(name) && !idle && time > -Infinity,
              ).length;
            });
            assert.ok(counting.length === 0 || read > 0, "nobody can go on");
          }
        },
      ),
    );
  });
});
