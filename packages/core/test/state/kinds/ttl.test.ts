import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { aggregatingState } from "../../../src/state/kinds/aggregating.ts";
import { listState } from "../../../src/state/kinds/list.ts";
import { reducingState } from "../../../src/state/kinds/reducing.ts";
import { mapState as plainMap } from "../../../src/state/kinds/map.ts";
import { valueState as plainValue } from "../../../src/state/kinds/value.ts";
import { mapState, valueState } from "../../../src/state/kinds/with-options.ts";
import { type TtlOptions, timeToLive } from "../../../src/state/ttl.ts";
import { Stateful } from "./stateful.ts";

const states = (ttl: TtlOptions) => ({
  value: valueState("none", { ttl }),
  map: mapState<string, number>({ ttl }),
  list: listState<number>({ ttl }),
  reducing: reducingState<number>((one, other) => one + other, { ttl }),
  aggregating: aggregatingState(
    { create: () => 0, add: (all, item: number) => all + item, result: (all) => all },
    { ttl },
  ),
});

/** Writes to each kind, at its time. */
function written(ttl: TtlOptions) {
  const subject = new Stateful(states(ttl), { now: 1000 });
  subject.at("k", (state) => {
    state.value.update("some");
    state.map.set("a", 1);
    state.list.add(1);
    state.reducing.add(1);
    state.aggregating.add(1);
  });
  return subject;
}

/** What user code sees of the key. */
function seen(subject: ReturnType<typeof written>): readonly unknown[] {
  return subject.at("k", ({ value, map, list, reducing, aggregating }) => [
    value.get(),
    map.get("a"),
    [...map.entries()],
    list.get(),
    reducing.get(),
    aggregating.get(),
  ]);
}

const THERE = ["some", 1, [["a", 1]], [1], 1, 1];
const GONE = ["none", undefined, [], [], undefined, undefined];

