import type { RetainedCheckpoint } from "../checkpoint/head.ts";
import { decodeManifest, type Manifest } from "../checkpoint/manifest.ts";
import { CheckpointError } from "../errors.ts";
import type { ManifestStore, RetainedEpoch } from "../state/backend.ts";

interface KnownCheckpoint {
  readonly checkpointId: number;
  readonly handles: readonly Uint8Array[];
}

/** What the stores need of checkpoints that are kept: read from each manifest once, or known since it was written. */
export class RetainedHandles {
  readonly #manifests: Pick<ManifestStore, "read">;
  readonly #known = new Map<string, KnownCheckpoint>();

  constructor(manifests: Pick<ManifestStore, "read">) {
    this.#manifests = manifests;
  }

  /** Of how many checkpoints they are known. */
  get size(): number {
    return this.#known.size;
  }

  /** A manifest has been written. */
  remember(name: string, { checkpointId, stores }: Manifest): KnownCheckpoint {
    const known = { checkpointId, handles: stores.map((store) => store.handle) };
    this.#known.set(name, known);
    return known;
  }

  /**
   * Those of the checkpoints that are kept by the clean-up after the newest of `retained`, and of what is pinned besides. A clean-up
   * may begin long after that checkpoint: newer ones are none of its business, pinned or not, since to keep one of them is to give
   * up those before it.
   *
   * @throws {CheckpointError} CHECKPOINT_MISSING: what nobody knows the needs of cannot be cleared up around.
   */
  async epochsOf(
    retained: readonly RetainedCheckpoint[],
    pinned: readonly RetainedCheckpoint[],
  ): Promise<readonly RetainedEpoch[]> {
    const newest = retained.at(-1)?.checkpointId ?? 0;
    const older = pinned.filter(({ checkpointId }) => checkpointId < newest);
    const kept = new Map([...older, ...retained].map((checkpoint) => [checkpoint.manifest, checkpoint]));
    for (const [name, { checkpointId }] of this.#known) {
      if (checkpointId < newest && !kept.has(name)) this.#known.delete(name);
    }
    const epochs: RetainedEpoch[] = [];
    for (const checkpoint of kept.values()) {
      const { checkpointId, manifest } = checkpoint;
      const { handles } = this.#known.get(manifest) ?? (await this.#read(checkpoint));
      epochs.push({ epoch: checkpointId, manifest, handles });
    }
    return epochs;
  }

  async #read({ checkpointId, manifest: name }: RetainedCheckpoint): Promise<KnownCheckpoint> {
    const bytes = await this.#manifests.read(name);
    if (bytes === undefined) {
      throw new CheckpointError(
        "CHECKPOINT_MISSING",
        `Cannot clear up: checkpoint ${checkpointId} is retained, and its manifest "${name}" is gone, so nobody knows what it needs. Put it ` +
          "back from a copy, or retain fewer checkpoints; nothing was deleted",
        { details: { checkpointId, manifest: name } },
      );
    }
    return this.remember(name, decodeManifest(name, bytes));
  }
}
