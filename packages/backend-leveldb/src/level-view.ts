import type { KeyRange, StateEntry, StateView, ViewOptions } from "@tidemark/core";
import { isInKeyGroups, isInScope } from "@tidemark/core/internal";
import type { Bounds } from "./bounds.ts";
import { exportRows } from "./export.ts";
import { openHandle } from "./level-handle.ts";
import type { LevelRows } from "./level-rows.ts";
import type { InTurn } from "./rollback.ts";

/** What a {@link levelView} reads. */
export interface LevelViewOptions {
  readonly rows: LevelRows;
  readonly bounds: Bounds;
  readonly database: number;
  readonly inTurn: InTurn;
}

/** The rows as they were when an epoch was sealed. What changes meanwhile leaves its image, so nothing is copied. */
export async function levelView(
  { rows, bounds, database, inTurn }: LevelViewOptions,
  { epoch, parts }: ViewOptions,
): Promise<StateView> {
  const scopes = parts.map(({ keyGroups, handle }) => ({
    keyGroups,
    sealed: openHandle(handle, { database, epoch }, rows.name).scope,
  }));
  const isHeld = ({ key }: StateEntry): boolean =>
    scopes.some(({ keyGroups, sealed }) => isInKeyGroups(keyGroups, key) && isInScope(sealed, key));
  const whileHeld: InTurn = (slice) =>
    inTurn(async () => {
      bounds.assertHolds(epoch, "read");
      return slice();
    });
  await whileHeld(async () => undefined);
  return {
    async *scan(range: KeyRange) {
      for await (const slice of exportRows(rows, epoch, range, whileHeld)) {
        const entries = slice.filter(isHeld);
        if (entries.length > 0) yield entries;
      }
    },
    close: async () => undefined,
  };
}
