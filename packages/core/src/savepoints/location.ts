import type { SavepointLocation } from "./image.ts";
import { INDEX_FILE, isSavepointFile } from "./index-codec.ts";
import { renamed } from "./rename.ts";
import { readSavepoint } from "./reader.ts";
import { memorySavepointStore, objectSavepointStore, type SavepointStore } from "./store.ts";
import { contentOf, heldContent, writeSavepoint } from "./writer.ts";
import type { ObjectClient } from "../state/object-client.ts";

/**
 * A place for one savepoint, in any store.
 *
 * @example
 * ```ts
 * import { memorySavepointStore, savepointIn } from "@tidemark/core/savepoints";
 *
 * const location = savepointIn(memorySavepointStore("before the upgrade"));
 * ```
 */
export function savepointIn(store: SavepointStore): SavepointLocation {
  return {
    name: store.name,
    write: (image) => writeSavepoint(store, contentOf(image)),
    copy: (checkpoint) => writeSavepoint(store, heldContent(checkpoint)),
    open: async ({ rename = {} } = {}) => renamed(await readSavepoint(store), rename),
    delete: async () => {
      const files = (await store.list()).filter(isSavepointFile);
      // Without its index it is no savepoint any more, whatever happens next.
      if (files.includes(INDEX_FILE)) await store.delete([INDEX_FILE]);
      await store.delete(files.filter((file) => file !== INDEX_FILE));
    },
  };
}

/**
 * A place in memory. It lives as long as the object that is returned.
 *
 * @example
 * ```ts
 * import { memory } from "@tidemark/backend-memory";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline, run } from "@tidemark/core";
 * import { memorySavepoint } from "@tidemark/core/savepoints";
 *
 * const job = pipeline("words");
 * job
 *   .source("words", fromArray(["to", "be", "or", "not", "to", "be"]))
 *   .keyBy((word) => word)
 *   .reduce("latest", (_, word) => word)
 *   .sink("out", toArray<string>().sink);
 *
 *
 * const handle = run(job, { backend: memory() });
 * const { name } = await handle.savepoint(memorySavepoint("before the upgrade"), { after: "stop" });
 * await handle.finished;
 * console.log(name);
 * // prints savepoint in before the upgrade
 * ```
 */
export function memorySavepoint(name?: string): SavepointLocation {
  return savepointIn(memorySavepointStore(name));
}

/**
 * A place in an object store.
 *
 * @param prefix what the keys of the savepoint begin with; nothing else may live there.
 *
 * @example
 * ```ts
 * import type { JobHandle, ObjectClient } from "@tidemark/core";
 * import { objectSavepoint } from "@tidemark/core/savepoints";
 *
 * export const save = (handle: JobHandle, client: ObjectClient) =>
 *   handle.savepoint(objectSavepoint(client, "savepoints/before-the-upgrade"));
 * ```
 */
export function objectSavepoint(client: ObjectClient, prefix: string): SavepointLocation {
  return savepointIn(objectSavepointStore(client, prefix));
}
