/**
 * The contract of the object store that checkpoints will be written to. The backend itself is not built yet: this package
 * exports types alone.
 *
 * @example
 * ```ts
 * import type { ObjectClient } from "@tidemark/backend-s3";
 *
 * const read = async (client: ObjectClient): Promise<number> => (await client.get("head"))?.bytes.length ?? 0;
 * ```
 *
 * @module
 */
export type { ObjectClient, PutCondition, StoredObject } from "@tidemark/core";
