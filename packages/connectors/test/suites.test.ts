/** The conformance suites of core, over every connector. */
import assert from "node:assert/strict";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import type { AnySink, AnySource } from "@tidemark/core";
import { type SourceFixture, sinkSuite, sourceSuite } from "@tidemark/core/testing";

import { consoleSink } from "../src/console/mod.ts";
import { stagedDirectory } from "../src/file/directory-settings.ts";
import { csvSink, csvSource, linesSink, linesSource, ndjsonSink, ndjsonSource } from "../src/file/mod.ts";
import { generatorSource } from "../src/generator/mod.ts";
import { fromArray, fromAsyncIterable, fromIterable, fromStream, toArray } from "../src/iterable/mod.ts";
import { throttle } from "../src/throttle/mod.ts";
import { manualEnv } from "./manual-env.ts";
import { tempDirectory } from "./temp-directory.ts";

interface Item {
  readonly id: number;
  readonly text: string;
}

const items: readonly Item[] = Array.from({ length: 23 }, (_, id) => ({
  id,
  text: ["a", "über", "日本", "🌊"][id % 4]!.repeat(id),
}));
const ndjson = items.map((item) => `${JSON.stringify(item)}\n`).join("");

function fileFixture<T>(text: string, expected: readonly T[], open: (path: string) => AnySource<T>) {
  return async (): Promise<SourceFixture<T>> => {
    const directory = await tempDirectory();
    const path = join(directory.path, "input");
    await writeFile(path, text);
    return { source: open(path), expected, reopen: async () => open(path), dispose: directory.remove };
  };
}

function memoryFixture<T>(expected: readonly T[], open: () => AnySource<T>) {
  return async (): Promise<SourceFixture<T>> => {
    return { source: open(), expected, reopen: async () => open(), dispose: async () => undefined };
  };
}

async function* slowly<T>(values: readonly T[]): AsyncGenerator<T> {
  for (const value of values) {
    await Promise.resolve();
    yield value;
  }
}

for (const splits of [1, 4]) {
  for (const chunkBytes of [13, undefined]) {
    const options = { splits, ...(chunkBytes === undefined ? {} : { chunkBytes }) };
    sourceSuite({
      test,
      name: `ndjsonSource, ${splits} splits, chunks of ${chunkBytes ?? "default"} bytes`,
      replayable: true,
      create: fileFixture(ndjson, items, (path) => ndjsonSource<Item>(path, options)),
    });
  }
}

const words = ["one", "", "drei ü", "四", ...Array.from({ length: 12 }, (_, index) => `line ${index}`)];
sourceSuite({
  test,
  name: "linesSource",
  replayable: true,
  create: fileFixture(words.join("\r\n"), words, (path) => linesSource(path, { splits: 3, chunkBytes: 9 })),
});

const rows = items.map(({ id, text }) => ({ id: String(id), text: `${text}"\n,` }));
const csv = `id,text\n${rows.map(({ id, text }) => `${id},"${text.replaceAll('"', '""')}"\r\n`).join("")}`;
sourceSuite({
  test,
  name: "csvSource",
  replayable: true,
  create: fileFixture<object>(csv, rows, (path) => csvSource(path, { chunkBytes: 11 })),
});

sourceSuite({
  test,
  name: "ndjsonSource, following",
  replayable: true,
  create: fileFixture(ndjson, items, (path) => ndjsonSource<Item>(path, { follow: true })),
});

sourceSuite({ test, name: "fromArray", replayable: true, create: memoryFixture(items, () => fromArray(items)) });
sourceSuite({
  test,
  name: "fromIterable, async",
  replayable: true,
  create: memoryFixture(items, () => fromIterable((position) => slowly(items.slice(position)), { aheadMax: 4 })),
});
sourceSuite({
  test,
  name: "fromAsyncIterable",
  replayable: false,
  create: memoryFixture(items, () => fromAsyncIterable(slowly(items), { aheadMax: 2 })),
});
sourceSuite({
  test,
  name: "fromStream",
  replayable: false,
  create: memoryFixture(items, () => {
    return fromStream(
      new ReadableStream<Item>({
        start: (controller) => {
          for (const item of items) controller.enqueue(item);
          controller.close();
        },
      }),
    );
  }),
});

