/** The records that a checkpoint holds because barriers have overtaken them. */
import { decodeInFlight, decodeManifest, decodeValue } from "@tidemark/core/internal";
import type { BackendSession } from "@tidemark/core";

/** Records on their way into one input of a step. */
export interface InFlight {
  readonly to: string;
  readonly input: number;
  readonly values: readonly unknown[];
}

/** Reads what was on its way when a checkpoint was taken. @param manifest the name of its manifest. */
export async function readInFlight({ manifests }: BackendSession, manifest: string): Promise<readonly InFlight[]> {
  const bytes = await manifests.read(manifest);
  if (bytes === undefined) throw new Error(`the manifest "${manifest}" is gone`);
  const found: InFlight[] = [];
  for (const { name } of decodeManifest(manifest, bytes).inFlight?.objects ?? []) {
    const object = await manifests.read(name);
    if (object === undefined) throw new Error(`its records in flight "${name}" are gone`);
    for (const { channel, elements } of decodeInFlight(name, object)) {
      const values = elements.flatMap((element) =>
        element.kind === "batch" ? (decodeValue(element.bytes) as readonly [readonly unknown[]])[0] : [],
      );
      if (values.length > 0) found.push({ to: channel.to, input: channel.input, values });
    }
  }
  return found;
}
