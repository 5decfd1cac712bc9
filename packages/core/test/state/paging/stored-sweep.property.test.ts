// runtimes: node24
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { StateHandles } from "../../../src/state/descriptors.ts";
import { listState } from "../../../src/state/kinds/list.ts";
import { mapState, valueState } from "../../../src/state/kinds/with-options.ts";
import { checkAsync } from "../../bytes/property.ts";
import { Stateful } from "../kinds/stateful.ts";
import { LastingTable } from "./lasting-table.ts";
import { PagedStore } from "./paged-store.ts";

const AFTER_MS = 8;
const KEYS = ["a", "b"] as const;

const descriptors = (refresh: "write" | "read-write") => {
  const ttl = { after: `${AFTER_MS}ms`, refresh } as const;
  return {
    value: valueState<number | undefined>(undefined, { ttl }),
    map: mapState<number, number>({ ttl }),
    list: listState<number>({ ttl }),
  };
};

type Handles = StateHandles<ReturnType<typeof descriptors>>;

/** What user code does, and what it sees. `fresh` is a value that was never used. */
const USES: readonly ((state: Handles, fresh: number, subkey: number) => unknown)[] = [
  ({ value }) => value.get(),
  ({ value }, fresh) => value.update(fresh),
  ({ value }) => value.clear(),
  ({ map }, _, subkey) => map.get(subkey),
  ({ map }, fresh, subkey) => map.set(subkey, fresh),
  ({ map }, _, subkey) => map.delete(subkey),
  ({ map }, fresh) => {
    for (let subkey = 0; subkey < 70; subkey++) map.set(subkey, fresh);
  },
  ({ map }) => map.clear(),
  ({ map }) => [...map.entries()].toSorted(([one], [other]) => one - other),
  ({ list }) => list.get(),
  ({ list }, fresh) => list.add(fresh),
  ({ list }) => list.clear(),
];

type Step =
  | { readonly kind: "use"; readonly key: number; readonly use: number; readonly subkey: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "step"; readonly cells: number }
  | { readonly kind: "write"; readonly limit: number }
  | { readonly kind: "evict"; readonly bits: number }
  | { readonly kind: "freeze" | "read" | "leave" | "restart" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("use" as const),
      key: fc.nat(KEYS.length - 1),
      use: fc.nat(USES.length - 1),
      subkey: fc.nat(3),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("step" as const), cells: fc.integer({ min: 1, max: 3000 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("write" as const), limit: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("evict" as const), bits: fc.nat() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom("freeze" as const, "read" as const, "leave" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
);

/** A paged table that is cleaned up, and beside it one in memory that never is. */
class Pair {
  #paged: LastingTable<ReturnType<typeof descriptors>>;
  readonly #plain: Stateful<ReturnType<typeof descriptors>>;
  readonly #declared: ReturnType<typeof descriptors>;
  #fresh = 0;

  constructor(declared: ReturnType<typeof descriptors>, readsAtOnce: boolean) {
    this.#declared = declared;
    this.#paged = new LastingTable(declared, new PagedStore(readsAtOnce), { keyGroups: 1 });
    this.#plain = new Stateful(declared, { now: 1 });
  }

  get deletes(): number {
    return this.#paged.store.deletes;
  }

  async run(each: Step): Promise<void> {
    const paged = this.#paged;
    switch (each.kind) {
      case "use": {
        const use = USES[each.use] as (typeof USES)[number];
        const key = KEYS[each.key] as string;
        const fresh = this.#fresh++;
        const seen = await paged.at(key, (state) => use(state, fresh, each.subkey));
        assert.deepEqual(
          seen,
          this.#plain.at(key, (state) => use(state, fresh, each.subkey)),
        );
        return;
      }
      case "wait":
        paged.now += each.ms;
        this.#plain.now += each.ms;
        return;
      case "step":
        return paged.step(each.cells);
      case "write":
        return paged.store.writeSome(each.limit);
      case "freeze":
        return paged.store.freeze(paged.table);
      case "read":
        return paged.endReading();
      case "leave":
        return paged.leave();
      case "evict": {
        let { bits } = each;
        paged.table.balance();
        return paged.pager.evictSome(() => {
          bits = (Math.imul(bits, 1_103_515_245) + 12_345) >>> 0;
          return (bits & 0x10000) !== 0;
        });
      }
      case "restart":
        paged.write();
        this.#paged = new LastingTable(this.#declared, paged.store, { now: paged.now, keyGroups: 1 });
    }
  }

  async compare(): Promise<void> {
    for (let key = 0; key < KEYS.length; key++) {
      for (const use of [0, 8, 9]) await this.run({ kind: "use", key, use, subkey: 0 });
    }
  }

  /** Nothing is left of what expires. */
  async expire(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await this.run({ kind: "wait", ms: AFTER_MS });
      await this.#paged.checkpoints(2, 100_000);
      this.#paged.leave();
    }
    assert.deepEqual(this.#paged.stored(), {});
  }
}

describe("The clean-up of what has left memory", () => {
  for (const refresh of ["write", "read-write"] as const) {
    for (const readsAtOnce of [true, false]) {
      const over = readsAtOnce ? "reads at once" : "has to be waited for";
      it(`is never seen, and leaves nothing, refreshed by ${refresh}, over a store that ${over} (TTL-01, TTL-02)`, async () => {
        let deletes = 0;
        await checkAsync(
          fc.asyncProperty(fc.array(step, { maxLength: 80, size: "max" }), async (steps) => {
            const pair = new Pair(descriptors(refresh), readsAtOnce);
            for (const each of steps) await pair.run(each);
            await pair.compare();
            await pair.expire();
            deletes += pair.deletes;
          }),
          40,
        );
        assert.ok(deletes > 0);
      });
    }
  }
});
