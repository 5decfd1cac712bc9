import { type ManifestStore, StateError } from "@tidemark/core";
import { equalBytes } from "@tidemark/core/internal";
import type { LevelRows } from "./level-rows.ts";
import type { InTurn } from "./rollback.ts";
import { manifestKey, manifestOf, RowKind } from "./row-keys.ts";

/** Manifests, one row each, synced. */
export class ManifestRows implements ManifestStore {
  readonly #rows: LevelRows;
  readonly #inTurn: InTurn;

  constructor(rows: LevelRows, inTurn: InTurn) {
    this.#rows = rows;
    this.#inTurn = inTurn;
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    const key = manifestKey(name);
    await this.#inTurn(async () => {
      const found = await this.#rows.get(key);
      if (found === undefined) return this.#rows.commitDurably([{ key, payload: bytes }]);
      if (equalBytes(found, bytes)) return undefined;
      throw new StateError("STATE_IO", `Cannot write manifest "${name}": there is another one of that name`);
    });
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    return this.#inTurn(() => this.#rows.get(manifestKey(name)));
  }

  async list(): Promise<readonly string[]> {
    const names: string[] = [];
    let from: Uint8Array = Uint8Array.of(RowKind.manifest);
    for (let isEnd = false; !isEnd;) {
      const page = await this.#inTurn(() =>
        this.#rows.keys({ from, after: names.length > 0, to: Uint8Array.of(RowKind.manifest + 1) }),
      );
      names.push(...page.keys.map(manifestOf));
      from = page.keys.at(-1) ?? from;
      isEnd = page.isEnd;
    }
    return names;
  }

  /** Deletes manifests. */
  async delete(names: readonly string[]): Promise<void> {
    const slice = 1_000;
    for (let start = 0; start < names.length; start += slice) {
      const changes = names.slice(start, start + slice).map((name) => ({ key: manifestKey(name), payload: undefined }));
      await this.#inTurn(() => this.#rows.commit(changes));
    }
  }
}
