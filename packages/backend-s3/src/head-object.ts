import { type Env, type HeadStore, type HeadVersion, StateError } from "@tidemark/core";
import { equalBytes } from "@tidemark/core/internal";
import { damaged, decodeHeadObject, encodeHeadObject, fenced, type HeadEnvelope } from "./envelope.ts";
import { isRetryable, type Requests } from "./requests.ts";

/** How often one change of the head is sent before its outcome is given up as unknown. */
export const HEAD_ATTEMPTS = 5;

/** What a {@link HeadObject} is made of. */
export interface HeadObjectOptions {
  readonly requests: Requests;
  readonly env: Env;
  readonly job: string;
  readonly key: string;
  /** Whether there is something that only a job with a head can have written. */
  readonly hasOthers: () => Promise<boolean>;
}

/** A change of the head whose answer was lost. */
interface Unanswered {
  readonly expected: string | undefined;
  readonly record: Uint8Array;
  readonly object: Uint8Array;
}

/** The head record, replaced by conditional writes: `If-None-Match: *` for the first, `If-Match` with its tag afterwards. */
export class HeadObject implements HeadStore {
  readonly #options: HeadObjectOptions;
  readonly #session: number;
  #writes = 0;
  #held: string | undefined = undefined;
  #unanswered: Unanswered | undefined = undefined;
  /** What is being written just now. */
  #writing: Uint8Array | undefined = undefined;

  constructor(options: HeadObjectOptions) {
    this.#options = options;
    this.#session = Math.floor(options.env.random() * Number.MAX_SAFE_INTEGER);
  }

  async read(): Promise<HeadVersion | undefined> {
    const { requests, key, job, hasOthers } = this.#options;
    let found = await requests.get(key);
    // Looked at again at the end: another process may have begun the job meanwhile.
    if (found === undefined && (await hasOthers())) {
      found = await requests.get(key);
      if (found === undefined) throw damaged("it is missing, though there are checkpoints beside it", { key });
    }
    if (found === undefined) return undefined;
    const head = this.#opened(found.bytes);
    const lost = this.#unanswered;
    if (lost !== undefined && equalBytes(head.record, lost.record) && !equalBytes(found.bytes, lost.object)) {
      // Two processes that start at once write the same record. Only the envelope tells which of them it was.
      throw fenced(job);
    }
    return { tag: found.etag, bytes: head.record };
  }

  async compareAndSet(expected: string | undefined, bytes: Uint8Array): Promise<string | undefined> {
    const before = this.#unanswered;
    const isAgain = before !== undefined && before.expected === expected && equalBytes(before.record, bytes);
    const object = isAgain ? before.object : this.#encode(bytes);
    this.#writing = object;
    try {
      return await this.#replace({ expected, record: bytes, object }, isAgain);
    } finally {
      this.#writing = undefined;
    }
  }

  async #replace({ expected, record, object }: Unanswered, isAgain: boolean): Promise<string | undefined> {
    const { requests, key } = this.#options;
    let isUnanswered = isAgain;
    let lost: unknown;
    for (let attempt = 1; attempt <= HEAD_ATTEMPTS; attempt++) {
      try {
        const tag = await requests.put(key, object, expected === undefined ? "absent" : { etag: expected });
        if (tag !== undefined) return this.#settled(tag);
      } catch (error) {
        if (!isRetryable(error)) throw error;
        lost = error;
        isUnanswered = true;
        this.#unanswered = { expected, record: record.slice(), object };
        await requests.backoff(attempt);
      }
      // What refused it may be its own first arrival: answers get lost, and some HTTP clients send again by themselves.
      const found = await requests.get(key);
      if (found !== undefined && equalBytes(found.bytes, object)) return this.#settled(found.etag);
      if (found?.etag !== expected || !isUnanswered) return this.#settled(undefined);
    }
    throw new StateError("STATE_IO", `Cannot learn whether "${key}" was written: ask again`, {
      cause: lost,
      retryable: true,
    });
  }

  /** @throws {StateError} STATE_FOREIGN_JOB if the head is another job's, STATE_CORRUPT if it cannot be read. */
  async assertOwn(): Promise<void> {
    const { requests, key } = this.#options;
    const found = await requests.get(key);
    if (found !== undefined) this.#opened(found.bytes);
  }

  /** @throws {CheckpointError} CHECKPOINT_FENCED if the head is not the one that this session wrote last. */
  async assertHeld(): Promise<void> {
    const { requests, key, job } = this.#options;
    for (;;) {
      const held = this.#held;
      const writing = this.#writing;
      const found = await requests.get(key);
      if (found !== undefined && (found.etag === held || found.etag === this.#held)) return;
      // A change of our own may be under way: what was read is then one of its two sides, or somebody else's.
      if (writing === undefined && this.#writing === undefined && held === this.#held) throw fenced(job);
      if (found !== undefined && writing !== undefined && equalBytes(found.bytes, writing)) return;
    }
  }

  #opened(bytes: Uint8Array): HeadEnvelope {
    const { key, job } = this.#options;
    const head = decodeHeadObject(key, bytes);
    if (head.job !== job) throw foreign(job, head.job);
    return head;
  }

  #encode(record: Uint8Array): Uint8Array {
    return encodeHeadObject({ job: this.#options.job, session: this.#session, write: ++this.#writes, record });
  }

  #settled(tag: string | undefined): string | undefined {
    this.#unanswered = undefined;
    if (tag !== undefined) this.#held = tag;
    return tag;
  }
}

function foreign(job: string, found: string): StateError {
  return new StateError(
    "STATE_FOREIGN_JOB",
    `Cannot open this prefix for job "${job}": it holds job "${found}". Give each job a prefix of its own`,
    { details: { job, found } },
  );
}
