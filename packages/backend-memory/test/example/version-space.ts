import { CheckpointError, type HeadVersion, type KeyRange, type StateEntry } from "@tidemark/core";

/** What a key was set to in an epoch. No value: it was deleted. */
interface Version {
  readonly epoch: number;
  readonly value: Uint8Array | undefined;
}

/** The medium: what is left when a process dies. Here it is an object, and keys are text of one character for each byte. */
export class VersionSpace {
  job: string | undefined;
  head: HeadVersion | undefined;
  readonly manifests = new Map<string, Uint8Array>();
  /** Counts openings: only the newest may change anything. */
  openings = 0;
  /** The versions of each key, the newest first. */
  readonly #rows = new Map<string, readonly Version[]>();
  readonly #sealed = new Set<number>();

  put(epoch: number, key: string, value: Uint8Array | undefined): void {
    const older = (this.#rows.get(key) ?? []).filter((version) => version.epoch < epoch);
    this.#rows.set(key, [{ epoch, value }, ...older]);
  }

  /** What a key was when `epoch` was sealed. */
  get(key: string, epoch: number = Infinity): Uint8Array | undefined {
    return this.#rows.get(key)?.find((version) => version.epoch <= epoch)?.value;
  }

  keysIn(range: KeyRange): readonly string[] {
    const [from, to] = [textOf(range.from), textOf(range.to)];
    return [...this.#rows.keys()].filter((key) => key >= from && key < to).toSorted();
  }

  /** The entries of some keys, in bounded slices, each read when it is asked for. */
  async *slices(keys: readonly string[], epoch?: number): AsyncGenerator<readonly StateEntry[], void, undefined> {
    for (let start = 0; start < keys.length; start += 1_000) {
      if (epoch !== undefined) this.assertHeld(epoch);
      yield keys.slice(start, start + 1_000).flatMap((key) => {
        const value = this.get(key, epoch);
        return value === undefined ? [] : [{ key: bytesOf(key), value }];
      });
    }
  }

  seal(epoch: number): void {
    this.#sealed.add(epoch);
  }

  assertHeld(epoch: number): void {
    if (this.#sealed.has(epoch)) return;
    throw new CheckpointError("CHECKPOINT_MISSING", `Cannot show epoch ${epoch}: it was not sealed here, or released`);
  }

  /** Whatever is newer than `epoch` goes; with 0, everything. */
  rollback(epoch: number): void {
    if (epoch > 0) this.assertHeld(epoch);
    for (const each of this.#sealed) if (each > epoch) this.#sealed.delete(each);
    this.forget(epoch, () => true);
  }

  /** What some keys were given above `epoch` goes. */
  forget(epoch: number, isMeant: (key: string) => boolean): void {
    for (const [key, found] of this.#rows) {
      const kept = found.filter((version) => version.epoch <= epoch);
      if (isMeant(key) && kept.length < found.length) this.#keep(key, kept);
    }
  }

  /** What only epochs below `oldest` show goes. */
  release(oldest: number): void {
    for (const epoch of this.#sealed) if (epoch < oldest) this.#sealed.delete(epoch);
    for (const [key, found] of this.#rows) {
      const shown = found.findIndex((version) => version.epoch <= oldest);
      // The oldest version that is shown says nothing if it is a deletion: then there is no older one either.
      const isDeletion = shown >= 0 && found[shown]?.value === undefined;
      if (shown >= 0) this.#keep(key, found.slice(0, isDeletion ? shown : shown + 1));
    }
  }

  #keep(key: string, kept: readonly Version[]): void {
    if (kept.length === 0) this.#rows.delete(key);
    else this.#rows.set(key, kept);
  }
}

export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
