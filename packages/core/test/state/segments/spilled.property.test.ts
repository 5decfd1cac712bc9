import assert from "node:assert/strict";
import { test } from "node:test";

import { compareBytes } from "../../../src/bytes/compare.ts";
import { StateError } from "../../../src/errors.ts";
import type { BackendSession, StateChanges } from "../../../src/state/backend.ts";
import { FoldQueue } from "../../../src/state/segments/fold-queue.ts";
import { decodeHandle } from "../../../src/state/segments/handle-codec.ts";
import type { SegmentStore } from "../../../src/state/segments/store.ts";
import { seededRandom } from "../../../src/testing/state-backend/suite-env.ts";
import { atWidth } from "../../width.ts";
import { CountingMedium, KEY_GROUPS, keyOf, linesOf, type Opened, retainedOf } from "./segment-medium.ts";

const { env } = (globalThis as { process?: { env?: Readonly<Record<string, string | undefined>> } }).process ?? {};
const SEED = Number(env?.["SEED"] ?? 1);
const RUNS = Number(env?.["RUNS"] ?? atWidth(6));
const STEPS = 300;
/** How often the medium fails, in turn. */
const FAILURES = [0, 0.03, 0.15];
const KEYS = 60;

const TUNING = {
  blockBytes: 64,
  segmentBytes: 400,
  inlineBytes: 60,
  inlineTotalBytes: 200,
  packBytes: 900,
  spillBytes: 150,
  spilledMax: 4,
  chainMax: 4,
  cacheBytes: 500,
};
const HANDLE_MAX = TUNING.chainMax + 8 + TUNING.spilledMax;

/** One write that a store took. */
interface Taken {
  readonly epoch: number;
  readonly changes: StateChanges;
}

/** A checkpoint that a head would list. */
interface Retained {
  readonly epoch: number;
  readonly handle: Uint8Array | undefined;
  readonly model: ReadonlyMap<string, Uint8Array>;
}

/** A store, what it should say, and a medium that is slow and fails. */
class World {
  readonly medium = new CountingMedium();
  readonly #random: () => number;
  readonly #ended: Promise<void>[] = [];
  #opened: Opened | undefined;
  #taken: Taken[] = [];
  #base: ReadonlyMap<string, Uint8Array> = new Map();
  #retained: Retained = { epoch: 0, handle: undefined, model: new Map() };
  #epoch = 1;
  /** Seals whose answers are not here yet. */
  #sealing: Promise<unknown> | undefined;
  /** Of heads there is one: it lists one checkpoint after the other. */
  readonly #heads = new FoldQueue();
  isSteady = false;
  readonly seen = { refused: 0, failedSeals: 0, sealed: 0, crashes: 0, deepest: 0 };

  constructor(random: () => number, failures: number) {
    this.#random = random;
    const answer = async (): Promise<void> => {
      for (let turns = Math.floor(random() * 30); turns > 0; turns--) await Promise.resolve();
      if (this.isSteady || random() >= failures) return;
      throw new StateError("STATE_IO", "Cannot ask: the network is gone", { retryable: true });
    };
    this.medium.whilePutting = answer;
    this.medium.whileGetting = answer;
  }