describe("A time to live", () => {
  it("ends with the millisecond after which it was to end, by processing time (TTL-01)", () => {
    const subject = written({ after: "100ms" });
    subject.now = 1099;
    assert.deepEqual(seen(subject), THERE);
    subject.now = 1100;
    assert.equal(
      subject.at("k", ({ map }) => map.has("a")),
      false,
    );
    assert.deepEqual(seen(subject), GONE);
  });

  it("begins anew when an entry is written, and not when it is read, by default (TTL-01)", () => {
    const subject = written({ after: "100ms" });
    subject.now = 1060;
    seen(subject);
    subject.at("k", ({ value }) => value.update("again"));
    subject.now = 1120;
    assert.deepEqual(seen(subject), ["again", ...GONE.slice(1)]);
  });

  it('begins anew when an entry is read, with refresh: "read-write" (TTL-01)', () => {
    const subject = written({ after: "100ms", refresh: "read-write" });
    for (const now of [1060, 1120, 1180]) {
      subject.now = now;
      assert.deepEqual(seen(subject), THERE);
    }
    const again = new Stateful(states({ after: "100ms", refresh: "read-write" }), { now: 1279 }).restore(
      subject.save(),
    );
    assert.deepEqual(seen(again), THERE, "the new time is part of the checkpoint");
  });

  it('shows expired entries until clean-up has come by, which reading is, with visibility: "until-cleaned" (TTL-01)', () => {
    const subject = written({ after: "100ms", visibility: "until-cleaned" });
    subject.now = 5000;
    assert.equal(
      subject.at("k", ({ map }) => map.has("a")),
      true,
    );
    assert.equal(
      subject.at("k", ({ value }) => value.get()),
      "some",
    );
    assert.equal(
      subject.at("k", ({ value }) => value.get()),
      "none",
    );
    assert.deepEqual(
      subject.at("k", ({ list }) => list.get()),
      [1],
    );
    subject.at("k", ({ reducing }) => reducing.add(5));
    assert.equal(
      subject.at("k", ({ reducing }) => reducing.get()),
      5,
      "what has expired is not added to",
    );
    subject.sweep?.step(100);
    assert.deepEqual(seen(subject), ["none", undefined, [], [], 5, undefined]);
  });

  it("is of each item of a list and each entry of a map (TTL-01)", () => {
    const subject = written({ after: "100ms" });
    subject.now = 1050;
    subject.at("k", ({ list, map }) => {
      list.addAll([2, 3]);
      map.set("b", 2);
    });
    subject.now = 1120;
    assert.deepEqual(
      subject.at("k", ({ list }) => list.get()),
      [2, 3],
    );
    assert.deepEqual(
      subject.at("k", ({ map }) => [...map.entries()]),
      [["b", 2]],
    );
  });

  it("takes expired entries out of the next checkpoint, by a sweep that nobody has to read for (TTL-02)", () => {
    const subject = written({ after: "100ms" });
    assert.equal(subject.save().length, 6);
    subject.now = 1100;
    assert.equal(subject.save().length, 6);
    subject.sweep?.step(100);
    assert.equal(subject.save().length, 0);
    assert.equal(subject.table.space(null).size, 0);
  });

  it("is swept a bounded number of cells at a time, and all of them in turns (TTL-02)", () => {
    const subject = new Stateful({ seen: valueState(false, { ttl: { after: "10ms" } }) });
    for (let key = 0; key < 1000; key++) subject.at(key, ({ seen: state }) => state.update(true));
    subject.now = 10;
    const left: number[] = [];
    for (let turn = 0; turn < 30; turn++) {
      subject.sweep?.step(100);
      left.push(subject.table.space(null).size);
    }
    assert.ok(
      left.every((size, turn) => size >= 1000 - 100 * (turn + 1)),
      "no more than its share",
    );
    assert.equal(left.at(-1), 0);
  });

  it("is not part of a checkpoint: another one counts for old entries too (TTL-03)", () => {
    const entries = written({ after: "100ms" }).save();
    const longer = new Stateful(states({ after: "1h" }), { now: 10_000 }).restore(entries);
    assert.deepEqual(seen(longer), THERE);
    const shorter = new Stateful(states({ after: "5ms" }), { now: 1005 }).restore(entries);
    assert.deepEqual(seen(shorter), GONE);
  });

  it("can be taken away, and given to state that had none, which then counts as written when it is met (EVO-03)", () => {
    const with_ = {
      value: valueState("none", { ttl: { after: "100ms" } }),
      list: listState<number>({ ttl: { after: "100ms" } }),
    };
    const without = { value: valueState("none"), list: listState<number>() };
    const old = new Stateful(without);
    old.at("k", ({ value, list }) => {
      value.update("some");
      list.addAll([1, 2]);
    });
    const limited = new Stateful(with_, { now: 5000 }).restore(old.save());
    limited.sweep?.step(100);
    const saved = limited.save();
    limited.now = 5099;
    assert.deepEqual(
      limited.at("k", ({ value, list }) => [value.get(), list.get()]),
      ["some", [1, 2]],
    );
    limited.now = 5100;
    assert.deepEqual(
      limited.at("k", ({ value, list }) => [value.get(), list.get()]),
      ["none", []],
    );
    const lasting = new Stateful(without, { now: 1e9 }).restore(saved);
    assert.deepEqual(
      lasting.at("k", ({ value, list }) => [value.get(), list.get()]),
      ["some", [1, 2]],
    );
    const again = new Stateful(with_, { now: 5100 }).restore(saved);
    assert.deepEqual(
      again.at("k", ({ value, list }) => [value.get(), list.get()]),
      ["none", []],
      "the sweep's time was saved",
    );
  });

  for (const [what, options] of [
    ["no duration", { after: "soon" }],
    ["no names", "1h"],
    ["no time", { after: "0s" }],
    ["an unknown refresh", { after: "1s", refresh: "read" }],
    ["an unknown visibility", { after: "1s", visibility: "always" }],
  ] as const) {
    it(`is refused if it has ${what} (OPTION_INVALID)`, () => {
      assert.throws(() => timeToLive(options as unknown as TtlOptions), {
        code: "OPTION_INVALID",
        message: /ttl(\.| "1h": it must be an object)/,
      });
    });
  }

  it("is refused by the declarations that take no options, which would lose it without a word (OPTION_INVALID)", () => {
    const ttl = { after: "1s" };
    assert.throws(() => Reflect.apply(plainValue, undefined, [0, { ttl }]), { code: "OPTION_INVALID" });
    assert.throws(() => Reflect.apply(plainMap, undefined, [{ ttl }]), { code: "OPTION_INVALID" });
  });
});
