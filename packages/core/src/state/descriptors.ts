/**
 * The kinds of keyed state, declared once as an object: `state: { total: valueState(0), seen: mapState<string, number>() }`.
 * Each kind has a file of its own in `kinds/`.
 *
 * @module
 */

/** The kinds of keyed state. */
export type StateKind = "value" | "list" | "map" | "reducing" | "aggregating";

/**
 * One declared state of an operator, made by `valueState` or one of the others.
 *
 * @typeParam H the handle that user code gets for it.
 */
export interface StateDescriptor<H = unknown> {
  /** What kind of state it is. Stored with it: another kind is refused after a restore. */
  readonly kind: StateKind;
  /** The version of the values. */
  readonly version: number;
  /** Carries the type; never set. */
  readonly handle?: H;
}

/** The states of an operator, by name. */
export type StateDescriptors = Readonly<Record<string, StateDescriptor>>;

/** The handle that belongs to a descriptor. */
export type StateHandle<D> = D extends StateDescriptor<infer H> ? H : never;

/** The handles that belong to declared states. */
export type StateHandles<S extends StateDescriptors> = { readonly [Name in keyof S]: StateHandle<S[Name]> };
