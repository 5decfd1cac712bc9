import type { BlockList } from "./table.ts";

const LIST_BYTES_MAX: number = 16 * 1024 * 1024;

/** The lists of blocks that were asked for last, in bounded memory. */
export class ListCache<K> {
  readonly #lists = new Map<K, BlockList>();
  #sizeBytes = 0;

  get(key: K): BlockList | undefined {
    const list = this.#lists.get(key);
    if (list === undefined) return undefined;
    // The order of a Map is that of its insertions: what is used goes to the end.
    this.#lists.delete(key);
    this.#lists.set(key, list);
    return list;
  }

  add(key: K, list: BlockList): BlockList {
    this.#lists.set(key, list);
    this.#sizeBytes += list.sizeBytes;
    for (const oldest of this.#lists.keys()) {
      if (this.#sizeBytes <= LIST_BYTES_MAX || oldest === key) break;
      this.delete(oldest);
    }
    return list;
  }

  delete(key: K): void {
    this.#sizeBytes -= this.#lists.get(key)?.sizeBytes ?? 0;
    this.#lists.delete(key);
  }
}
