/** What a process can be seen to do with the checkpoints of a job. Coordinators in a model do it, and so does the engine. */
export type Observed =
  /** It owns the job under a generation, and goes on from a checkpoint; 0: from the beginning. */
  | { readonly kind: "started"; readonly generation: number; readonly restoredFrom: number }
  | { readonly kind: "drawn"; readonly generation: number; readonly id: number }
  | { readonly kind: "described"; readonly generation: number; readonly id: number }
  /** It learned that the head lists the checkpoint. */
  | { readonly kind: "listed"; readonly generation: number; readonly id: number }
  | { readonly kind: "committed"; readonly generation: number; readonly id: number };

/** A life of the job under one generation, as far as it was seen. */
interface Life {
  readonly generation: number;
  readonly restoredFrom: number;
  readonly listed: readonly number[];
}

/** Everything that was seen so far. Plain data, so that it can be part of a model's state. */
export interface Lineage {
  /** Every life there has been, in the order of their beginnings. */
  readonly lives: readonly Life[];
  /** Ids that were drawn, with who did. */
  readonly drawn: readonly (readonly [id: number, generation: number])[];
  /** Ids that have a manifest. */
  readonly described: readonly number[];
}

/** Before the first start of a job. */
export const NOTHING_SEEN: Lineage = { lives: [], drawn: [], described: [] };

/**
 * The specification of who may do what, as one history that all processes of a job share: generations and ids are never
 * used twice and ids grow with generations, each life begins at the newest checkpoint that a life before it completed, nobody completes anything once a
 * later life has begun without it, and only complete checkpoints are committed.
 *
 * @returns what is known now, or the rule that was broken.
 *
 * @example
 * ```ts
 * import { NOTHING_SEEN, observe } from "@tidemark/core/testing";
 *
 * const begun = observe(NOTHING_SEEN, { kind: "started", generation: 1, restoredFrom: 0 });
 * const again = typeof begun === "string" ? begun : observe(begun, { kind: "started", generation: 1, restoredFrom: 0 });
 * console.log(typeof again);
 * // prints string
 * ```
 */
export function observe(lineage: Lineage, seen: Observed): Lineage | string {
  if (seen.kind === "started") return started(lineage, seen.generation, seen.restoredFrom);
  const life = lineage.lives.find(({ generation }) => generation === seen.generation);
  if (life === undefined) return `generation ${seen.generation} did something before it started`;
  switch (seen.kind) {
    case "drawn":
      return drawn(lineage, life, seen.id);
    case "described":
      return described(lineage, life, seen.id);
    case "listed":
      return listed(lineage, life, seen.id);
    case "committed":
      if (seen.id === life.restoredFrom || life.listed.includes(seen.id)) return lineage;
      return `generation ${life.generation} committed ${seen.id}, which it neither restored nor completed`;
  }
}

function started(lineage: Lineage, generation: number, restoredFrom: number): Lineage | string {
  const { lives } = lineage;
  if (lives.some((life) => life.generation === generation)) return `generation ${generation} has two owners`;
  if (restoredFrom !== 0 && !lineage.described.includes(restoredFrom)) {
    return `generation ${generation} began at ${restoredFrom}, which nobody described`;
  }
  for (const life of lives) {
    const newest = life.listed.at(-1) ?? life.restoredFrom;
    if (life.generation < generation && newest > restoredFrom) {
      return `generation ${generation} began at ${restoredFrom}, and ${life.generation} had completed ${newest}`;
    }
    if (life.generation > generation && life.restoredFrom < restoredFrom) {
      return `generation ${generation} began at ${restoredFrom}, and ${life.generation} after it at ${life.restoredFrom}`;
    }
  }
  return { ...lineage, lives: sorted([...lives, { generation, restoredFrom, listed: [] }]) };
}

function drawn(lineage: Lineage, { generation, restoredFrom }: Life, id: number): Lineage | string {
  if (id <= restoredFrom) return `generation ${generation} drew ${id}, and began at ${restoredFrom}`;
  for (const [taken, by] of lineage.drawn) {
    if (taken === id) return `generations ${by} and ${generation} both drew ${id}`;
    const isInOrder = by <= generation ? taken < id : taken > id;
    if (!isInOrder) {
      return `generation ${generation} drew ${id}, and ${by} drew ${taken}: ids grow with generations`;
    }
  }
  const all = [...lineage.drawn, [id, generation] as const];
  return { ...lineage, drawn: all.sort(([left], [right]) => left - right) };
}

function described(lineage: Lineage, { generation }: Life, id: number): Lineage | string {
  if (!lineage.drawn.some(([taken, by]) => taken === id && by === generation)) {
    return `generation ${generation} described ${id}, which it did not draw`;
  }
  return { ...lineage, described: [...lineage.described, id].sort((left, right) => left - right) };
}

function listed(lineage: Lineage, life: Life, id: number): Lineage | string {
  const { generation, listed: before } = life;
  if (!lineage.described.includes(id)) return `generation ${generation} completed ${id} without a manifest`;
  if (id <= (before.at(-1) ?? 0)) return `generation ${generation} completed ${id} after ${before.at(-1)}`;
  const passed = lineage.lives.find((other) => other.generation > generation && other.restoredFrom < id);
  if (passed !== undefined) {
    return `generation ${generation} completed ${id}, and ${passed.generation} had begun at ${passed.restoredFrom}`;
  }
  const others = lineage.lives.filter((other) => other !== life);
  return { ...lineage, lives: sorted([...others, { ...life, listed: [...before, id] }]) };
}

function sorted(lives: readonly Life[]): readonly Life[] {
  return [...lives].sort((left, right) => left.generation - right.generation);
}
