import type { BackendSession, StateBackend, StateEntry, StateStore, StorePart } from "../../state/backend.ts";
import { type KeyGroupRange, keyGroupRange } from "../../state/key-groups.ts";
import { ALL_KEYS, prefixRange } from "../../state/key-range.ts";
import { expect } from "./expect.ts";
import { bytesOf, keyLabel, labelGroup, labelKey, SUITE_KEY_GROUPS, suiteKey, textOf } from "./suite-bytes.ts";
import { decodeHead, encodeHead, type SuiteCheckpoint } from "./suite-head.ts";
import { suiteEnv } from "./suite-env.ts";

/** Changes by label; `"1/a": "x"` puts, `"1/a": null` deletes. */
export interface SuiteChanges {
  readonly entries?: Readonly<Record<string, string | null>>;
  /** Pairs of labels, of one group each: from, to. */
  readonly ranges?: readonly (readonly [string, string])[];
}

/** How a job is started. */
export interface SuiteStart {
  /** Default: 1. */
  readonly parallelism?: number;
  /** The checkpoint to restore, by epoch. Default: the newest in the head. 0: none. */
  readonly epoch?: number;
  /** Where stages share groups: for each the characters with which its keys begin behind the group, its operators. */
  readonly stages?: readonly string[];
}

interface OpenStore {
  readonly stage: string;
  readonly keyGroups: KeyGroupRange;
  readonly store: StateStore;
}

/** A job as the engine would run it, without a pipeline: it takes over the head, restores, writes, takes checkpoints. */
export class SuiteJob {
  readonly session: BackendSession;
  readonly generation: number;
  stores: readonly OpenStore[];
  retained: readonly SuiteCheckpoint[];
  readonly #start: SuiteStart;
  #tag: string;

  private constructor(
    session: BackendSession,
    head: { tag: string; generation: number },
    stores: readonly OpenStore[],
    start: SuiteStart,
  ) {
    this.session = session;
    this.generation = head.generation;
    this.stores = stores;
    this.retained = [];
    this.#start = start;
    this.#tag = head.tag;
  }

  /** Opens the backend, takes the head over, rolls back and opens the stores of all stages. */
  static async start(backend: StateBackend, start: SuiteStart = {}): Promise<SuiteJob> {
    const session = await backend.open({ name: "suite", env: suiteEnv() });
    const found = await session.head.read();
    const head = found === undefined ? { generation: 0, retained: [] } : decodeHead(found.bytes);
    const generation = head.generation + 1;
    const epoch = start.epoch ?? head.retained.at(-1)?.epoch ?? 0;
    const retained = head.retained.filter((checkpoint) => checkpoint.epoch <= epoch);
    const tag = await session.head.compareAndSet(found?.tag, encodeHead({ generation, retained }));
    expect(tag !== undefined, "the head could not be taken over, though nobody else has it");
    await session.rollback(epoch);
    const restored = retained.find((checkpoint) => checkpoint.epoch === epoch);
    expect(epoch === 0 || restored !== undefined, `the head does not list epoch ${epoch}`);
    if (restored !== undefined) {
      expect(
        (await session.manifests.read(restored.manifest)) !== undefined,
        `manifest "${restored.manifest}" is gone`,
      );
    }
    const stores = await openStores(session, generation, start, restored);
    const job = new SuiteJob(session, { tag, generation }, stores, start);
    job.retained = retained;
    return job;
  }

