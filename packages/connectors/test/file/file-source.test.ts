import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFile, mkdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import fc from "fast-check";

import {
  type FileSplit,
  type FileSystem,
  linesSource,
  ndjsonSource,
  type NdjsonSourceOptions,
  nodeFileSystem,
} from "../../src/file/mod.ts";
import { manualEnv } from "../manual-env.ts";
import { checkAsync } from "../property.ts";
import { readAll, readerOf, readFrom, splitsOf } from "../reading.ts";
import { withDirectory } from "../temp-directory.ts";

async function withFile(text: string | Uint8Array, run: (path: string) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const path = join(directory, "input.ndjson");
    await writeFile(path, text);
    await run(path);
  });
}

/** A file system over one text in memory. */
function memoryFile(text: string): FileSystem {
  const bytes = new TextEncoder().encode(text);
  return {
    ...nodeFileSystem,
    openRead: async () => ({
      read: async (target, position) => {
        // As little at a time as a system may give.
        const found = bytes.subarray(position, position + Math.min(target.length, 3));
        target.set(found);
        return found.length;
      },
      write: () => Promise.reject(new Error("read only")),
      sync: async () => undefined,
      sizeBytes: async () => bytes.length,
      close: async () => undefined,
    }),
  };
}

test("linesSource: ranges 1 to 5 give each record once, in the range in which it starts", async () => {
  const line = fc.array(fc.constantFrom("a", "é", "🌊", "\r"), { maxLength: 6 }).map((units) => units.join(""));
  await checkAsync(
    fc.asyncProperty(
      fc.array(line, { maxLength: 14 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 20 }),
      async (lines, endsWithNewline, splits, chunkBytes) => {
        const text = lines.join("\n") + (endsWithNewline && lines.length > 0 ? "\n" : "");
        const source = linesSource("text", { splits, chunkBytes, fileSystem: memoryFile(text) });
        const expected = text.split("\n").map((found) => found.replace(/\r$/, ""));
        if (text === "" || text.endsWith("\n")) expected.pop();
        const found: string[] = [];
        // The ranges follow each other in the file, and so do their records.
        for (const split of await splitsOf(source)) found.push(...(await readFrom(readerOf(source, [split]))).values);
        assert.deepEqual(found, expected);
      },
    ),
    1_000,
  );
});

test("linesSource: a snapshot holds the byte after the last record polled, whatever was read ahead", async () => {
  await withFile("über\nb\nc\n", async (path) => {
    const source = linesSource(path);
    const reader = readerOf(source, await splitsOf(source));
    const positions: number[] = [];
    for (let count = 0; count < 2; count++) {
      await readFrom(reader, 1);
      positions.push((reader.snapshot()[0] as FileSplit).position);
    }
    await reader.close();
    assert.deepEqual(positions, [6, 8]);
  });
});

test("ndjsonSource rejects what is no JSON with its byte, and reads on", async () => {
  await withFile(`{"a":1}\r\n\n  \n{"a":\n${"x".repeat(300)}\n{"a":2}\n`, async (path) => {
    const { values, rejected } = await readAll(ndjsonSource(path));
    assert.deepEqual(values, [{ a: 1 }, { a: 2 }]);
    assert.deepEqual(
      rejected.map(({ position, raw }) => [position, raw]),
      [
        [`${path}, byte 13`, '{"a":'],
        [`${path}, byte 19`, "x".repeat(200)],
      ],
    );
    assert.match(rejected[0]!.reason, /JSON|Unexpected/i);
  });
});

test("ndjsonSource rejects invalid UTF-8, a record that is too long and a torn last line", async () => {
  const bytes = Uint8Array.from([
    0x22,
    0xff,
    0x22,
    0x0a,
    ...new TextEncoder().encode('"longer than ten"\n"good"\n{"torn'),
  ]);
  await withFile(bytes, async (path) => {
    const { values, rejected } = await readAll(ndjsonSource(path, { recordBytesMax: 10 }));
    assert.deepEqual(values, ["good"]);
    const [invalid, long, torn] = rejected.map(({ reason }) => reason);
    assert.equal(invalid, "it is not valid UTF-8");
    assert.equal(long, "it is longer than 10 bytes");
    assert.match(torn!, /^torn last line: /);
  });
});

test("ndjsonSource takes a last line without newline that is whole", async () => {
  await withFile('{"a":1}\n{"a":2}', async (path) => {
    const { values, rejected } = await readAll(ndjsonSource(path));
    assert.deepEqual([values, rejected], [[{ a: 1 }, { a: 2 }], []]);
  });
});

