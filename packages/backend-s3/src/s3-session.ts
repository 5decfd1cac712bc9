import {
  type BackendSession,
  type Env,
  type HeadStore,
  isTidemarkError,
  type ManifestStore,
  type ObjectClient,
  type RetainedEpoch,
  type StateStore,
  type StateView,
  type StorageAudit,
  type StoreOptions,
  type ViewOptions,
} from "@tidemark/core";
import { nameOrigin, type SegmentTuning, segmentSession, type SweptManifestStore } from "@tidemark/core/internal";
import { decodeManifestObject, encodeManifestObject } from "./envelope.ts";
import { HeadObject } from "./head-object.ts";
import { abortLeftovers } from "./large-objects.ts";
import type { LocalTier } from "./local/local-tier.ts";
import { NamedObjects } from "./named-objects.ts";
import { Requests } from "./requests.ts";

/** What an {@link S3Session} is made of. */
export interface S3SessionOptions {
  readonly client: ObjectClient;
  readonly env: Env;
  readonly job: string;
  /** Of all keys of the job; ends with `/`. */
  readonly prefix: string;
  readonly timeoutMs: number;
  /** What an object is cut into that is larger. */
  readonly partBytes: number;
  /** Limits of the store over segments. */
  readonly tuning: Partial<SegmentTuning>;
  /** The working state on this machine, if there is one. */
  readonly local: LocalTier | undefined;
}

/** The state of one job under one prefix. Whoever set the head last is the only one that deletes. */
export class S3Session implements BackendSession {
  readonly head: HeadStore;
  readonly manifests: ManifestStore;
  readonly #requests: Requests;
  readonly #env: Env;
  readonly #job: string;
  readonly #head: HeadObject;
  readonly #inner: BackendSession;
  readonly #local: LocalTier | undefined;
  /** Under which objects are written that may be large. */
  readonly #prefixes: readonly string[];
  #generation = 0;
  #isLeftover = true;

  constructor({ client, env, job, prefix, timeoutMs, partBytes, tuning, local }: S3SessionOptions) {
    const requests = new Requests({ client, env, timeoutMs });
    const segments = new NamedObjects({ requests, prefix: `${prefix}segments/`, kind: "segment", partBytes });
    const manifests = new NamedObjects({ requests, prefix: `${prefix}manifests/`, kind: "manifest", partBytes });
    const hasOthers = async (): Promise<boolean> => !(await manifests.isEmpty()) || !(await segments.isEmpty());
    this.#requests = requests;
    this.#env = env;
    this.#job = job;
    this.#head = new HeadObject({ requests, env, job, key: `${prefix}head`, hasOthers });
    this.head = this.#head;
    const swept = manifestStore(manifests);
    const write: ManifestStore["write"] = (name, bytes) => {
      // A job that keeps nothing by key opens no store: then the first manifest says which generation writes.
      this.#generation = Math.max(this.#generation, nameOrigin(name)?.generation ?? 0);
      return swept.write(name, bytes);
    };
    this.manifests = { ...swept, write, list: () => manifests.listed() };
    this.#local = local;
    this.#prefixes = [`${prefix}segments/`, `${prefix}manifests/`];
    const mayDelete = (): Promise<void> => this.#mayDelete();
    this.#inner = segmentSession({ env, head: this.#head, manifests: swept, segments, tuning, mayDelete });
  }

  /** Refuses what is another job's, or damaged. Writes nothing. */
  assertOwn(): Promise<void> {
    return this.#head.assertOwn();
  }

  async rollback(epoch: number): Promise<void> {
    await this.#inner.rollback(epoch);
    await this.#local?.rollback(epoch);
  }

  async openStore(options: StoreOptions): Promise<StateStore> {
    this.#generation = Math.max(this.#generation, options.generation);
    const store = await this.#inner.openStore(options);
    return this.#local === undefined ? store : this.#local.openStore(options, store);
  }

  async flush(epoch: number): Promise<void> {
    await this.#inner.flush(epoch);
    await this.#local?.flush(epoch);
  }

  openView(options: ViewOptions): Promise<StateView> {
    return this.#inner.openView(options);
  }

  audit(retained: readonly RetainedEpoch[]): Promise<StorageAudit> {
    return this.#inner.audit(retained);
  }

  async release(retained: readonly RetainedEpoch[]): Promise<void> {
    try {
      await this.#inner.release(retained);
    } catch (error) {
      if (!isTidemarkError(error) || error.code !== "STATE_IO") throw error;
      // What could not be deleted harms nobody, and is tried again after the next checkpoint.
      this.#env.log({
        level: "warn",
        message: `Cannot delete what job "${this.#job}" needs no more: ${error.message}`,
      });
    }
    await this.#local?.release(retained);
  }

  /** Only who has the head deletes. Once for each session it also ends what a crash left half written. */
  async #mayDelete(): Promise<void> {
    await this.#head.assertHeld();
    if (!this.#isLeftover) return;
    this.#isLeftover = false;
    for (const prefix of this.#prefixes) await abortLeftovers(this.#requests, prefix, this.#generation);
  }

  async close(): Promise<void> {
    this.#requests.close();
    await this.#inner.close();
    await this.#local?.close();
  }
}

function manifestStore(objects: NamedObjects): SweptManifestStore {
  return {
    write: (name, bytes) => objects.put(name, encodeManifestObject(bytes)),
    read: async (name) => {
      const bytes = await objects.get(name);
      return bytes === undefined ? undefined : decodeManifestObject(objects.key(name), bytes);
    },
    list: () => objects.list(),
    delete: (names) => objects.delete(names),
  };
}
