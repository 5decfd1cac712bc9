/**
 * What the picture shows, as plain data. It is made from the engine's trace events and from nothing else; see `apply.ts`.
 *
 * @module
 */
import type { Beads } from "./deal.ts";
import type { Parity } from "./job.ts";
import type { LaneName, PlaceName, SourceName } from "./places.ts";

/** Something in a channel. */
export type Item =
  | { readonly kind: "bead"; readonly value: number }
  | { readonly kind: "barrier"; readonly checkpointId: number };

/** A channel; the first item is the next to be taken. */
export interface Lane {
  readonly items: readonly Item[];
  /** Whether its reader takes nothing from it, because its barrier has come and others have not. */
  readonly blocked: boolean;
  /** The last barrier that came out of it; 0: none yet. */
  readonly passed: number;
}

/** A source. */
export interface SourceModel {
  /** How many beads it has read. */
  readonly read: number;
  readonly ended: boolean;
}

/** Rows that were cut off by a barrier, and wait for its checkpoint. */
export interface SealedRows {
  readonly checkpointId: number;
  readonly rows: readonly number[];
}

/** A sink. */
export interface SinkModel {
  /** Rows since the last barrier. */
  readonly open: readonly number[];
  readonly sealed: readonly SealedRows[];
  readonly committed: readonly number[];
}

/** What subtasks froze for one checkpoint: what a rewind goes back to. */
export interface Snapshot {
  readonly checkpointId: number;
  readonly positions: Readonly<Partial<Record<SourceName, number>>>;
  readonly sums: Readonly<Partial<Record<Parity, number>>>;
}

/** The checkpoint under way. */
export interface Underway {
  readonly checkpointId: number;
  /** The subtasks through which its barrier has come. */
  readonly frozen: readonly PlaceName[];
  readonly acknowledged: readonly PlaceName[];
  readonly manifest: boolean;
  readonly head: boolean;
}

export type Phase = "starting" | "running" | "crashed";

/** Everything. */
export interface Model {
  readonly beads: Beads;
  readonly phase: Phase;
  readonly attempt: number;
  readonly sources: Readonly<Record<SourceName, SourceModel>>;
  readonly lanes: Readonly<Record<LaneName, Lane>>;
  readonly sums: Readonly<Record<Parity, number>>;
  readonly sinks: Readonly<Record<Parity, SinkModel>>;
  readonly underway: Underway | undefined;
  /** Of the checkpoint under way and of the last complete one. */
  readonly snapshots: readonly Snapshot[];
  readonly completed: readonly number[];
  readonly crashes: number;
  /** How far the sources had got at the last crash. */
  readonly readBefore: Readonly<Record<SourceName, number>>;
}

const EMPTY: Lane = { items: [], blocked: false, passed: 0 };

/** All channels, empty. */
export const EMPTY_LANES: Readonly<Record<LaneName, Lane>> = {
  "fast>even": EMPTY,
  "slow>even": EMPTY,
  "fast>odd": EMPTY,
  "slow>odd": EMPTY,
  "sum>even": EMPTY,
  "sum>odd": EMPTY,
};

const SINK: SinkModel = { open: [], sealed: [], committed: [] };
const SOURCE: SourceModel = { read: 0, ended: false };

/** Before anything has happened. */
export function newModel(beads: Beads): Model {
  return {
    beads,
    phase: "starting",
    attempt: 0,
    sources: { fast: SOURCE, slow: SOURCE },
    lanes: EMPTY_LANES,
    sums: { even: 0, odd: 0 },
    sinks: { even: SINK, odd: SINK },
    underway: undefined,
    snapshots: [],
    completed: [],
    crashes: 0,
    readBefore: { fast: 0, slow: 0 },
  };
}

/** The checkpoint that a crash would go back to. */
export function safeSnapshot(model: Model): Snapshot | undefined {
  return model.snapshots.find(({ checkpointId }) => checkpointId === model.completed.at(-1));
}

/** How many beads are in the channels. */
export function inFlight(model: Model): number {
  return Object.values(model.lanes).reduce((beads, lane) => beads + beadsIn(lane), 0);
}

export function beadsIn(lane: Lane): number {
  return lane.items.filter(({ kind }) => kind === "bead").length;
}

/** Whether the sources read again what an attempt before has read already. */
export function isReplaying({ sources, readBefore }: Model): boolean {
  return sources.fast.read < readBefore.fast || sources.slow.read < readBefore.slow;
}
