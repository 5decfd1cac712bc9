import type { PollResult, Source, SourceReader, SourceSplit } from "@tidemark/core";

/** A record: its id is its place on the shelf. */
export interface Item {
  readonly id: number;
  readonly name: string;
}

/** A service that gives what is on a shelf page by page, in the order of the ids. */
export interface Warehouse {
  shelves(): Promise<readonly string[]>;
  page(shelf: string, after: number, limit: number): Promise<readonly Item[]>;
}

/** A shelf, and how far it was read: everything up to this id. */
export interface ShelfSplit extends SourceSplit {
  readonly after: number;
}

/** Which shelves were handed out. */
type Known = readonly string[];

/** Reads every shelf of a warehouse to its end. */
export function shelfSource(warehouse: Warehouse): Source<Item, ShelfSplit, Known, true> {
  return {
    name: "warehouse",
    replayable: true,
    bounded: true,
    createEnumerator(context, restored) {
      let known: Known = restored ?? [];
      return {
        async start() {
          const found = (await warehouse.shelves()).filter((shelf) => !known.includes(shelf));
          found.forEach((id, index) => context.assign(index % context.parallelism, { id, after: 0 }));
          known = [...known, ...found];
        },
        handleSplitRequest: (subtask) => context.noMoreSplits(subtask),
        snapshot: () => known,
        close: async () => undefined,
      };
    },
    createReader: () => new ShelfReader(warehouse),
  };
}

const PAGE_RECORDS = 100;

class ShelfReader implements SourceReader<Item, ShelfSplit> {
  readonly #warehouse: Warehouse;
  /** The one that is read next comes first. */
  #splits: readonly ShelfSplit[] = [];
  /** What was read of the first one and not handed out. */
  #page: readonly Item[] | undefined;
  #reading: Promise<void> | undefined;

  constructor(warehouse: Warehouse) {
    this.#warehouse = warehouse;
  }

  addSplits(splits: readonly ShelfSplit[]): void {
    this.#splits = [...this.#splits, ...splits];
  }

  poll(limit: number): PollResult<Item> {
    const [split, ...others] = this.#splits;
    if (split === undefined) return "finished";
    if (this.#page === undefined) {
      this.#reading ??= this.#read(split);
      // Whoever waits is told; nobody may be waiting yet.
      this.#reading.catch(() => undefined);
      return "nothing";
    }
    const values = this.#page.slice(0, limit);
    const last = values.at(-1);
    if (last === undefined) {
      this.#page = undefined;
      this.#splits = others;
      return this.poll(limit);
    }
    const rest = this.#page.slice(limit);
    const reached = { ...split, after: last.id };
    if (rest.length > 0) this.#splits = [reached, ...others];
    else this.#splits = [...others, reached];
    this.#page = rest.length > 0 ? rest : undefined;
    return { splitId: split.id, values };
  }

  async available(): Promise<void> {
    await this.#reading;
  }

  snapshot(): readonly ShelfSplit[] {
    return this.#splits;
  }

  async close(): Promise<void> {
    // A connection would be closed here.
  }

  async #read({ id, after }: ShelfSplit): Promise<void> {
    this.#page = await this.#warehouse.page(id, after, PAGE_RECORDS);
    this.#reading = undefined;
  }
}
