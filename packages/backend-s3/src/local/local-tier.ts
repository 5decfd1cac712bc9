import {
  type BackendJob,
  type BackendSession,
  isTidemarkError,
  type RetainedEpoch,
  type StateBackend,
  StateError,
  type StateStore,
  type StoreOptions,
  type StorePart,
} from "@tidemark/core";
import { equalBytes, messageOf } from "@tidemark/core/internal";
import { decodeLocalRecord, encodeLocalRecord, type LocalEpoch, type LocalPart } from "./local-record.ts";
import { fill, LocalStore } from "./local-store.ts";

/** What a local backend says of a checkpoint that it does not hold, or not whole. */
const MISSING: ReadonlySet<string> = new Set(["STATE_CORRUPT", "CHECKPOINT_MISSING"]);

/**
 * The working state of a job on this machine. Checkpoints are in the object store, and what is here is never trusted over
 * them: it counts if it is exactly the checkpoint that is restored, else it is emptied and filled anew.
 */
export class LocalTier {
  readonly #session: BackendSession;
  readonly #job: BackendJob;
  readonly #sealed = new Map<number, LocalPart[]>();
  #tag: string | undefined;
  #found: readonly LocalEpoch[];
  #restored: LocalEpoch | undefined = undefined;
  #restoredEpoch = 0;

  private constructor(session: BackendSession, job: BackendJob, head: Awaited<ReturnType<typeof readHead>>) {
    this.#session = session;
    this.#job = job;
    this.#tag = head.tag;
    this.#found = head.epochs;
  }

  /** @throws {StateError} what the local backend says, and that nothing is lost with it. */
  static async open(backend: StateBackend, job: BackendJob): Promise<LocalTier> {
    let session: BackendSession;
    try {
      session = await backend.open(job);
    } catch (error) {
      if (!isTidemarkError(error) || error.code !== "STATE_CORRUPT") throw error;
      const message = `Cannot open the local copy of job "${job.name}": ${error.message}. Delete it: everything is in the object store`;
      throw new StateError("STATE_CORRUPT", message, { cause: error });
    }
    return new LocalTier(session, job, await readHead(session, job));
  }

  /** Makes the copy what it was at an epoch, or empties it. */
  async rollback(epoch: number): Promise<void> {
    this.#restoredEpoch = epoch;
    this.#restored = epoch === 0 ? undefined : this.#found.find((found) => found.epoch === epoch);
    try {
      await this.#session.rollback(this.#restored === undefined ? 0 : epoch);
    } catch (error) {
      if (this.#restored === undefined) throw error;
      this.#warn(`It cannot show checkpoint ${epoch}`, error);
      this.#restored = undefined;
      await this.#session.rollback(0);
    }
    this.#sealed.clear();
    if (this.#restored !== undefined) this.#sealed.set(epoch, [...this.#restored.parts]);
  }

  /** The local store beside a remote one: as it is, if it holds the same checkpoint, else filled from that. */
  async openStore(options: StoreOptions, remote: StateStore): Promise<StateStore> {
    const local = (await this.#openHeld(options)) ?? (await this.#openFilled(options, remote));
    return new LocalStore({
      local,
      remote,
      sealed: (epoch, handles) => this.#note(epoch, { keyGroups: options.keyGroups, ...handles }),
      failed: (error) => this.#warn("It did not take a checkpoint", error),
    });
  }

  /** As it is; `undefined` if the copy does not hold what is restored. */
  async #openHeld(options: StoreOptions): Promise<StateStore | undefined> {
    const { epoch = this.#restoredEpoch } = options;
    const parts = this.#localParts(options.parts, epoch);
    if (parts === undefined) return undefined;
    try {
      return await this.#session.openStore({ ...options, parts });
    } catch (error) {
      // It was noted before older checkpoints went.
      if (!isTidemarkError(error) || !MISSING.has(error.code)) throw error;
      this.#warn(`It cannot show checkpoint ${epoch}`, error);
      return undefined;
    }
  }

  /** What is filled anew needs not be taken back before. */
  async #openFilled({ epoch, ...options }: StoreOptions, remote: StateStore): Promise<StateStore> {
    const local = await this.#session.openStore({ ...options, parts: [] });
    await fill(local, remote, { ...options, epoch: (epoch ?? this.#restoredEpoch) + 1 });
    return local;
  }

  /** Notes which checkpoint the copy can show, before a head names that one. What fails costs a later start its copy. */
  async flush(epoch: number): Promise<void> {
    try {
      await this.#session.flush(epoch);
      const epochs = [...this.#sealed].map(([sealed, parts]) => ({ epoch: sealed, parts }));
      this.#tag = await this.#session.head.compareAndSet(this.#tag, encodeLocalRecord(epochs));
    } catch (error) {
      this.#warn("It did not take a checkpoint", error);
      this.#tag = (await this.#session.head.read().catch(() => undefined))?.tag;
    }
  }

  /** Frees what the copy keeps for checkpoints before the newest. */
  async release(retained: readonly RetainedEpoch[]): Promise<void> {
    const newest = retained.reduce((epoch, checkpoint) => Math.max(epoch, checkpoint.epoch), 0);
    const parts = this.#sealed.get(newest);
    if (parts === undefined) return;
    for (const epoch of this.#sealed.keys()) if (epoch < newest) this.#sealed.delete(epoch);
    try {
      await this.#session.release([{ epoch: newest, manifest: "", handles: parts.map(({ local }) => local) }]);
    } catch (error) {
      this.#warn("It did not free what it needs no more", error);
    }
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  /** What the copy has for the parts of a checkpoint; `undefined` if it does not have just them. */
  #localParts(parts: readonly StorePart[], epoch = this.#restoredEpoch): readonly StorePart[] | undefined {
    if (epoch === 0) return [];
    const sealed = this.#sealed.get(epoch);
    const local: StorePart[] = [];
    for (const { keyGroups, handle } of parts) {
      const found = sealed?.find(({ remote }) => equalBytes(remote, handle));
      if (found === undefined) return undefined;
      local.push({ keyGroups, handle: found.local });
    }
    return sealed === undefined ? undefined : local;
  }

  #note(epoch: number, part: LocalPart): void {
    const parts = this.#sealed.get(epoch) ?? [];
    this.#sealed.set(epoch, [...parts, part]);
  }

  #warn(what: string, error: unknown): void {
    const { env, name } = this.#job;
    env.log({
      level: "warn",
      message: `The local copy of job "${name}" is not used as it could be. ${what}: ${messageOf(error)}`,
    });
  }
}

async function readHead(
  session: BackendSession,
  { env, name }: BackendJob,
): Promise<{ readonly tag: string | undefined; readonly epochs: readonly LocalEpoch[] }> {
  const found = await session.head.read();
  if (found === undefined) return { tag: undefined, epochs: [] };
  try {
    return { tag: found.tag, epochs: decodeLocalRecord(found.bytes) };
  } catch (error) {
    env.log({ level: "warn", message: `The local copy of job "${name}" is filled anew: ${messageOf(error)}` });
    return { tag: found.tag, epochs: [] };
  }
}
