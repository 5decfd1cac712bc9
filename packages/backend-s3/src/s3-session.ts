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
import { type SegmentTuning, segmentSession, type SweptManifestStore } from "@tidemark/core/internal";
import { decodeManifestObject, encodeManifestObject } from "./envelope.ts";
import { HeadObject } from "./head-object.ts";
import { abortLeftovers } from "./large-objects.ts";
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
  readonly #prefix: string;
  #generation = 0;
  #isLeftover = true;

  constructor({ client, env, job, prefix, timeoutMs, partBytes, tuning }: S3SessionOptions) {
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
    this.manifests = { ...swept, list: () => manifests.listed() };
    this.#prefix = `${prefix}segments/`;
    const mayDelete = (): Promise<void> => this.#mayDelete();
    this.#inner = segmentSession({ env, head: this.#head, manifests: swept, segments, tuning, mayDelete });
  }

  /** Refuses what is another job's, or damaged. Writes nothing. */
  assertOwn(): Promise<void> {
    return this.#head.assertOwn();
  }

  rollback(epoch: number): Promise<void> {
    return this.#inner.rollback(epoch);
  }

  openStore(options: StoreOptions): Promise<StateStore> {
    this.#generation = Math.max(this.#generation, options.generation);
    return this.#inner.openStore(options);
  }

  flush(epoch: number): Promise<void> {
    return this.#inner.flush(epoch);
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
  }

  /** Only who has the head deletes. Once for each session it also ends what a crash left half written. */
  async #mayDelete(): Promise<void> {
    await this.#head.assertHeld();
    if (!this.#isLeftover) return;
    this.#isLeftover = false;
    // Manifests are small and never written in parts.
    await abortLeftovers(this.#requests, this.#prefix, this.#generation);
  }

  async close(): Promise<void> {
    this.#requests.close();
    await this.#inner.close();
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
