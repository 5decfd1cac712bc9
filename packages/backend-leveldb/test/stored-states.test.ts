/** A store that knows of which states it may have rows finds all that it has. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { leveldb } from "@tidemark/backend-leveldb";
import type { BackendSession, KeyRange, StateEntry, StateStore, StorePart } from "@tidemark/core";
import { compareBytes, concatBytes, prefixRange, toHex } from "@tidemark/core/internal";
import { simRandom, type SimRandom } from "@tidemark/core/testing";

import { encodeHandle, openHandle } from "../src/level-handle.ts";
import { CountingLevel } from "./counting-level.ts";
import { suiteEnv } from "./one-job.ts";

const RUNS = Number(process.env["RUNS"] ?? Math.ceil(40 * Number(process.env["WIDTH"] ?? 1)));
const GROUPS = 4;
const OPERATORS = ["a", "ab", "b"];
const STATES = ["$event-timers", "$processing-timers", "value", "value of it"];

/** A string as keys hold it, if it has no byte to be escaped. */
function text(value: string): Uint8Array {
  return Uint8Array.of(0x50, ...new TextEncoder().encode(value), 0);
}

function prefixOf(group: number, operator: string, state?: string): Uint8Array {
  return concatBytes([Uint8Array.of(0, group), text(operator), ...(state === undefined ? [] : [text(state)])]);
}

/** What a checkpoint is restored from. */
interface Sealed {
  readonly epoch: number;
  readonly parts: readonly StorePart[];
}

interface Open {
  readonly owner: string;
  readonly keyGroups: StorePart["keyGroups"];
  readonly store: StateStore;
}

/** A job whose plan, stores and epochs change at random, over one database. */
class Job {
  /** Scans that were answered without the database, and were right. */
  spared = 0;
  readonly #database = new CountingLevel();
  readonly #random: SimRandom;
  /** Only some states get entries: of the others there is none to be found. */
  readonly #states: readonly string[];
  readonly #hasOtherKeys: boolean;
  #retained: Sealed[] = [{ epoch: 0, parts: [] }];
  #operators: readonly string[] = OPERATORS;
  #stores: readonly Open[] = [];

  constructor(random: SimRandom) {
    this.#random = random;
    this.#states = STATES.filter(() => random.chance(0.5));
    this.#hasOtherKeys = random.chance(0.1);
  }

  /** A start, some epochs, and an end that nobody is told of. */
  async live(): Promise<void> {
    const random = this.#random;
    await this.#database.open();
    const session = await leveldb("suite", { database: () => this.#database }).open({
      name: "suite",
      env: suiteEnv,
    });
    await session.head.compareAndSet((await session.head.read())?.tag, Uint8Array.of(1));
    // Mostly the newest, as a start does. What came after an older one is gone with it.
    const back = random.chance(0.3) ? random.below(this.#retained.length) : this.#retained.length - 1;
    this.#retained = this.#retained.slice(0, back + 1);
    const from = this.#retained[back] as Sealed;
    await session.rollback(from.epoch);
    // An operator that is left out keeps its rows, and comes back empty.
    this.#operators = random.chance(0.3) ? OPERATORS.slice(random.below(2)) : OPERATORS;
    this.#stores = [];
    for (const keyGroups of dealt(1 + random.below(3))) {
      const store = await this.#open(session, `0-${keyGroups.first}`, keyGroups, from);
      this.#stores = [...this.#stores, { owner: `0-${keyGroups.first}`, keyGroups, store }];
    }
    await this.#look();
    for (let left = random.below(4); left > 0; left--) await this.#epoch(session);
    for (const { store } of this.#stores) await this.#write(store, this.#newest.epoch + 1);
    await this.#database.close();
  }

  get #newest(): Sealed {
    return this.#retained.at(-1) as Sealed;
  }

  async #epoch(session: BackendSession): Promise<void> {
    const random = this.#random;
    const epoch = this.#newest.epoch + 1;
    for (const { store } of this.#stores) {
      for (let writes = random.below(3); writes > 0; writes--) await this.#write(store, epoch);
    }
    await this.#look();
    if (random.chance(0.2)) return this.#again(session);
    // What is written early for the next epoch belongs to no store that is restored from this one.
    const early = this.#stores.filter(() => random.chance(0.3));
    for (const { store } of early) await this.#write(store, epoch + 1);
    const parts: StorePart[] = [];
    for (const { keyGroups, store } of this.#stores) parts.push({ keyGroups, handle: await store.seal(epoch) });
    await session.flush(epoch);
    this.#retained.push({ epoch, parts });
    await this.#look();
  }

  /** A region restarts: one of its stores alone goes back to the newest checkpoint. */
  async #again(session: BackendSession): Promise<void> {
    const newest = this.#newest;
    const open = this.#stores[this.#random.below(this.#stores.length)] as Open;
    await open.store.close();
    const store = await this.#open(session, open.owner, open.keyGroups, newest, newest.epoch);
    this.#stores = this.#stores.map((each) => (each === open ? { ...open, store } : each));
    await this.#look();
  }

