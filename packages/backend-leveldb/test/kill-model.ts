import { compareBytes } from "@tidemark/core/internal";
import { keyOf } from "./one-job.ts";

/** Keys that the child writes in an epoch. */
const KEYS = 3_000;

/** What epoch `epoch` changes: a third of the keys is put, some are deleted. */
export function changesOf(epoch: number): { key: Uint8Array; value: Uint8Array | undefined }[] {
  const changes = [];
  for (let index = epoch % 3; index < KEYS; index += 3) {
    const value = index % 7 === epoch % 7 ? undefined : Uint8Array.of(epoch >>> 8, epoch, index);
    changes.push({ key: keyOf(index), value });
  }
  return changes;
}

/** All entries after epochs 1 to `epoch`, as lines. */
export function modelAfter(epoch: number): readonly string[] {
  const model = new Map<string, { key: Uint8Array; value: Uint8Array }>();
  for (let each = 1; each <= epoch; each++) {
    for (const { key, value } of changesOf(each)) {
      if (value === undefined) model.delete(key.join("."));
      else model.set(key.join("."), { key, value });
    }
  }
  return [...model.values()]
    .toSorted((a, b) => compareBytes(a.key, b.key))
    .map(({ key, value }) => `${key.join(".")}=${value.join(".")}`);
}
