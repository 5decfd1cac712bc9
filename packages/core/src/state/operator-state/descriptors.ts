/**
 * The kinds of operator state: what a subtask keeps besides keys. Each kind has a file of its own beside this one.
 *
 * @module
 */
import { Evolution, type EvolutionOptions } from "../evolution.ts";
import type { StateBudget } from "./budget.ts";
import type { ItemCodec } from "./item-codec.ts";
import type { StoredItem, StoredState } from "./stored.ts";
import type { UndoLog } from "./undo-log.ts";

/** The kinds of operator state. */
export type OperatorStateKind = "split-list" | "union-list" | "broadcast";

/**
 * One declared operator state, made by `splitListState` or one of the others.
 *
 * @typeParam H the handle that user code gets for it.
 */
export interface OperatorStateDescriptor<H = unknown> {
  /** What kind of state it is. Stored with it: another kind is refused after a restore. */
  readonly kind: OperatorStateKind;
  /** The version of the values. */
  readonly version: number;
  /** Carries the type; never set. */
  readonly handle?: H;
}

/** The operator states of an operator, by name. */
export type OperatorStateDescriptors = Readonly<Record<string, OperatorStateDescriptor>>;

/** The handles that belong to declared operator states. */
export type OperatorStateHandles<S extends OperatorStateDescriptors> = {
  readonly [Name in keyof S]: S[Name] extends OperatorStateDescriptor<infer H> ? H : never;
};

/** Where a subtask stands among those that deal stored parts out. */
export interface DealPlace {
  readonly subtask: number;
  readonly parallelism: number;
  /** How many subtasks there were. */
  readonly before: number;
  /** Whose turn it is for the first item of a list: the dealing goes on where that of the list before has ended. */
  readonly first: number;
}

/** What a state is bound to. */
export interface OperatorStatePlace {
  readonly values: ItemCodec;
  readonly budget: StateBudget;
  readonly log: UndoLog;
}

/** A state of one subtask. */
export interface BoundState<H = unknown> {
  readonly handle: H;
  /** What is given instead of the handle where a broadcast state must not be changed. */
  readonly reader: unknown;
  /** Takes its share of what all subtasks had kept. */
  restore(stored: StoredState, place: DealPlace): void;
  /** Freezes what it keeps, in constant time; the items can be asked for later, and as often as wanted. */
  freeze(): () => readonly StoredItem[];
}

/** A descriptor as the engine sees it. */
export interface DeclaredOperatorState<H = unknown> extends OperatorStateDescriptor<H> {
  readonly evolution: Evolution | undefined;
  bind(place: OperatorStatePlace): BoundState<H>;
}

/**
 * Makes a descriptor.
 *
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 */
export function declareOperatorState<H, K extends OperatorStateKind>(
  kind: K,
  options: EvolutionOptions<never>,
  bind: (place: OperatorStatePlace) => BoundState<H>,
): DeclaredOperatorState<H> & { readonly kind: K } {
  const { version = 0, migrate, schema } = options;
  const evolves = version !== 0 || migrate !== undefined || schema !== undefined;
  return { kind, version, evolution: evolves ? new Evolution(options) : undefined, bind };
}
