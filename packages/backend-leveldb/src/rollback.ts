import { isInScope, type StoreScope } from "@tidemark/core/internal";
import { epochsAbove } from "./imaged-epochs.ts";
import type { LevelRows, RowChange } from "./level-rows.ts";
import { dataKey, groupKey, RowKind, UNDO_PREFIX_BYTES, undoKey } from "./row-keys.ts";
import { decodeImage } from "./row-values.ts";

/** Runs one slice when it is its turn. */
export type InTurn = <T>(slice: () => Promise<T>) => Promise<T>;

const NO_KEY = new Uint8Array(0);

/**
 * Puts back the images of all epochs above `epoch`, the newest epoch first, so that the oldest image of a key is what
 * remains. An image goes in the batch that puts it back: interrupted anywhere, the rest is still there to be applied.
 *
 * @param scope of these keys alone. Default: of all.
 */
export async function undoAbove(rows: LevelRows, epoch: number, inTurn: InTurn, scope?: StoreScope): Promise<void> {
  for (const newest of (await epochsAbove(rows, epoch)).toReversed()) await undo(rows, newest, inTurn, scope);
}

/** Within an epoch each key has one image, and their order is of no matter. */
async function undo(rows: LevelRows, epoch: number, inTurn: InTurn, scope: StoreScope | undefined): Promise<void> {
  const to = scope === undefined ? undoKey(epoch + 1, NO_KEY) : undoKey(epoch, groupKey(scope.keyGroups.last + 1));
  let from: Uint8Array = undoKey(epoch, scope === undefined ? NO_KEY : groupKey(scope.keyGroups.first));
  for (let after = false, isEnd = false; !isEnd; after = true) {
    isEnd = await inTurn(async () => {
      // Forwards, and on from the last one: LevelDB passes one by one over what was deleted.
      const page = await rows.page({ from, after, to });
      from = page.rows.at(-1)?.key ?? from;
      const changes = page.rows.flatMap(({ key, payload }): RowChange[] => {
        const own = key.subarray(UNDO_PREFIX_BYTES);
        if (scope !== undefined && !isInScope(scope, own)) return [];
        return [
          { key: dataKey(own), payload: decodeImage(payload) },
          { key, payload: undefined },
        ];
      });
      await rows.commit(changes);
      return page.isEnd;
    });
  }
}

/** Deletes all data and all images. */
export async function emptyRows(rows: LevelRows, inTurn: InTurn): Promise<void> {
  for (const kind of [RowKind.data, RowKind.undo]) {
    await deleteRows(rows, Uint8Array.of(kind), Uint8Array.of(kind + 1), inTurn);
  }
}

/** Epochs: those above `above`, up to and with `upTo`. */
export interface EpochSpan {
  readonly above: number;
  readonly upTo: number;
}

/** Deletes the images of some epochs. */
export async function dropImages(rows: LevelRows, { above, upTo }: EpochSpan, inTurn: InTurn): Promise<void> {
  // What is known to be gone is not looked at: LevelDB would have to pass over all that it deleted there.
  if (above < upTo) await deleteRows(rows, undoKey(above + 1, NO_KEY), undoKey(upTo + 1, NO_KEY), inTurn);
}

async function deleteRows(rows: LevelRows, from: Uint8Array, to: Uint8Array, inTurn: InTurn): Promise<void> {
  for (let left: Uint8Array | undefined = from; left !== undefined;) {
    const begin: Uint8Array = left;
    left = await inTurn(() => rows.deleteFirst(begin, to));
  }
}
