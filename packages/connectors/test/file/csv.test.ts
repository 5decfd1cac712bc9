import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import fc from "fast-check";

import { hasOddQuotes, OPEN, parseRow, writeField } from "../../src/file/csv-row.ts";
import { csvSource, type CsvSourceOptions } from "../../src/file/mod.ts";
import { check } from "../property.ts";
import { readAll, type Reading } from "../reading.ts";
import { withDirectory } from "../temp-directory.ts";

async function readCsv<T = Readonly<Record<string, string>>>(
  text: string,
  options: CsvSourceOptions<T> = {},
): Promise<Reading<T>> {
  let read: Reading<T> | undefined;
  await withDirectory(async (directory) => {
    const path = join(directory, "input.csv");
    await writeFile(path, text);
    read = await readAll(csvSource<T>(path, options));
  });
  assert.ok(read);
  return read;
}

test("parseRow takes fields as RFC 4180 has them", () => {
  assert.deepEqual(parseRow("a,b,", ","), ["a", "b", ""]);
  assert.deepEqual(parseRow('"a,1","b ""q""",""', ","), ["a,1", 'b "q"', ""]);
  assert.deepEqual(parseRow('"two\nlines";x', ";"), ["two\nlines", "x"]);
  assert.equal(parseRow('a,"b', ","), OPEN);
  assert.equal(parseRow('"a""', ","), OPEN);
  assert.throws(() => parseRow('a"b",c', ","), /inside unquoted field 1/);
  assert.throws(() => parseRow('a,"b"c', ","), /follows the closing quote of field 2/);
});

test("parseRow reads back what writeField wrote", () => {
  const field = fc
    .array(fc.constantFrom('"', ",", "\n", "\r", "a", "é", " "), { maxLength: 8 })
    .map((units) => units.join(""));
  check(
    fc.property(fc.array(field, { minLength: 1, maxLength: 5 }), (fields) => {
      const row = fields.map((text) => writeField(text, ",")).join(",");
      assert.deepEqual(parseRow(row, ","), fields);
      assert.equal(hasOddQuotes(row), false);
    }),
  );
});

test("csvSource takes the columns from the header, or from its options", async () => {
  assert.deepEqual((await readCsv("\u{feff}a,b\r\n1,2\r\n\r\n3,\r\n")).values, [
    { a: "1", b: "2" },
    { a: "3", b: "" },
  ]);
  const bare = { header: false, columns: ["x", "y"], delimiter: "\t" };
  assert.deepEqual((await readCsv("1\t2", bare)).values, [{ x: "1", y: "2" }]);
  assert.deepEqual((await readCsv("")).values, []);
  assert.deepEqual((await readCsv('a\n""\n')).values, [{ a: "" }]);
});

test("csvSource takes newlines inside quotes, in the header too", async () => {
  const { values, rejected } = await readCsv('"a\n1",b\n"x\r\ny","""\n"\n2,3\n', { chunkBytes: 3 });
  assert.deepEqual(values, [
    { "a\n1": "x\r\ny", b: '"\n' },
    { "a\n1": "2", b: "3" },
  ]);
  assert.deepEqual(rejected, []);
});

test("csvSource rejects rows that do not fit, and reads on", async () => {
  const { values, rejected } = await readCsv('a,b\n1\n1,2,3\n1,x"y\n1,2\n"open,2\n3,4\n');
  assert.deepEqual(values, [{ a: "1", b: "2" }]);
  assert.deepEqual(
    rejected.map(({ reason }) => reason),
    [
      "it has 1 fields, and there are 2 columns",
      "it has 3 fields, and there are 2 columns",
      "a quote stands inside unquoted field 2",
      "torn last record: the file ends inside it",
    ],
  );
  assert.match(rejected[3]!.position, /byte 22$/);
});

test("csvSource without multiline can be split, and rejects quotes that stay open", async () => {
  const text = `a,b\n${Array.from({ length: 20 }, (_, index) => `${index},"x,${index}"\n`).join("")}"open,1\n`;
  for (let splits = 1; splits <= 5; splits++) {
    const { values, rejected } = await readCsv(text, { multiline: false, splits });
    // Splits are read in turns: there is an order within each, and none across them.
    assert.deepEqual(
      values.map(({ a }) => Number(a)).toSorted((one, other) => one - other),
      Array.from({ length: 20 }, (_, index) => index),
    );
    assert.deepEqual(
      rejected.map(({ reason }) => reason),
      ["a quoted field does not end on its line"],
    );
  }
});

test("csvSource gives up a row that is longer than allowed", async () => {
  const { values, rejected } = await readCsv('a\n"open\nand\nopen\nstill\n1\n', { recordBytesMax: 12 });
  assert.deepEqual(
    rejected.map(({ reason }) => reason),
    ["it is longer than 12 bytes"],
  );
  assert.deepEqual(
    values.map(({ a }) => a),
    ["still", "1"],
  );
});

test("csvSource refuses a header that is not what was expected, and options that cannot work", async () => {
  await assert.rejects(readCsv("a,b\n1,2\n", { columns: ["b", "a"] }), {
    code: "RECORD_INVALID",
    message: /expected "b,a", found "a,b"/,
  });
  await assert.rejects(readCsv("a,a\n"), { code: "RECORD_INVALID", message: /named twice/ });
  assert.throws(() => csvSource("x", { splits: 2 }), { code: "OPTION_INVALID", message: /multiline: false/ });
  assert.throws(() => csvSource("x", { header: false }), { code: "OPTION_INVALID" });
  assert.throws(() => csvSource("x", { delimiter: '"' }), { code: "OPTION_INVALID" });
});
