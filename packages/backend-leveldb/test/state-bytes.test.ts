/** How large all state is: told without reading it, and the same as counting it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { leveldb } from "@tidemark/backend-leveldb";
import type { BackendSession, StateStore, StorePart } from "@tidemark/core";
import { simRandom, type SimRandom } from "@tidemark/core/testing";
import { MemoryLevel } from "memory-level";

import { LevelRows } from "../src/level-rows.ts";
import { UndoWriter } from "../src/undo-writer.ts";
import { suiteEnv } from "./one-job.ts";

const RUNS = Number(process.env["RUNS"] ?? Math.ceil(60 * Number(process.env["WIDTH"] ?? 1)));
const GROUPS = 8;
const OPERATORS = ["a", "b"];
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Open {
  readonly keyGroups: { readonly first: number; readonly last: number };
  readonly store: StateStore;
}

/** Key groups dealt out to so many stores. */
function rangesOf(parallelism: number): readonly Open["keyGroups"][] {
  const bounds = Array.from({ length: parallelism + 1 }, (_, index) => Math.ceil((index * GROUPS) / parallelism));
  return Array.from({ length: parallelism }, (_, index) => ({ first: bounds[index]!, last: bounds[index + 1]! - 1 }));
}

async function openStores(
  session: BackendSession,
  { parallelism, operators, parts }: { parallelism: number; operators: readonly string[]; parts: readonly StorePart[] },
): Promise<readonly Open[]> {
  const opened: Open[] = [];
  for (const [index, keyGroups] of rangesOf(parallelism).entries()) {
    const own = parts.filter(
      (part) => part.keyGroups.first <= keyGroups.last && part.keyGroups.last >= keyGroups.first,
    );
    const options = { owner: `0-${index}`, generation: 1, keyGroups, prefixes: operators.map(bytes), parts: own };
    opened.push({ keyGroups, store: await session.openStore(options) });
  }
  return opened;
}

/** Changes some keys of a store, a few of them often. */
async function change(random: SimRandom, { keyGroups, store }: Open, operators: readonly string[], epoch: number) {
  const key = (): Uint8Array => {
    const group = keyGroups.first + random.below(keyGroups.last - keyGroups.first + 1);
    const operator = operators[random.below(operators.length)]!;
    return Uint8Array.of(0, group, ...bytes(`${operator}${random.below(6)}`));
  };
  const changed = new Map<string, Uint8Array>();
  for (let count = random.below(6); count > 0; count--) changed.set(String(changed.size), key());
  const keys = [...new Map([...changed.values()].map((each) => [each.join(), each])).values()];
  const cut = random.below(keys.length + 1);
  const from = key();
  await store.write(epoch, {
    puts: keys.slice(0, cut).map((each) => ({ key: each, value: new Uint8Array(random.below(40)) })),
    deletes: keys.slice(cut),
    rangeDeletes: random.chance(0.2) ? [{ from, to: Uint8Array.of(...from, 0xff) }] : [],
  });
}

/** Changes a store in some epochs, and seals some of them that come to nothing. */
async function changeUpTo(
  random: SimRandom,
  open: Open,
  { operators, epoch, sealed }: { operators: readonly string[]; epoch: number; sealed: number },
): Promise<void> {
  for (let at = epoch + 1; at <= sealed; at++) {
    for (let writes = random.below(3); writes > 0; writes--) await change(random, open, operators, at);
    if (at < sealed && random.chance(0.5)) await open.store.seal(at);
  }
  // What is written early for a later epoch does not count for this one.
  if (random.chance(0.5)) await change(random, open, operators, sealed + 1);
}

async function countOf(store: StateStore, epoch: number): Promise<number> {
  let total = 0;
  for await (const slice of store.export(epoch)) for (const { key, value } of slice) total += key.length + value.length;
  return total;
}

test("leveldb: tells how large all state is as if it had counted, whatever is changed, restored and dealt out anew (STAT-02)", async () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const random = simRandom(seed);
    const database = new MemoryLevel();
    let parts: StorePart[] = [];
    let epoch = 0;
    let before: readonly string[] = [];
    for (let life = 0; life < 4; life++) {
      const session = await leveldb("suite", { database: () => database }).open({ name: "suite", env: suiteEnv });
      await session.head.compareAndSet((await session.head.read())?.tag, Uint8Array.of(1));
      await session.rollback(epoch);
      // An operator that is left out keeps its rows, and comes back empty.
      const operators = random.chance(0.3) ? OPERATORS.slice(0, 1) : OPERATORS;
      const stores = await openStores(session, { parallelism: 1 + random.below(3), operators, parts });
      const sealed = epoch + 1 + random.below(3);
      // So that a start knows whether all of it is worth reading. What comes back has rows that are to be deleted.
      const isKnown = epoch > 0 && operators.length <= before.length;
      for (const { store } of isKnown ? stores : []) {
        assert.equal(store.sealedBytes?.(epoch), await countOf(store, epoch), `seed ${seed}, life ${life}`);
      }
      before = operators;
      for (const open of stores) await changeUpTo(random, open, { operators, epoch, sealed });
      parts = [];
      for (const { keyGroups, store } of stores) {
        parts.push({ keyGroups, handle: await store.seal(sealed) });
        const where = `seed ${seed}, life ${life}, groups ${keyGroups.first} to ${keyGroups.last}`;
        assert.equal(store.sealedBytes?.(sealed), await countOf(store, sealed), where);
        assert.equal(store.sealedBytes?.(sealed + 1), undefined);
      }
      await session.flush(sealed);
      await session.close();
      await database.open();
      epoch = sealed;
    }
  }
});

test("UndoWriter: knows by how much a row changes whose image somebody else has written in the same epoch", async () => {
  const database = new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: "view", valueEncoding: "view" });
  await database.open();
  const rows = new LevelRows({ database, name: "rows", order: { isKept: true, syncOlder: async () => undefined } });
  const scope = { keyGroups: { first: 0, last: 0 }, prefixes: undefined };
  const options = { rows, scope, foreignEpoch: 3, beginsEmpty: false, assertCurrent: () => undefined };
  const key = Uint8Array.of(0, 0, 1);
  const found: number[] = [];
  const note = (_: Uint8Array, by: number): void => void found.push(by);
  const first = new UndoWriter(options);
  await first.apply(3, [{ key, value: new Uint8Array(10) }], note);
  await first.apply(3, [{ key, value: new Uint8Array(4) }], note);
  const second = new UndoWriter(options);
  await second.apply(3, [{ key, value: new Uint8Array(7) }], note);
  await second.apply(3, [{ key, value: undefined }], note);
  await second.apply(3, [{ key, value: undefined }], note);
  await second.deleteRange(3, Uint8Array.of(0, 0), Uint8Array.of(0, 1), note);
  assert.deepEqual(found, [13, -6, 3, -10, 0]);
  await rows.close();
});
