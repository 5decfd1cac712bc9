import type { StateEntry } from "../state/backend.ts";
import { decodeEntryKey, entryVersion, isTimerState } from "../state/entry-codec.ts";
import { compareText, type ImageOperator, type ImageState } from "./image.ts";

interface Count {
  readonly hasSubkeys: boolean;
  entries: number;
  bytes: number;
  readonly versions: Set<number>;
}

/** Counts entries by operator and state. */
export class StateTally {
  readonly #counts = new Map<string, Map<string, Count>>();
  #entries = 0;

  /** All that were counted. */
  get entries(): number {
    return this.#entries;
  }

  add({ key, value }: StateEntry): void {
    const { operatorId, state, subkey } = decodeEntryKey(key);
    let states = this.#counts.get(operatorId);
    if (states === undefined) this.#counts.set(operatorId, (states = new Map<string, Count>()));
    let count = states.get(state);
    if (count === undefined) {
      states.set(state, (count = { hasSubkeys: subkey !== undefined, entries: 0, bytes: 0, versions: new Set() }));
    }
    this.#entries++;
    count.entries++;
    count.bytes += key.length + value.length;
    count.versions.add(entryVersion(value));
  }

  /** The declared operators with what was counted for their states, and those that were found without being declared. */
  operators(declared: readonly ImageOperator[]): readonly ImageOperator[] {
    const known = declared.map((operator) => ({ ...operator, states: this.#states(operator) }));
    const found = [...this.#counts.keys()].filter((id) => !declared.some(({ operatorId }) => operatorId === id));
    const others = found.toSorted().map((operatorId): ImageOperator => {
      const bare: ImageOperator = { operatorId, parallelism: 0, watermarks: [], states: [] };
      return { ...bare, states: this.#states(bare) };
    });
    return [...known, ...others].toSorted((a, b) => compareText(a.operatorId, b.operatorId));
  }

  #states({ operatorId, states }: ImageOperator): readonly ImageState[] {
    const counts = this.#counts.get(operatorId) ?? new Map<string, Count>();
    const known = states.map(({ name, kind, version }) => stateOf(name, kind, version, counts.get(name)));
    const found = [...counts.keys()].filter((name) => !states.some((state) => state.name === name));
    const others = found.toSorted().map((name) => {
      const count = counts.get(name) as Count;
      return stateOf(name, guessKind(name, count), Math.max(...count.versions), count);
    });
    return [...known, ...others];
  }
}

function stateOf(name: string, kind: string, version: number, count: Count | undefined): ImageState {
  const versions = [...(count?.versions ?? [])].toSorted((a, b) => a - b);
  return { name, kind, version, entries: count?.entries ?? 0, bytes: count?.bytes ?? 0, versions };
}

/** Of a checkpoint that does not say: what its keys look like. */
function guessKind(name: string, { hasSubkeys }: Count): string {
  if (isTimerState(name)) return "timers";
  return hasSubkeys ? "map" : "value";
}
