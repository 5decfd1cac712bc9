import { type EntryAddress, isTimerState, isWindowState } from "../state/entry-codec.ts";
import type { Key } from "../state/key-codec.ts";
import { identityOf } from "../state/row.ts";

type Identity = ReturnType<typeof identityOf>;

/** So many keys of one operator in one key group are remembered, to tell which of its states share them. */
const KEYS_MAX = 1_000_000;

/**
 * Counts distinct keys of states and operators. Entries have to come in the order of snapshots: by key group, operator,
 * state and key. Timers and plain windows stand in the order of time, so of them only their operator's keys are counted.
 */
export class KeyTally {
  readonly #keysMax: number;
  readonly #byState = new Map<string, Map<string, number>>();
  readonly #byOperator = new Map<string, number>();
  /** The keys of one operator in one key group: no other group has any of them. */
  readonly #seen = new Set<Identity>();
  #isOverfull = false;
  #place: Pick<EntryAddress, "keyGroup" | "operatorId"> | undefined;
  #state: string | undefined;
  #lastKey: Identity | undefined;
  #inState = 0;
  #mostInState = 0;

  /** @param keysMax of a key group with more keys, so many or those of the operator's greatest state count. Default: a million. */
  constructor(keysMax: number = KEYS_MAX) {
    this.#keysMax = keysMax;
  }

  add({ keyGroup, operatorId, state, key }: Pick<EntryAddress, "keyGroup" | "operatorId" | "state" | "key">): void {
    if (this.#place?.keyGroup !== keyGroup || this.#place.operatorId !== operatorId) {
      this.#endGroup();
      this.#place = { keyGroup, operatorId };
    }
    if (isTimerState(state) || isWindowState(state)) {
      this.#remember(identityOf(key));
      return;
    }
    if (this.#state !== state) {
      this.#endState();
      this.#state = state;
    } else if (Object.is(this.#lastKey, identityOf(key))) {
      return;
    }
    this.#count(key);
  }

  /** How many keys one state has, of those that stand in the order of keys. */
  keysOfState(operatorId: string, state: string): number {
    this.#endGroup();
    return this.#byState.get(operatorId)?.get(state) ?? 0;
  }

  /** How many keys an operator has, in whichever of its states. */
  keysOfOperator(operatorId: string): number {
    this.#endGroup();
    return this.#byOperator.get(operatorId) ?? 0;
  }

  #count(key: Key): void {
    this.#lastKey = identityOf(key);
    this.#inState++;
    this.#remember(this.#lastKey);
  }

  #remember(identity: Identity): void {
    if (this.#isOverfull) return;
    this.#seen.add(identity);
    if (this.#seen.size <= this.#keysMax) return;
    this.#isOverfull = true;
    this.#seen.clear();
  }

  #endState(): void {
    if (this.#place === undefined || this.#state === undefined) return;
    const { operatorId } = this.#place;
    const states = this.#byState.get(operatorId) ?? new Map<string, number>();
    this.#byState.set(operatorId, states.set(this.#state, (states.get(this.#state) ?? 0) + this.#inState));
    this.#mostInState = Math.max(this.#mostInState, this.#inState);
    this.#state = undefined;
    this.#lastKey = undefined;
    this.#inState = 0;
  }

  #endGroup(): void {
    if (this.#place === undefined) return;
    this.#endState();
    const { operatorId } = this.#place;
    const found = this.#isOverfull ? Math.max(this.#mostInState, this.#keysMax) : this.#seen.size;
    this.#byOperator.set(operatorId, (this.#byOperator.get(operatorId) ?? 0) + found);
    this.#place = undefined;
    this.#seen.clear();
    this.#isOverfull = false;
    this.#mostInState = 0;
  }
}
