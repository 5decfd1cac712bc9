import { test } from "node:test";
import { sinkSuite, sourceSuite } from "@tidemark/core/testing";
import { shelfSource, type Warehouse } from "./example/shelf-source.ts";
import { type Database, tableSink } from "./example/table-sink.ts";

const items = Array.from({ length: 57 }, (_, index) => ({ id: index + 1, name: `item ${index}` }));
const shelfOf = (id: number): string => (id % 3 === 0 ? "upper" : "lower");
const warehouse: Warehouse = {
  shelves: async () => ["upper", "lower"],
  page: async (shelf, after, limit) =>
    items.filter(({ id }) => shelfOf(id) === shelf && id > after).slice(0, Math.min(limit, 10)),
};

sourceSuite({
  test: (name, run) => test(`the example: ${name}`, run),
  name: "shelves",
  replayable: true,
  create: async () => ({
    source: shelfSource(warehouse),
    expected: items,
    reopen: async () => shelfSource(warehouse),
    dispose: async () => undefined,
  }),
});

class MemoryDatabase implements Database {
  readonly table: unknown[] = [];
  readonly #aside = new Map<string, readonly unknown[]>();
  readonly #published = new Set<string>();

  async stage(name: string, rows: readonly unknown[]): Promise<void> {
    this.#aside.set(name, rows);
  }

  async publish(name: string): Promise<"published" | "published before" | "unknown"> {
    if (this.#published.has(name)) return "published before";
    const rows = this.#aside.get(name);
    if (rows === undefined) return "unknown";
    this.table.push(...rows);
    this.#aside.delete(name);
    this.#published.add(name);
    return "published";
  }

  async staged(): Promise<readonly string[]> {
    return [...this.#aside.keys()];
  }

  async discard(name: string): Promise<void> {
    this.#aside.delete(name);
  }
}

sinkSuite<number>({
  test: (name, run) => test(`the example: ${name}`, run),
  name: "table",
  row: (index) => index,
  create: async () => {
    const database = new MemoryDatabase();
    return {
      sink: tableSink(database),
      reopen: async () => tableSink(database),
      rows: async () => database.table as readonly number[],
      dispose: async () => undefined,
    };
  },
});
