// runtimes: node24
/** Backends that are wrong in one thing each: the suite has to find every one of them, or it is no judge. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type {
  BackendCapabilities,
  BackendSession,
  KeyRange,
  StateBackend,
  StateChanges,
  StateEntry,
  StateStore,
  StoreOptions,
} from "@tidemark/core";
import { stateBackendSuite } from "@tidemark/core/testing";

import { copies } from "./example/copies.ts";
import { Medium, type State } from "./example/medium.ts";

/** What takes the place of parts of another object; `undefined`: the part is gone. */
type Instead<T> = { readonly [Part in keyof T]?: T[Part] | undefined };

type Change<T> = (inner: T) => Instead<T>;

/** What is wrong with one of them. Each function gives what takes the place of something that is right. */
interface Wrong {
  readonly medium?: () => Medium;
  readonly backend?: Change<StateBackend>;
  readonly session?: (inner: BackendSession, medium: Medium) => Instead<BackendSession>;
  readonly head?: Change<BackendSession["head"]>;
  readonly manifests?: Change<BackendSession["manifests"]>;
  readonly store?: (inner: StateStore, options: StoreOptions) => Instead<StateStore>;
  readonly openWith?: (options: StoreOptions) => StoreOptions;
}

/** An object in whose place others stand: methods of a class stay bound to it. */
function changed<T extends object>(inner: T, change: Instead<T> = {}): T {
  return new Proxy(inner, {
    get: (target, name) => {
      if (Object.hasOwn(change, name)) return Reflect.get(change, name) as unknown;
      const found = Reflect.get(target, name) as unknown;
      return typeof found === "function" ? (found.bind(target) as unknown) : found;
    },
    has: (target, name) => (Object.hasOwn(change, name) ? Reflect.get(change, name) !== undefined : name in target),
  });
}

function wrongBackend(medium: Medium, wrong: Wrong): StateBackend {
  const inner = copies(medium);
  const open: StateBackend["open"] = async (job) => {
    const session = await inner.open(job);
    const openStore: BackendSession["openStore"] = async (options) => {
      const store = await session.openStore(wrong.openWith?.(options) ?? options);
      return changed(store, wrong.store?.(store, options));
    };
    return changed(session, {
      head: changed(session.head, wrong.head?.(session.head)),
      manifests: changed(session.manifests, wrong.manifests?.(session.manifests)),
      openStore,
      ...wrong.session?.(session, medium),
    });
  };
  return changed(inner, { open, ...wrong.backend?.(inner) });
}

const withWrites = (change: (changes: StateChanges, epoch: number) => StateChanges): Wrong => ({
  store: (inner) => ({ write: (epoch, changes) => inner.write(epoch, change(changes, epoch)) }),
});

/** A medium that gives something else when a sealed state is asked for. */
function withStates(instead: (found: State | undefined, all: readonly State[]) => State | undefined): Wrong {
  return {
    medium: () => {
      const medium = new Medium();
      const { states } = medium;
      const get = states.get.bind(states);
      states.get = (name) => instead(get(name), [...states.values()]);
      return medium;
    },
  };
}

const capable = (capabilities: Partial<BackendCapabilities>): Wrong => ({
  backend: ({ capabilities: right }) => ({ capabilities: { ...right, ...capabilities } }),
});

async function* reversed(slices: AsyncIterable<readonly StateEntry[]>): AsyncGenerator<readonly StateEntry[]> {
  for await (const slice of slices) yield slice.toReversed();
}

async function* inOne(slices: AsyncIterable<readonly StateEntry[]>): AsyncGenerator<readonly StateEntry[]> {
  const all: StateEntry[] = [];
  for await (const slice of slices) all.push(...slice);
  yield all;
}

const lastOf = (key: Uint8Array): number => key.at(-1) ?? 0;

