import type { RetainedEpoch, StorageAudit } from "@tidemark/core";
import { type Medium, textOf } from "./medium.ts";

/** What the medium holds, held against what retained checkpoints need. Of all names the generation and the epoch come first. */
export function sortOut(
  medium: Medium,
  retained: readonly RetainedEpoch[],
  session: { readonly generation: number; readonly restoredEpoch: number },
): StorageAudit {
  const stored = [...medium.manifests.keys(), ...medium.states.keys()];
  const needed = retained.flatMap(({ manifest, handles }) => [manifest, ...handles.map(textOf)]);
  const isNeeded = (name: string): boolean =>
    needed.includes(name) || retained.some(({ manifest }) => name.startsWith(`${manifest}-`));
  const newest = Math.max(0, ...retained.map(({ epoch }) => epoch));
  const isPast = (name: string): boolean => {
    const [, generation = NaN, epoch = NaN] = /^(\d+)-(\d+)/.exec(name)?.map(Number) ?? [];
    return epoch <= newest || (generation < session.generation && epoch > session.restoredEpoch);
  };
  const spare = stored.filter((name) => !isNeeded(name));
  return {
    stored: stored.length,
    referenced: stored.length - spare.length,
    pending: spare.filter((name) => !isPast(name)),
    orphaned: spare.filter(isPast),
    missing: needed.filter((name) => !stored.includes(name)),
  };
}