  async restart(): Promise<void> {
    if (this.#opened !== undefined) this.#ended.push(this.#opened.session.close());
    await this.#sealing;
    const { epoch, handle, model } = this.#retained;
    this.#base = model;
    this.#taken = [];
    const isSteady = this.isSteady;
    this.isSteady = true;
    this.#opened = await this.medium.open(epoch, handle, TUNING);
    assert.deepEqual(await linesOf(this.#opened.store), linesIn(model));
    this.isSteady = isSteady;
    this.#epoch = epoch + 1;
  }

  async step(): Promise<void> {
    const chance = this.#random();
    if (chance < 0.8) await this.write();
    else if (chance < 0.9) await this.read();
    else if (chance < 0.98) await this.seal();
    else {
      this.seen.crashes++;
      await this.restart();
    }
    const { depth } = this.#store;
    this.seen.deepest = Math.max(this.seen.deepest, depth);
    assert.ok(depth <= HANDLE_MAX + TUNING.spilledMax, `a read passes ${depth} layers`);
  }

  /** A write that is refused leaves nothing behind. */
  async write(): Promise<void> {
    const changes = this.#draw();
    const taken = { epoch: this.#epoch, changes };
    await this.#store.write(this.#epoch, changes).then(
      () => void this.#taken.push(taken),
      (error: unknown) => {
        assert.equal((error as StateError).code, "STATE_IO");
        this.seen.refused++;
      },
    );
  }

  async read(): Promise<void> {
    const index = Math.floor(this.#random() * KEYS);
    const expected = this.#model(Infinity).get(keyOf(index).join("."));
    try {
      const [found] = await this.#store.read([keyOf(index)]);
      assert.deepEqual(found, expected);
    } catch (error) {
      assert.equal((error as StateError).code, "STATE_IO", String(error));
    }
  }

  /** The answer is waited for or not; what is written meanwhile belongs to the next epoch. */
  async seal(): Promise<void> {
    const epoch = this.#epoch++;
    const opened = this.#opened as Opened;
    this.#sealing = Promise.all([this.#sealing, this.#complete(opened, epoch, this.#model(epoch))]);
    if (this.#random() < 0.5) await this.#sealing;
  }

  async #complete({ session, store }: Opened, epoch: number, model: Retained["model"]): Promise<void> {
    try {
      const handle = await store.seal(epoch);
      const layers = decodeHandle(handle).layers.length;
      assert.ok(layers <= HANDLE_MAX, `a handle of ${layers} layers`);
      await session.flush(epoch);
      this.seen.sealed++;
      await this.#heads.run(() => this.#retain(session, { epoch, handle, model }));
    } catch (error) {
      assert.ok(["STATE_IO", "STATE_CLOSED"].includes((error as StateError).code), String(error));
      this.seen.failedSeals++;
    }
  }

  async #retain(session: BackendSession, { epoch, handle = new Uint8Array(0), model }: Retained): Promise<void> {
    if (epoch < this.#retained.epoch) return;
    this.#retained = { epoch, handle, model };
    await this.#look(this.#retained);
    await session.release([retainedOf(epoch, handle)]);
  }

  /** With a medium that answers: all is there, and nothing else. */
  async finish(): Promise<void> {
    await this.#sealing;
    this.isSteady = true;
    assert.deepEqual(await linesOf(this.#store), linesIn(this.#model(Infinity)));
    await Promise.all(this.#ended);
    await this.seal();
    await this.#sealing;
    const { epoch, handle = new Uint8Array(0) } = this.#retained;
    assert.equal(epoch, this.#epoch - 1);
    const { session } = this.#opened as Opened;
    const audit = await session.audit([retainedOf(epoch, handle)]);
    assert.deepEqual(audit.orphaned, []);
    assert.deepEqual(audit.missing, [`1-${epoch}`]);
    await this.#look(this.#retained);
  }

  /** Reads what a checkpoint names, as another process does. */
  async #look({ epoch, handle = new Uint8Array(0), model }: Retained): Promise<void> {
    const view = await this.medium.session().openView({ epoch, parts: [{ keyGroups: KEY_GROUPS, handle }] });
    assert.deepEqual(await linesOf(view), linesIn(model));
  }

  get #store(): SegmentStore {
    return (this.#opened as Opened).store as SegmentStore;
  }

  #draw(): StateChanges {
    const chosen = new Map<number, Uint8Array | null>();
    for (let change = 1 + Math.floor(this.#random() * 4); change > 0; change--) {
      const value = this.#random() < 0.3 ? null : new Uint8Array(Math.floor(this.#random() * 120));
      chosen.set(Math.floor(this.#random() * KEYS), value?.fill(Math.floor(this.#random() * 256)) ?? null);
    }
    const entries = [...chosen].map(([index, value]) => ({ key: keyOf(index), value }));
    const from = 4 * Math.floor((this.#random() * KEYS) / 4);
    return {
      puts: entries.flatMap(({ key, value }) => (value === null ? [] : [{ key, value }])),
      deletes: entries.flatMap(({ key, value }) => (value === null ? [key] : [])),
      rangeDeletes: this.#random() < 0.1 ? [{ from: keyOf(from), to: keyOf(from + 8) }] : [],
    };
  }

  /** What was retained, and all that was taken since for epochs up to `epoch`. */
  #model(epoch: number): Retained["model"] {
    const model = new Map(this.#base);
    for (const taken of this.#taken) if (taken.epoch <= epoch) apply(model, taken.changes);
    return model;
  }
}

function apply(model: Map<string, Uint8Array>, { puts, deletes, rangeDeletes }: StateChanges): void {
  for (const { from, to } of rangeDeletes) {
    for (const key of model.keys()) {
      const bytes = Uint8Array.from(key.split(".").map(Number));
      if (compareBytes(bytes, from) >= 0 && compareBytes(bytes, to) < 0) model.delete(key);
    }
  }
  for (const key of deletes) model.delete(key.join("."));
  for (const { key, value } of puts) model.set(key.join("."), value);
}

/** As `linesOf` tells of a store. */
function linesIn(model: Retained["model"]): readonly string[] {
  const keys = [...model.keys()].map((key) => Uint8Array.from(key.split(".").map(Number)));
  return keys.sort(compareBytes).map((key) => `${key.join(".")}=${model.get(key.join("."))?.length}`);
}

for (let run = 0; run < RUNS; run++) {
  test(`Unsealed: a store gives what it took, in bounds, while the medium fails and seals go on (SEED=${SEED}, run ${run})`, async (context) => {
    const world = new World(seededRandom(SEED * 1_000 + run), FAILURES[run % FAILURES.length] as number);
    await world.restart();
    for (let step = 0; step < STEPS; step++) await world.step();
    await world.finish();
    context.diagnostic(JSON.stringify(world.seen));
  });
}