const wrongs: Readonly<Record<string, Wrong>> = {
  "drops a delete": withWrites((changes) => ({ ...changes, deletes: changes.deletes.slice(1) })),
  "drops range deletes": withWrites((changes) => ({ ...changes, rangeDeletes: [] })),
  "deletes the end of a range too": withWrites((changes) => ({
    ...changes,
    rangeDeletes: changes.rangeDeletes.map(({ from, to }) => ({ from, to: Uint8Array.of(...to, 0) })),
  })),
  "loses the last write of a batch": withWrites((changes) => ({ ...changes, puts: changes.puts.slice(0, -1) })),
  "loses what is large": withWrites((changes) => ({
    ...changes,
    puts: changes.puts.filter(({ value }) => value.length < 60_000),
  })),
  "puts before it deletes ranges": {
    store: (inner) => ({
      write: async (epoch, { puts, deletes, rangeDeletes }) => {
        await inner.write(epoch, { puts, deletes, rangeDeletes: [] });
        await inner.write(epoch, { puts: [], deletes: [], rangeDeletes });
      },
    }),
  },
  "tears a write, and says it is done": withWrites((changes) =>
    changes.puts.length + changes.deletes.length > 3
      ? { ...changes, puts: changes.puts.slice(0, changes.puts.length >> 1) }
      : changes,
  ),
  "answers reads from the past": {
    store: (inner) => {
      const seen = new Map<string, Uint8Array | undefined>();
      const readSync = (key: Uint8Array): Uint8Array | undefined => {
        const name = key.join();
        if (!seen.has(name)) seen.set(name, inner.readSync?.(key));
        return seen.get(name);
      };
      return { readSync, read: async (keys) => keys.map(readSync) };
    },
  },
  "scans from the past": {
    store: (inner) => {
      const before = new Map<string, Promise<readonly StateEntry[]>>();
      const first = async (range: KeyRange): Promise<readonly StateEntry[]> => {
        const all: StateEntry[] = [];
        for await (const slice of inner.scan(range)) all.push(...slice);
        return all;
      };
      return {
        scan: async function* (range) {
          const name = `${range.from.join()} ${range.to.join()}`;
          if (!before.has(name)) before.set(name, first(range));
          yield (await before.get(name)) ?? [];
        },
      };
    },
  },
  "takes no value for no entry": withWrites((changes) => ({
    ...changes,
    puts: changes.puts.filter(({ value }) => value.length > 0),
  })),
  "scans in another order": { store: (inner) => ({ scan: (range) => reversed(inner.scan(range)) }) },
  "scans in one slice": { store: (inner) => ({ scan: (range) => inOne(inner.scan(range)) }) },
  "scans the end of a range too": {
    store: (inner) => ({ scan: ({ from, to }) => inner.scan({ from, to: Uint8Array.of(...to, 0) }) }),
  },
  "exports what is there now": {
    store: (inner) => ({ export: () => inner.scan({ from: new Uint8Array(0), to: Uint8Array.of(255, 255) }) }),
  },
  "counts writes of the next epoch to the one that is sealed": {
    store: (inner) => {
      let sealed = 0;
      return {
        write: (epoch, changes) => inner.write(Math.min(epoch, sealed + 1), changes),
        seal: (epoch) => {
          sealed = epoch;
          return inner.seal(epoch);
        },
      };
    },
  },
  "shows what is newest in a view": {
    session: (inner) => ({
      openView: async (options) => {
        const view = await inner.openView(options);
        const store = await inner.openStore({
          owner: "x",
          generation: 1,
          keyGroups: { first: 0, last: 99 },
          parts: [],
        });
        return changed(view, { scan: (range) => store.scan(range) });
      },
    }),
  },
  "shows something else of what was released": {
    session: (inner) => ({
      openView: async (options) => {
        const scan = async function* (range: KeyRange): AsyncGenerator<readonly StateEntry[]> {
          const view = await inner.openView(options).catch(() => undefined);
          if (view !== undefined) yield* view.scan(range);
        };
        return { scan, close: async () => undefined };
      },
    }),
  },
  "goes back no further than half": withStates((found, all) => {
    const isNew = ([key]: readonly [string, Uint8Array]): boolean => key.charCodeAt(key.length - 1) % 2 === 0;
    return found && new Map([...[...found].filter((entry) => !isNew(entry)), ...[...(all.at(-1) ?? [])].filter(isNew)]);
  }),
  "changes what it has sealed": {
    store: (inner, { parts }) => ({
      // As if the next epoch had no copy of its own.
      write: (epoch, changes) => inner.write(parts.length === 0 ? 1 : epoch, changes),
    }),
  },
  "lets a region take others along": { openWith: ({ prefixes: _, ...options }) => options },
  "opens a region that goes back without its checkpoint": {
    openWith: (options) => ({ ...options, parts: options.epoch === undefined ? options.parts : [] }),
  },
  "sets the head whatever it is": {
    head: (inner) => ({ compareAndSet: async (_, bytes) => inner.compareAndSet((await inner.read())?.tag, bytes) }),
  },
  "sets the head only if there is one, or none is expected": {
    head: (inner) => ({
      compareAndSet: async (expected, bytes) =>
        inner.compareAndSet(expected === undefined ? (await inner.read())?.tag : expected, bytes),
    }),
  },
  "compares and sets in two steps": {
    head: (inner) => ({
      compareAndSet: async (expected, bytes) => {
        if ((await inner.read())?.tag !== expected) return undefined;
        for (;;) {
          const set = await inner.compareAndSet((await inner.read())?.tag, bytes);
          if (set !== undefined) return set;
        }
      },
    }),
  },
  "gives every head the same tag": {
    head: (inner) => ({
      read: async () => {
        const found = await inner.read();
        return found === undefined ? undefined : { ...found, tag: "1" };
      },
      compareAndSet: async (expected, bytes) => {
        const found = await inner.read();
        if ((found === undefined) !== (expected === undefined)) return undefined;
        return (await inner.compareAndSet(found?.tag, bytes)) === undefined ? undefined : "1";
      },
    }),
  },
  "lets an older session write over what a newer one has sealed": {
    openWith: (options) => ({ ...options, generation: 1 }),
  },
  "takes any job": {
    medium: () => Object.defineProperty(new Medium(), "job", { get: () => undefined, set: () => {} }),
  },
  "belongs to who has only looked": {
    backend: (inner) => {
      const owner: { name?: string } = {};
      return {
        open: async (job) => {
          owner.name ??= job.name;
          if (owner.name !== job.name) throw Object.assign(new Error("other"), { code: "STATE_FOREIGN_JOB" });
          return inner.open(job);
        },
      };
    },
  },
  "lists manifests late": {
    manifests: (inner) => ({ list: async () => (await inner.list()).slice(0, -1) }),
  },
  "writes manifests over": {
    manifests: () => {
      const over = new Map<string, Uint8Array>();
      return {
        write: async (name, bytes) => void over.set(name, bytes),
        read: async (name) => over.get(name),
        list: async () => [...over.keys()],
      };
    },
  },
  "releases all but the newest": {
    session: (inner) => ({ release: (retained) => inner.release(retained.slice(-1)) }),
  },
  "releases nothing": { session: () => ({ release: async () => undefined }) },
  "releases what belongs to a manifest": {
    session: (inner, { manifests }) => ({
      release: async (retained) => {
        await inner.release(retained);
        for (const name of manifests.keys()) if (name.endsWith("-beside")) manifests.delete(name);
      },
    }),
  },
  "finds no orphans": {
    session: (inner) => ({ audit: async (retained) => ({ ...(await inner.audit(retained)), orphaned: [] }) }),
  },
  "finds nothing missing": {
    session: (inner) => ({ audit: async (retained) => ({ ...(await inner.audit(retained)), missing: [] }) }),
  },
  "reads at once, and does not say so": capable({ syncReads: false }),
  "says that it reads at once, and does not": { store: () => ({ readSync: undefined }) },
  "reads something else at once": {
    store: (inner) => ({
      readSync: (key) => (lastOf(key) % 2 === 0 ? undefined : inner.readSync?.(key)),
    }),
  },
  "needs a store for what it goes back to": {
    session: (inner, medium) => ({
      rollback: async (epoch) => {
        const isSealed = [...medium.states.keys()].some((name) => name.split("-")[1] === String(epoch));
        if (epoch > 0 && !isSealed) throw new Error("there is no such epoch");
        return inner.rollback(epoch);
      },
    }),
  },
};

interface Case {
  readonly name: string;
  readonly run: () => Promise<void>;
}

function casesOf(wrong: Wrong): readonly Case[] {
  const cases: Case[] = [];
  stateBackendSuite({
    test: (name, run) => cases.push({ name, run }),
    create: async () => {
      const medium = wrong.medium?.() ?? new Medium();
      const backend = wrongBackend(medium, wrong);
      return { backend, reopen: async () => backend, dispose: async () => undefined };
    },
  });
  return cases;
}

test("stateBackendSuite: passes a backend that is only wrapped", async () => {
  for (const { run } of casesOf({})) await run();
});

for (const [what, wrong] of Object.entries(wrongs)) {
  test(`stateBackendSuite: finds a backend that ${what}`, async () => {
    for (const { run } of casesOf(wrong)) {
      const failed = await run().then(
        () => false,
        () => true,
      );
      if (failed) return;
    }
    assert.fail(`the suite passes a backend that ${what}`);
  });
}