  /** Closes the stores of one stage and opens them as they were at an epoch; those of the other stages stay open. */
  async restart(stage: string, epoch: number): Promise<void> {
    const restored = this.retained.find((checkpoint) => checkpoint.epoch === epoch);
    expect(epoch === 0 || restored !== undefined, `the head does not list epoch ${epoch}`);
    for (const open of this.stores) if (open.stage === stage) await open.store.close();
    const start = { ...this.#start, stages: [stage] };
    const again = await openStores(this.session, this.generation, start, restored, epoch);
    this.stores = [...this.stores.filter((open) => open.stage !== stage), ...again];
  }

  /** Writes changes to the stores that own their keys. */
  async write(epoch: number, changes: SuiteChanges): Promise<void> {
    const entries = Object.entries(changes.entries ?? {});
    const ranges = changes.ranges ?? [];
    for (const { stage, keyGroups, store } of this.stores) {
      const isOwn = (label: string): boolean =>
        labelGroup(label) >= keyGroups.first &&
        labelGroup(label) <= keyGroups.last &&
        (stage === "" || stage.includes(label.charAt(label.indexOf("/") + 1)));
      const own = entries.filter(([label]) => isOwn(label));
      const ownRanges = ranges.filter(([from]) => isOwn(from));
      if (own.length === 0 && ownRanges.length === 0) continue;
      await store.write(epoch, {
        puts: own.flatMap(([label, value]) =>
          value === null ? [] : [{ key: labelKey(label), value: bytesOf(value) }],
        ),
        deletes: own.flatMap(([label, value]) => (value === null ? [labelKey(label)] : [])),
        rangeDeletes: ownRanges.map(([from, to]) => ({ from: labelKey(from), to: labelKey(to) })),
      });
    }
  }

  /** Seals every store and writes the manifest: a checkpoint that is not in the head yet. */
  async seal(epoch: number): Promise<SuiteCheckpoint> {
    const parts = [];
    for (const { keyGroups, stage, store } of this.stores) {
      parts.push({ stage, keyGroups, handle: await store.seal(epoch) });
    }
    await this.session.flush(epoch);
    const checkpoint = { epoch, manifest: suiteManifest({ generation: this.generation, epoch }), parts };
    await this.session.manifests.write(checkpoint.manifest, bytesOf(`checkpoint ${epoch}`));
    return checkpoint;
  }

  /** Names a sealed checkpoint in the head, keeps the newest `retain` of them and releases the others. */
  async complete(checkpoint: SuiteCheckpoint, retain: number = 1): Promise<void> {
    const retained = [...this.retained, checkpoint].slice(-retain);
    const tag = await this.session.head.compareAndSet(this.#tag, encodeHead({ generation: this.generation, retained }));
    expect(tag !== undefined, `checkpoint ${checkpoint.epoch} was fenced, though nobody else has the head`);
    this.#tag = tag;
    this.retained = retained;
    await this.release();
  }

  async release(): Promise<void> {
    await this.session.release(
      this.retained.map(({ epoch, manifest, parts }) => ({
        epoch,
        manifest,
        handles: parts.map((part) => part.handle),
      })),
    );
  }

  async checkpoint(epoch: number, retain: number = 1): Promise<void> {
    await this.complete(await this.seal(epoch), retain);
  }

  /** Everything the stores hold now, as `"group/text=value"`, in order. */
  async lines(): Promise<readonly string[]> {
    const lines: string[] = [];
    for (const { stage, keyGroups, store } of this.stores) {
      for (let group = keyGroups.first; group <= keyGroups.last; group++) {
        for (const operator of stage === "" ? [""] : operatorsOf(stage)) {
          const range = prefixRange(suiteKey(group, operator));
          for await (const slice of store.scan(range)) lines.push(...slice.map(entryLine));
        }
      }
    }
    return this.stores.some((open) => open.stage !== "") ? lines.toSorted() : lines;
  }

  /** Everything the stores held when `epoch` was sealed. */
  async exported(epoch: number): Promise<readonly string[]> {
    const lines: string[] = [];
    for (const { store } of this.stores) {
      for await (const slice of store.export(epoch)) lines.push(...slice.map(entryLine));
    }
    return this.stores.some((open) => open.stage !== "") ? lines.toSorted() : lines;
  }
}

/** What a checkpoint shows to who reads it without running the job. */
export async function viewed(
  session: BackendSession,
  retained: readonly SuiteCheckpoint[],
  epoch: number,
): Promise<readonly string[]> {
  const parts = retained.find((checkpoint) => checkpoint.epoch === epoch)?.parts ?? [];
  const view = await session.openView({ epoch, parts });
  const lines: string[] = [];
  for await (const slice of view.scan(ALL_KEYS)) lines.push(...slice.map(entryLine));
  await view.close();
  return lines;
}

/** The name of a checkpoint's manifest. */
export function suiteManifest(origin: { readonly generation: number; readonly epoch: number }): string {
  return `${String(origin.generation).padStart(10, "0")}-${String(origin.epoch).padStart(16, "0")}`;
}

/** `"group/text=value"`. */
export function entryLine(entry: StateEntry): string {
  return `${keyLabel(entry.key)}=${textOf(entry.value)}`;
}

/** The operators of a stage: one character each. */
function operatorsOf(stage: string): readonly string[] {
  return stage.split("");
}

async function openStores(
  session: BackendSession,
  generation: number,
  start: SuiteStart,
  restored: SuiteCheckpoint | undefined,
  epoch?: number,
): Promise<readonly OpenStore[]> {
  const { parallelism = 1, stages = [""] } = start;
  const stores: OpenStore[] = [];
  for (const stage of stages) {
    for (let subtask = 0; subtask < parallelism; subtask++) {
      const keyGroups = keyGroupRange(subtask, parallelism, SUITE_KEY_GROUPS);
      const parts: readonly StorePart[] = (restored?.parts ?? []).filter(
        (part) =>
          (stage === "" || operatorsOf(stage).some((operator) => part.stage.includes(operator))) &&
          part.keyGroups.first <= keyGroups.last &&
          part.keyGroups.last >= keyGroups.first,
      );
      const prefixes = stage === "" ? undefined : operatorsOf(stage).map(bytesOf);
      const owner = `stage ${stage}/${subtask}`;
      stores.push({
        stage,
        keyGroups,
        store: await session.openStore({ owner, generation, keyGroups, prefixes, parts, epoch }),
      });
    }
  }
  return stores;
}
