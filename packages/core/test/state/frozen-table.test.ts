import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeEntryValue } from "../../src/state/entry-codec.ts";
import { put, tableOf } from "./table-store.ts";

describe("FrozenTable", () => {
  it("gives each key group in one part if it fits, with what was touched before its turn", () => {
    const table = tableOf();
    const frozenKeys = 3000;
    for (let i = 0; i < frozenKeys; i++) put(table, i, "before");
    const frozen = table.freeze();
    const groups: number[] = [];
    let entries = 0;
    for (let i = 0; ; i++) {
      put(table, (i * 7) % frozenKeys, "after");
      const part = frozen.next(100);
      if (part === "done") break;
      if (part === "more") continue;
      groups.push(part.keyGroup);
      entries += part.puts.length;
      for (const { value } of part.puts) assert.equal(decodeEntryValue(value).value, "before");
    }
    assert.deepEqual([entries, groups.length], [frozenKeys, new Set(groups).size]);
  });

  it("gives away what was touched before its turn once that is more than a megabyte", () => {
    const table = tableOf();
    const frozenKeys = 3000;
    for (let i = 0; i < frozenKeys; i++) put(table, i, "x".repeat(1000));
    const frozen = table.freeze();
    for (let i = 0; i < frozenKeys; i++) put(table, i, 0);
    const first = frozen.next(1);
    assert.ok(typeof first === "object" && first.puts.length > 1);
    let entries = first.puts.length;
    for (let part = frozen.next(1); part !== "done"; part = frozen.next(1)) {
      if (part !== "more") entries += part.puts.length;
    }
    assert.equal(entries, frozenKeys);
  });

  it("comes to no end once a value could not be encoded, in its turn or before, whoever caught that", () => {
    const refused = { code: "VALUE_UNSUPPORTED", message: /key/ };
    const inTurn = tableOf();
    put(inTurn, 1, () => 0);
    put(inTurn, 2, "well");
    const late = inTurn.freeze();
    for (let asked = 0; asked < 3; asked++) assert.throws(() => late.next(100), refused);

    const touched = tableOf();
    put(touched, 1, () => 0);
    const early = touched.freeze();
    assert.throws(() => put(touched, 1, "well"), refused);
    put(touched, 1, "well");
    for (let asked = 0; asked < 3; asked++) assert.throws(() => early.next(100), refused);
  });
});
