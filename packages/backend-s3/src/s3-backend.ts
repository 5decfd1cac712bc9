import type { BackendCapabilities, BackendJob, BackendSession, ObjectClient, StateBackend } from "@tidemark/core";
import type { SegmentTuning } from "@tidemark/core/internal";
import { type StatePaging, statePaging } from "@tidemark/core/state";
import { PART_BYTES } from "./large-objects.ts";
import { LocalTier } from "./local/local-tier.ts";
import { spelled } from "./named-objects.ts";
import { checkPrefix } from "./prefix.ts";
import { Requests } from "./requests.ts";
import { S3Session } from "./s3-session.ts";
import { brokenPromises, tooWeak, uncheckedConditions } from "./self-test.ts";

/** What a {@link S3Backend} is made of. */
export interface S3BackendOptions {
  readonly bucket: string;
  readonly prefix: string | undefined;
  readonly client: ObjectClient;
  readonly isUnchecked: boolean;
  readonly timeoutMs: number;
  /** Default: {@link PART_BYTES}. */
  readonly partBytes?: number;
  /** Limits of the store over segments, where they are not its own. */
  readonly tuning?: Partial<SegmentTuning>;
  /** Where the working state is, if not in the object store. */
  readonly local?: StateBackend;
}

/** Opens sessions on a prefix of a bucket. Any number of processes may; the head fences all but the newest. */
export class S3Backend implements StateBackend {
  readonly name: string;
  readonly capabilities: BackendCapabilities;
  readonly paging: StatePaging = statePaging;
  readonly #options: S3BackendOptions;
  #isTested = false;

  constructor(options: S3BackendOptions) {
    this.#options = options;
    this.name = `s3 "${options.bucket}${options.prefix === undefined ? "" : `/${options.prefix}`}"`;
    const { local } = options;
    this.capabilities = {
      durable: true,
      get syncReads() {
        return local?.capabilities.syncReads ?? false;
      },
      sharedAccess: !options.isUnchecked,
    };
  }

  async open({ name: job, env, readOnly = false }: BackendJob): Promise<BackendSession> {
    const { timeoutMs, isUnchecked, partBytes = PART_BYTES, tuning = {} } = this.#options;
    const prefix = `${checkPrefix(this.#options.prefix ?? `tidemark/${spelled(job)}`)}/`;
    const client = isUnchecked ? uncheckedConditions(this.#options.client) : this.#options.client;
    // What only looks writes nothing: its credentials may not allow it, and nobody has to be fenced.
    if (!this.#isTested && !isUnchecked && !readOnly) {
      const broken = await brokenPromises(new Requests({ client, env, timeoutMs }), `${prefix}probe`, env);
      if (broken.length > 0) throw tooWeak(this.name, broken);
      this.#isTested = true;
    }
    if (isUnchecked && !readOnly) {
      env.log({
        level: "warn",
        message: `${this.name} checks no conditions: run one process for job "${job}", and expect to lose checkpoints to late writes`,
      });
    }
    const session = (local?: LocalTier): S3Session =>
      new S3Session({ client, env, job, prefix, timeoutMs, partBytes, tuning, local });
    await session().assertOwn();
    const { local } = this.#options;
    // What only looks needs no copy: all is in the bucket.
    return session(local === undefined || readOnly ? undefined : await LocalTier.open(local, { name: job, env }));
  }
}
