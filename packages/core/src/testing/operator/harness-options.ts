import type { Env } from "../../env/env.ts";
import type { OperatorContext, OperatorSnapshot } from "../../operators/operator.ts";
import type { KeyGroupRange } from "../../state/key-groups.ts";

/** What a checkpoint keeps of an operator: its entries by key, and the rest. */
export interface Saved {
  /** Its entries, by their key in hexadecimal. */
  readonly entries: ReadonlyMap<string, { readonly key: Uint8Array; readonly value: Uint8Array }>;
  /** The rest. */
  readonly snapshot: OperatorSnapshot;
}

/** Entries by their key in hexadecimal. */
export type StoredEntries = Map<string, { readonly key: Uint8Array; readonly value: Uint8Array }>;

/** How a {@link OperatorHarness} runs an operator. */
export interface OperatorHarnessOptions {
  /** Whether every other batch that comes out finds an output full. */
  readonly full?: boolean;
  /** The key groups of its subtask. Default: all of them. */
  readonly range?: KeyGroupRange;
  /** How many there are. Default: 128. */
  readonly keyGroups?: number;
  /** How much work an operator may do before it has to say AGAIN. */
  readonly slice?: number;
  /** What `env.now` says. */
  readonly now?: () => number;
  /** All of it, for operators with business outside. Default: nothing but `now`. */
  readonly env?: Env;
  /** The side output for what the operator cannot handle. Default: it fails. */
  readonly deadLetters?: string;
  /** Whether a restore may change the order of what comes out at one time, as that of keys in a window. */
  readonly reorders?: boolean;
  /** Whether records may come out in any order between two watermarks, in every run. */
  readonly unordered?: boolean;
  /** Lets entries leave memory for the ones that are stored, by their keys. Default: all stay. */
  readonly paging?: (stored: StoredEntries) => NonNullable<OperatorContext["paging"]>;
}