test("ndjsonSource rejects what validate refuses, and gives what it returns", async () => {
  const byFunction: NdjsonSourceOptions<number> = {
    validate: (value) => {
      if (typeof value !== "number") throw new Error("expected a number");
      return value * 2;
    },
  };
  const bySchema: NdjsonSourceOptions<number> = {
    validate: {
      "~standard": {
        version: 1,
        validate: (value) => {
          return typeof value === "number"
            ? { value: value * 2 }
            : { issues: [{ message: "expected a number", path: ["n"] }] };
        },
      },
    },
  };
  await withFile('1\n"2"\n3\n', async (path) => {
    for (const [options, reason] of [
      [byFunction, "expected a number"],
      [bySchema, "expected a number at n"],
    ] as const) {
      const { values, rejected } = await readAll(ndjsonSource<number>(path, options));
      assert.deepEqual(values, [2, 6]);
      assert.deepEqual(
        rejected.map((record) => record.reason),
        [reason],
      );
    }
  });
});

test("ndjsonSource: a file that vanished, shrank or changed is refused, naming what was expected", async () => {
  const text = Array.from({ length: 50 }, (_, id) => `{"id":${id}}\n`).join("");
  const damages: readonly (readonly [string, RegExp, (path: string) => Promise<void>])[] = [
    ["SOURCE_MISSING", /expected a file there, found nothing/, (path) => rm(path)],
    ["SOURCE_CHANGED", /expected at least \d+ bytes, found 20 bytes/, (path) => truncate(path, 20)],
    ["SOURCE_CHANGED", /at its beginning to be as they were/, (path) => writeFile(path, text.replace("0", "9"))],
    [
      "SOURCE_CHANGED",
      /before byte 240 to be as they were/,
      async (path) => {
        // Beyond the head that the fingerprint took when the file was short.
        await writeFile(path, `${text.slice(0, 220)}#${text.slice(221)}`);
      },
    ],
  ];
  for (const [code, message, damage] of damages) {
    await withFile(text.slice(0, 100), async (path) => {
      const source = ndjsonSource(path);
      const splits = await splitsOf(source);
      await writeFile(path, text);
      const reader = readerOf(source, splits);
      await readFrom(reader, 25);
      const snapshot = reader.snapshot();
      await reader.close();
      await damage(path);
      const again = readerOf(source, snapshot);
      await assert.rejects(readFrom(again), (error: Error & { code?: string }) => {
        assert.equal(error.code, code);
        assert.match(error.message, message);
        return true;
      });
      await again.close();
    });
  }
});

test("ndjsonSource: a file that shrinks while it is read is refused, not taken for its end", async () => {
  const text = '{"id":1}\n'.repeat(100);
  const cut: FileSystem = {
    ...nodeFileSystem,
    openRead: async (path) => {
      const file = await nodeFileSystem.openRead(path);
      return {
        read: (target, position) =>
          file.read(target.subarray(0, Math.max(0, Math.min(target.length, 500 - position))), position),
        write: (bytes, position) => file.write(bytes, position),
        sync: () => file.sync(),
        sizeBytes: () => file.sizeBytes(),
        close: () => file.close(),
      };
    },
  };
  await withFile(text, async (path) => {
    const reader = readerOf(ndjsonSource(path, { fileSystem: cut }), await splitsOf(ndjsonSource(path)));
    await assert.rejects(readFrom(reader), { code: "SOURCE_CHANGED" });
    await reader.close();
  });
});

test("ndjsonSource: a file that is not there, or a directory, is a typed error at the start", async () => {
  await withDirectory(async (directory) => {
    await assert.rejects(splitsOf(ndjsonSource(join(directory, "none"))), { code: "SOURCE_MISSING" });
    await mkdir(join(directory, "sub"));
    await assert.rejects(splitsOf(ndjsonSource(join(directory, "sub"))), { code: "SOURCE_IO" });
  });
});

test("ndjsonSource compares the hash that was given at every start", async () => {
  await withFile("1\n2\n", async (path) => {
    const hash = createHash("sha256").update("1\n2\n").digest("hex");
    assert.deepEqual((await readAll(ndjsonSource(path, { hash: hash.toUpperCase() }))).values, [1, 2]);
    await writeFile(path, "1\n3\n");
    await assert.rejects(readAll(ndjsonSource(path, { hash })), { code: "SOURCE_CHANGED", message: /sha256/ });
  });
});

