/**
 * The places where the files of a savepoint can lie.
 *
 * @module
 */
import { messageOf, StateError } from "../errors.ts";
import type { ObjectClient } from "../state/object-client.ts";

/**
 * A flat place for the files of one savepoint. Names are short and relative, so that the place can be moved or copied as
 * a whole.
 */
export interface SavepointStore {
  /** What messages call it. */
  readonly name: string;
  /**
   * Writes a file, durably when it resolves. `"absent"`: only if there is none of that name, even if the write comes late;
   * `"always"`: a file of that name has the same bytes.
   *
   * @returns whether it was written.
   */
  put(file: string, bytes: Uint8Array, condition: "absent" | "always"): Promise<boolean>;
  /** `undefined` if there is none of that name. */
  get(file: string): Promise<Uint8Array | undefined>;
  /** All names, in any order; none if the place does not exist. */
  list(): Promise<readonly string[]>;
  /** Durable when it resolves. A name that names nothing is no error. */
  delete(files: readonly string[]): Promise<void>;
}

/**
 * A store in memory, for tests and for a hand-over inside one process.
 *
 * @example
 * ```ts
 * import { memorySavepointStore } from "@tidemark/core/savepoints";
 *
 * const store = memorySavepointStore("hand-over");
 * console.log(store.name, await store.list());
 * // prints savepoint in hand-over []
 * ```
 */
export function memorySavepointStore(name: string = "memory"): SavepointStore {
  const files = new Map<string, Uint8Array>();
  return {
    name: `savepoint in ${name}`,
    put: async (file, bytes, condition) => {
      if (condition === "absent" && files.has(file)) return false;
      files.set(file, bytes.slice());
      return true;
    },
    get: async (file) => files.get(file),
    list: async () => [...files.keys()],
    delete: async (names) => {
      for (const file of names) files.delete(file);
    },
  };
}

/** Objects are deleted in slices of this many. */
const DELETES_MAX = 1_000;

/** How often a request is asked again whose outcome is unknown. */
const ATTEMPTS = 5;

/**
 * A store in an object store, below a prefix that holds nothing else.
 *
 * @param prefix what all keys begin with, without a slash at its end.
 *
 * @example
 * ```ts
 * import type { ObjectClient } from "@tidemark/core";
 * import { objectSavepointStore, savepointIn, type SavepointLocation } from "@tidemark/core/savepoints";
 *
 * export const nightly = (client: ObjectClient, day: string): SavepointLocation =>
 *   savepointIn(objectSavepointStore(client, `savepoints/${day}`));
 * ```
 */
export function objectSavepointStore(client: ObjectClient, prefix: string): SavepointStore {
  const base = `${prefix.replace(/\/+$/, "")}/`;
  const list = async (): Promise<readonly string[]> => {
    const files: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await asking(() => client.list(base, after));
      if (page.length === 0) return files;
      for (const key of page) files.push(key.slice(base.length));
      after = page.at(-1);
    }
  };
  return {
    name: `savepoint "${prefix}"`,
    put: async (file, bytes, condition) =>
      (await asking(() => client.put(base + file, bytes, condition))) !== undefined,
    get: async (file) => (await asking(() => client.get(base + file)))?.bytes,
    list,
    delete: async (files) => {
      for (let start = 0; start < files.length; start += DELETES_MAX) {
        const keys = files.slice(start, start + DELETES_MAX).map((file) => base + file);
        await asking(() => client.delete(keys));
      }
    },
  };
}

/** Everything that is asked here may be done twice, so an unknown outcome is asked for again. */
async function asking<T>(request: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      if (!(error as { readonly retryable?: boolean }).retryable) throw error;
      if (attempt < ATTEMPTS) continue;
      throw new StateError(
        "STATE_IO",
        `Cannot reach the object store after ${ATTEMPTS} requests: ${messageOf(error)}`,
        {
          cause: error,
          retryable: true,
        },
      );
    }
  }
}
