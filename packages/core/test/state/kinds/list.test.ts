import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { listState } from "../../../src/state/kinds/list.ts";
import { Stateful } from "./stateful.ts";

describe("listState", () => {
  it("keeps items in the order in which they were added, over many chunks and restores", () => {
    const list = listState<number>();
    const subject = new Stateful({ list });
    const expected = Array.from({ length: 1000 }, (_, index) => index * 1001);
    for (const item of expected) subject.at("k", ({ list: items }) => items.add(item));
    assert.deepEqual(
      subject.at("k", ({ list: items }) => items.get()),
      expected,
    );
    const shuffled = subject.save().toSorted((one, other) => (one.key.at(-3) as number) - (other.key.at(-3) as number));
    const again = new Stateful({ list }).restore(shuffled);
    assert.deepEqual(
      again.at("k", ({ list: items }) => items.get()),
      expected,
    );
    again.at("k", ({ list: items }) => items.addAll([1, 2]));
    assert.deepEqual(
      again.at("k", ({ list: items }) => items.get()),
      [...expected, 1, 2],
    );
  });

  for (const [name, item] of [
    ["numbers", 1_234_567],
    ["objects", { page: "/a/b/c", at: 1_700_000_000_000, user: { id: "u-17", tags: ["a", "b"] } }],
    ["text of several bytes a character", "čž€".repeat(20)],
    ["bytes", new Uint8Array(100)],
    ["large items", "x".repeat(600)],
  ] as const) {
    it(`adds less than a kilobyte to the next checkpoint for an append to a long list, of ${name}`, () => {
      const subject = new Stateful({ list: listState<unknown>() });
      subject.at("key", ({ list }) => list.addAll(Array.from({ length: 5000 }, () => item)));
      assert.ok(subject.delta() > 5000);
      for (let append = 0; append < 100; append++) {
        subject.at("key", ({ list }) => list.add(item));
        const bytes = subject.delta();
        assert.ok(bytes > 0 && bytes < 1024, `${bytes} bytes`);
      }
    });
  }

  it("keeps no entry when it is empty, and begins anew", () => {
    const subject = new Stateful({ list: listState<string>() });
    subject.at("a", ({ list }) => list.addAll(["1", "2"]));
    assert.equal(subject.save().length, 2);
    subject.at("a", ({ list }) => list.update([]));
    subject.at("b", ({ list }) => list.clear());
    assert.equal(subject.save().length, 0);
    assert.equal(subject.table.space(null).size, 0);
    subject.at("a", ({ list }) => list.add("3"));
    assert.deepEqual(
      subject.at("a", ({ list }) => list.get()),
      ["3"],
    );
  });

  it("gives out an array that nobody else has: changing it changes nothing", () => {
    const subject = new Stateful({ list: listState<string>() });
    subject.at("a", ({ list }) => list.add("1"));
    subject.at("a", ({ list }) => (list.get() as string[]).push("2"));
    assert.deepEqual(
      subject.at("a", ({ list }) => list.get()),
      ["1"],
    );
  });

  it("can be updated from itself", () => {
    const subject = new Stateful({ list: listState<number>() });
    subject.at("a", ({ list }) => list.update([1, 2, 3, 4]));
    subject.at("a", ({ list }) => list.update(list.get().filter((item) => item % 2 === 0)));
    assert.deepEqual(
      subject.at("a", ({ list }) => list.get()),
      [2, 4],
    );
  });
});