test("linesSource follows a growing file, and waits for the rest of a torn line", async () => {
  await withFile("one\ntw", async (path) => {
    const clock = manualEnv();
    const source = linesSource(path, { follow: true, followInterval: "2s" });
    assert.equal(source.bounded, false);
    const reader = readerOf(source, await splitsOf(source), clock.env);
    assert.deepEqual((await readFrom(reader, 1)).values, ["one"]);
    assert.equal(reader.poll(10), "nothing");
    assert.equal((reader.snapshot()[0] as FileSplit).position, 4);
    await appendFile(path, "o\nthree\n");
    clock.pass(1_999);
    assert.equal(reader.poll(10), "nothing");
    clock.pass(1);
    await reader.available();
    assert.deepEqual((await readFrom(reader, 2)).values, ["two", "three"]);
    await truncate(path, 2);
    assert.equal(reader.poll(10), "nothing");
    clock.pass(2_000);
    await assert.rejects(reader.available(), { code: "SOURCE_CHANGED" });
    await reader.close();
    assert.equal(clock.waiting(), 0);
  });
});

test("linesSource reads no further ahead in a growing file than in another, while nobody polls", async () => {
  const clock = manualEnv();
  let lines = 1;
  let reads = 0;
  const bytes = (): Uint8Array => new TextEncoder().encode("a line\n".repeat(lines));
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    stat: async () => ({ sizeBytes: bytes().length, kind: "file" }),
    openRead: async () => ({
      read: async (target, position) => {
        const found = bytes().subarray(position, position + target.length);
        target.set(found);
        if (found.length > 0) reads++;
        return found.length;
      },
      write: () => Promise.reject(new Error("read only")),
      sync: async () => undefined,
      sizeBytes: async () => bytes().length,
      close: async () => undefined,
    }),
  };
  const source = linesSource("growing", { follow: true, followInterval: "1s", fileSystem });
  const reader = readerOf(source, await splitsOf(source), clock.env);
  assert.deepEqual((await readFrom(reader, 1)).values, ["a line"]);
  for (; lines < 40; lines++) {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    clock.pass(1_000);
  }
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(reads <= 6, `${reads} pieces were read ahead`);
  assert.equal((await readFrom(reader, 2)).values.length, 2);
  await reader.close();
});

test("fileSource refuses options that contradict each other", () => {
  for (const options of [
    { follow: true, splits: 2 },
    { follow: true, hash: "0".repeat(64) },
    { hash: "abc" },
    { splits: 0 },
    { chunkBytes: 1.5 },
  ]) {
    assert.throws(() => linesSource("x", options), { code: "OPTION_INVALID" });
  }
});

test("ndjsonSource reads the splits of one reader in turns, so that none falls behind", async () => {
  const text = Array.from({ length: 400 }, (_, index) => `{"n":${index}}\n`).join("");
  const source = ndjsonSource<{ n: number }>("text", { splits: 4, fileSystem: memoryFile(text) });
  const reader = readerOf(source, await splitsOf(source));
  const halfway = new Map<string, number>();
  for (let read = 0; read < 200;) {
    // A turn is long enough for a file in memory to answer all four.
    await new Promise<void>((resolve) => setImmediate(resolve));
    const found = reader.poll(10);
    if (typeof found === "string") continue;
    read += found.values.length;
    halfway.set(found.splitId, (halfway.get(found.splitId) ?? 0) + found.values.length);
  }
  assert.equal(halfway.size, 4);
  await reader.close();
});

test("linesSource: says how many bytes lie behind a position, and nothing of a file that is not there", async () => {
  await withFile("one\ntwo\nthree\n", async (path) => {
    const source = linesSource(path, { splits: 2 });
    const [first, second] = await splitsOf(source);
    assert.ok(first !== undefined && second !== undefined);
    assert.deepEqual(await source.remaining?.(first), { bytes: 7 });
    assert.deepEqual(await source.remaining?.({ ...first, position: 4 }), { bytes: 3 });
    assert.deepEqual(await source.remaining?.(second), { bytes: 7 });
    await appendFile(path, "four\n");
    assert.deepEqual(await source.remaining?.(first), { bytes: 7 });
    assert.deepEqual(await source.remaining?.(second), { bytes: 12 });
    await truncate(path, 5);
    assert.deepEqual(await source.remaining?.(second), { bytes: 0 });
    await rm(path);
    assert.equal(await source.remaining?.(first), undefined);
  });
});
