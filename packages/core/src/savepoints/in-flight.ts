import { decodeInFlight, type InFlightChannel, type InFlightElement } from "../checkpoint/in-flight.ts";
import type { Manifest } from "../checkpoint/manifest.ts";
import { CheckpointError } from "../errors.ts";
import type { ManifestStore } from "../state/backend.ts";
import { decodeValue } from "../state/value-codec.ts";

/** What was in a channel when a barrier overtook it, in order: batches of records, and watermarks between them. */
export interface SnapshotInFlight<T = unknown> extends InFlightChannel {
  /** A batch has a timestamp for each of its values, in milliseconds; so has a watermark its time. */
  readonly elements: readonly (
    | { readonly kind: "batch"; readonly values: readonly T[]; readonly timestamps: readonly number[] }
    | { readonly kind: "watermark"; readonly time: number }
  )[];
}

/** Reads what barriers overtook, one stored object at a time. */
export async function* readInFlight(
  manifests: ManifestStore,
  { inFlight, checkpointId }: Manifest,
): AsyncGenerator<readonly SnapshotInFlight[], void, undefined> {
  for (const { name } of inFlight?.objects ?? []) {
    const bytes = await manifests.read(name);
    if (bytes === undefined) {
      throw new CheckpointError(
        "CHECKPOINT_MISSING",
        `Cannot read checkpoint ${checkpointId}: its records in flight "${name}" are gone. Restore the state directory or bucket from a copy`,
        { details: { name } },
      );
    }
    yield decodeInFlight(name, bytes).map(({ channel, elements }) => ({ ...channel, elements: elements.map(decoded) }));
  }
}

function decoded(element: InFlightElement): SnapshotInFlight["elements"][number] {
  if (element.kind === "watermark") return element;
  const [values, timestamps] = decodeValue(element.bytes) as [readonly unknown[], readonly number[]];
  return { kind: "batch", values, timestamps };
}