  #open(
    session: BackendSession,
    owner: string,
    keyGroups: StorePart["keyGroups"],
    from: Sealed,
    epoch?: number,
  ): Promise<StateStore> {
    const parts = from.parts.filter(
      (part) => part.keyGroups.first <= keyGroups.last && part.keyGroups.last >= keyGroups.first,
    );
    const options = { owner, generation: 1, keyGroups, prefixes: this.#operators.map(text), parts };
    return session.openStore(epoch === undefined ? options : { ...options, epoch });
  }

  async #write(store: StateStore, epoch: number): Promise<void> {
    const random = this.#random;
    const { keyGroups } = this.#stores.find((open) => open.store === store) as Open;
    const group = (): number => keyGroups.first + random.below(keyGroups.last - keyGroups.first + 1);
    const keys = new Map<string, Uint8Array>();
    for (let count = random.below(6); count > 0; count--) {
      const key = this.#keyIn(group());
      keys.set(toHex(key), key);
    }
    const all = [...keys.values()];
    const cut = random.below(all.length + 1);
    const [operator, state] = [pick(random, this.#operators), pick(random, STATES)];
    await store.write(epoch, {
      puts: all.slice(0, cut).map((key) => ({ key, value: Uint8Array.of(random.below(256)) })),
      deletes: all.slice(cut),
      rangeDeletes: random.chance(0.2) ? [prefixRange(prefixOf(group(), operator, state))] : [],
    });
  }

  #keyIn(group: number): Uint8Array {
    const random = this.#random;
    const operator = pick(random, this.#operators);
    if (this.#hasOtherKeys && random.chance(0.2)) return concatBytes([prefixOf(group, operator), Uint8Array.of(1)]);
    const state = this.#states.length === 0 ? undefined : pick(random, this.#states);
    return concatBytes([prefixOf(group, operator, state ?? "value"), Uint8Array.of(random.below(8))]);
  }

  /** Each scan of a store finds what the database has within the range. */
  async #look(): Promise<void> {
    for (const { keyGroups, store } of this.#stores) {
      for (let group = keyGroups.first; group <= keyGroups.last; group++) {
        for (const operator of this.#operators) {
          await this.#compare(store, prefixRange(prefixOf(group, operator)));
          for (const state of STATES) await this.#compare(store, prefixRange(prefixOf(group, operator, state)));
        }
      }
      const bounds = [this.#keyIn(keyGroups.first), this.#keyIn(keyGroups.last)].toSorted(compareBytes);
      await this.#compare(store, { from: bounds[0] as Uint8Array, to: bounds[1] as Uint8Array });
    }
  }

  async #compare(store: StateStore, range: KeyRange): Promise<void> {
    const opened = this.#database.iterators;
    const found: StateEntry[] = [];
    for await (const slice of store.scan(range)) found.push(...slice);
    const wasSpared = this.#database.iterators === opened;
    const wanted = await this.#database.rowsWithin(range);
    assert.deepEqual(
      found.map(({ key, value }) => `${toHex(key)} ${toHex(value)}`),
      wanted,
    );
    if (wasSpared) this.spared++;
  }
}

function pick<T>(random: SimRandom, from: readonly T[]): T {
  return from[random.below(from.length)] as T;
}

/** All key groups, dealt out to so many stores. */
function dealt(parallelism: number): readonly StorePart["keyGroups"][] {
  const bounds = Array.from({ length: parallelism + 1 }, (_, index) => Math.ceil((index * GROUPS) / parallelism));
  return Array.from({ length: parallelism }, (_, at) => ({ first: bounds[at]!, last: bounds[at + 1]! - 1 }));
}

test("leveldb: scans find all rows, whatever is written, deleted, taken back and dealt out anew", async (context) => {
  let spared = 0;
  for (let seed = 1; seed <= RUNS; seed++) {
    const job = new Job(simRandom(seed));
    try {
      for (let life = 0; life < 5; life++) await job.live();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    spared += job.spared;
  }
  context.diagnostic(`${spared} scans without the database`);
  assert.ok(spared > 100 * RUNS, `only ${spared} scans were spared`);
});

const SCOPE = { keyGroups: { first: 0, last: 1 }, prefixes: [text("a")] };

test("a handle: the states of which there may be rows stand behind the sizes", () => {
  const sealed = { database: 7, epoch: 2, scope: SCOPE, sizes: [3, 0] };
  const none = encodeHandle({ ...sealed, states: [] });
  const two = encodeHandle({ ...sealed, states: [Uint8Array.of(0xaa, 0xab), Uint8Array.of(0xbb)] });
  const unknown = encodeHandle({ ...sealed, states: undefined });
  const body = "00000007 0000000000000002 0000 0001 01 01 03506100 01 03 00";
  const hexOf = (bytes: Uint8Array): string => toHex(bytes.subarray(10, -4));
  assert.equal(hexOf(unknown), `${body} 00`.replaceAll(" ", ""));
  assert.equal(hexOf(none), `${body} 01`.replaceAll(" ", ""));
  assert.equal(hexOf(two), `${body} 03 02aaab 01bb`.replaceAll(" ", ""));
  const opened = [unknown, none, two].map((bytes) => openHandle(bytes, sealed, "here").states?.length);
  assert.deepEqual(opened, [undefined, 0, 2]);
});

test("leveldb: a store over whole key groups looks for what it does not know", async () => {
  const database = new CountingLevel();
  const session = await leveldb("suite", { database: () => database }).open({ name: "suite", env: suiteEnv });
  await session.head.compareAndSet(undefined, Uint8Array.of(1));
  await session.rollback(0);
  const keyGroups = { first: 0, last: 1 };
  const store = await session.openStore({ owner: "0-0", generation: 1, keyGroups, parts: [] });
  const opened = database.iterators;
  for await (const slice of store.scan(prefixRange(prefixOf(0, "a", "value")))) assert.fail(`${slice.length} rows`);
  assert.equal(database.iterators, opened + 1);
  const handle = await store.seal(1);
  const expected = { database: new DataView(handle.buffer, handle.byteOffset).getUint32(10), epoch: 1 };
  assert.equal(openHandle(handle, expected, "here").states, undefined);
  await session.close();
});