const numbers = Array.from({ length: 20 }, (_, index) => index);
for (const splits of [1, 3]) {
  const open = (): AnySource<number> =>
    generatorSource({ count: 20, splits, create: (index) => index, eventTime: (_, index) => index });
  sourceSuite({
    test,
    name: `generatorSource, ${splits} splits`,
    replayable: true,
    create: memoryFixture(numbers, open),
  });
}
sourceSuite({
  test,
  name: "generatorSource, without end and throttled",
  replayable: true,
  create: memoryFixture(numbers, () => generatorSource({ create: (index) => index, recordsPerSecond: 50 })),
});
sourceSuite({
  test,
  name: "throttle over splits of a file",
  replayable: true,
  create: fileFixture(ndjson, items, (path) =>
    throttle(ndjsonSource<Item>(path, { splits: 2 }), { recordsPerSecond: 2.5 }),
  ),
});

test("readers that may have several splits can pause them, and throttle leaves that as it is (SRC-06)", () => {
  const place = { env: manualEnv().env, sourceId: "source", subtask: 0, parallelism: 1 };
  const canPause = (source: AnySource<unknown>): boolean => source.createReader(place).pauseSplits !== undefined;
  const files = ndjsonSource("none", { splits: 3 });
  const generator = generatorSource({ splits: 3, create: (index) => index });
  for (const source of [files, generator, throttle(files, { recordsPerSecond: 1 })]) assert.ok(canPause(source));
  for (const source of [fromArray([1]), throttle(fromArray([1]), { recordsPerSecond: 1 })]) {
    assert.ok(!canPause(source), "it has one split, and waits as a whole");
  }
});

/** The rows of all visible files of a directory. */
async function visibleRows<T>(directory: string, parse: (line: string) => T, skip: number): Promise<readonly T[]> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => !name.startsWith(".")).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), "utf8")));
  return texts.flatMap((text) => text.split("\n").slice(skip, -1).map(parse));
}

function directorySuite<T>(
  name: string,
  row: (index: number) => T,
  open: (path: string) => AnySink<T>,
  parse: (line: string) => T,
  skip = 0,
): void {
  sinkSuite<T>({
    test,
    name,
    row,
    create: async () => {
      const directory = await tempDirectory();
      const path = join(directory.path, "out");
      return {
        sink: open(path),
        reopen: async () => open(path),
        rows: () => visibleRows(path, parse, skip),
        flushed: async () => (await visibleRows(stagedDirectory(path), parse, skip)).length,
        loseStaged: () => rm(stagedDirectory(path), { recursive: true }),
        dispose: directory.remove,
      };
    },
  });
}

const item = (id: number): Item => ({ id, text: "ü".repeat(id % 7) });
const parseItem = (line: string): Item => JSON.parse(line) as Item;
directorySuite("ndjsonSink", item, (path) => ndjsonSink<Item>(path), parseItem);
directorySuite(
  "ndjsonSink, rolling",
  item,
  (path) => ndjsonSink<Item>(path, { rollBytes: 40, bufferBytes: 100 }),
  parseItem,
);
directorySuite("ndjsonSink, one file", item, (path) => ndjsonSink<Item>(path, { singleFile: "all.ndjson" }), parseItem);
directorySuite(
  "linesSink",
  (index) => `line ${index}`,
  (path) => linesSink(path),
  (line) => line,
);
const parseCsv = (line: string): Item => ({ id: Number(line.split(",")[0]), text: line.split(",")[1]! });
const csvOptions = { columns: ["id", "text"] as const };
directorySuite("csvSink", item, (path) => csvSink<Item>(path, csvOptions), parseCsv, 1);
const oneCsv = { ...csvOptions, header: false, singleFile: "all.csv" };
directorySuite("csvSink, one file", item, (path) => csvSink<Item>(path, oneCsv), parseCsv);

sinkSuite({
  test,
  name: "toArray",
  row: item,
  create: async () => {
    const { sink, values } = toArray<Item>();
    return { sink, reopen: async () => sink, rows: async () => values, dispose: async () => undefined };
  },
});
sinkSuite({
  test,
  name: "consoleSink",
  row: item,
  create: async () => {
    const lines: string[] = [];
    const sink = consoleSink<Item>({ write: (line) => lines.push(line) });
    return { sink, reopen: async () => sink, rows: async () => lines.map(parseItem), dispose: async () => undefined };
  },
});
