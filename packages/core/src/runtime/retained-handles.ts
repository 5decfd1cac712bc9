import type { RetainedCheckpoint } from "../checkpoint/head.ts";
import { decodeManifest, type Manifest } from "../checkpoint/manifest.ts";
import { CheckpointError } from "../errors.ts";
import type { ManifestStore, RetainedEpoch } from "../state/backend.ts";

/** What the stores need of checkpoints that are kept: read from each manifest once, or known since it was written. */
export class RetainedHandles {
  readonly #manifests: Pick<ManifestStore, "read">;
  readonly #known = new Map<string, readonly Uint8Array[]>();

  constructor(manifests: Pick<ManifestStore, "read">) {
    this.#manifests = manifests;
  }

  /** A manifest has been written. */
  remember(name: string, { stores }: Manifest): void {
    this.#known.set(
      name,
      stores.map((store) => store.handle),
    );
  }

  /**
   * Those of the checkpoints that are kept, which are all that is remembered from then on.
   *
   * @throws {CheckpointError} CHECKPOINT_MISSING: what nobody knows the needs of cannot be cleared up around.
   */
  async epochsOf(retained: readonly RetainedCheckpoint[]): Promise<readonly RetainedEpoch[]> {
    const epochs: RetainedEpoch[] = [];
    for (const checkpoint of retained) {
      const { checkpointId, manifest } = checkpoint;
      epochs.push({ epoch: checkpointId, manifest, handles: await this.#handlesOf(checkpoint) });
    }
    for (const name of this.#known.keys()) {
      if (!retained.some(({ manifest }) => manifest === name)) this.#known.delete(name);
    }
    return epochs;
  }

  async #handlesOf({ checkpointId, manifest: name }: RetainedCheckpoint): Promise<readonly Uint8Array[]> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const bytes = await this.#manifests.read(name);
    if (bytes === undefined) {
      throw new CheckpointError(
        "CHECKPOINT_MISSING",
        `Cannot clear up: checkpoint ${checkpointId} is retained, and its manifest "${name}" is gone, so nobody knows what it needs. Put it ` +
          "back from a copy, or retain fewer checkpoints; nothing was deleted",
        { details: { checkpointId, manifest: name } },
      );
    }
    const manifest = decodeManifest(name, bytes);
    this.remember(name, manifest);
    return manifest.stores.map((store) => store.handle);
  }
}
