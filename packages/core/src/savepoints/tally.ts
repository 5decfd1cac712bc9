import type { StateEntry } from "../state/backend.ts";
import { decodeEntryKey, entryVersion, isTimerState, isWindowState } from "../state/entry-codec.ts";
import { compareText, type ImageOperator, type ImageState } from "./image.ts";
import { KeyTally } from "./key-tally.ts";

interface Count {
  readonly hasSubkeys: boolean;
  entries: number;
  bytes: number;
  readonly versions: Set<number>;
}

/** Counts entries, bytes and keys by operator and state. Entries have to come in their order. */
export class StateTally {
  readonly #counts = new Map<string, Map<string, Count>>();
  readonly #keys = new KeyTally();
  #entries = 0;

  /** All that were counted. */
  get entries(): number {
    return this.#entries;
  }

  add({ key, value }: StateEntry): void {
    const address = decodeEntryKey(key);
    const { operatorId, state, subkey } = address;
    let states = this.#counts.get(operatorId);
    if (states === undefined) this.#counts.set(operatorId, (states = new Map<string, Count>()));
    let count = states.get(state);
    if (count === undefined) {
      states.set(state, (count = { hasSubkeys: subkey !== undefined, entries: 0, bytes: 0, versions: new Set() }));
    }
    this.#keys.add(address);
    this.#entries++;
    count.entries++;
    count.bytes += key.length + value.length;
    count.versions.add(entryVersion(value));
  }

  /** The declared operators with what was counted for their states, and those that were found without being declared. */
  operators(declared: readonly ImageOperator[]): readonly ImageOperator[] {
    const known = declared.map((operator) => this.#counted(operator));
    const found = [...this.#counts.keys()].filter((id) => !declared.some(({ operatorId }) => operatorId === id));
    const others = found
      .toSorted()
      .map((operatorId) => this.#counted({ operatorId, parallelism: 0, watermarks: [], states: [] }));
    return [...known, ...others].toSorted((a, b) => compareText(a.operatorId, b.operatorId));
  }

  #counted({ operatorId, parallelism, watermarks, states }: ImageOperator): ImageOperator {
    const keys = this.#keys.keysOfOperator(operatorId);
    return { operatorId, parallelism, watermarks, keys, states: this.#states(operatorId, states) };
  }

  #states(operatorId: string, states: readonly ImageState[]): readonly ImageState[] {
    const counts = this.#counts.get(operatorId) ?? new Map<string, Count>();
    const stateOf = (name: string, kind: string, version: number, count: Count | undefined): ImageState => {
      const isByTime = isTimerState(name) || isWindowState(name);
      const keys = isByTime ? {} : { keys: this.#keys.keysOfState(operatorId, name) };
      const versions = [...(count?.versions ?? [])].toSorted((a, b) => a - b);
      return { name, kind, version, ...keys, entries: count?.entries ?? 0, bytes: count?.bytes ?? 0, versions };
    };
    const known = states.map(({ name, kind, version }) => stateOf(name, kind, version, counts.get(name)));
    const found = [...counts.keys()].filter((name) => !states.some((state) => state.name === name));
    const others = found.toSorted().map((name) => {
      const count = counts.get(name) as Count;
      return stateOf(name, guessKind(name, count), Math.max(...count.versions), count);
    });
    return [...known, ...others];
  }
}

/** Of a checkpoint that does not say: what its keys look like. */
function guessKind(name: string, { hasSubkeys }: Count): string {
  if (isTimerState(name)) return "timers";
  return hasSubkeys ? "map" : "value";
}
