/** What no type would let through is refused where it is given, and the message shows it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { isTidemarkError } from "@tidemark/core";
import { csvSink, csvSource, linesSource, ndjsonSink, ndjsonSource } from "@tidemark/connectors/file";
import { generatorSource } from "@tidemark/connectors/generator";
import { fromArray, fromIterable } from "@tidemark/connectors/iterable";
import { pushSource } from "@tidemark/connectors/push";

const ABSURD: readonly unknown[] = [NaN, -1, "", null, true, 10n, Symbol("x"), {}, new Map()];

const PLACES: Readonly<Record<string, (absurd: never) => unknown>> = {
  fromArray: (absurd) => fromArray(absurd),
  fromIterable: (absurd) => fromIterable(absurd),
  "create of a generator": (create) => generatorSource({ create }),
  "open of a client": (open) => pushSource({ open }),
  "a path": (path) => linesSource(path),
  validate: (validate) => ndjsonSource("rows.ndjson", { validate }),
  "columns of a source": (columns) => csvSource("rows.csv", { columns }),
  "a delimiter": (delimiter) => csvSource("rows.csv", { delimiter }),
  "a directory": (directory) => ndjsonSink(directory),
  "columns of a sink": (columns) => csvSink("rows", { columns }),
  "a delimiter of a sink": (delimiter) => csvSink("rows", { columns: ["a"] as never, delimiter }),
  singleFile: (singleFile) => ndjsonSink("rows", { singleFile }),
};

for (const [place, give] of Object.entries(PLACES)) {
  test(`absurd arguments are refused by ${place}`, () => {
    for (const absurd of ABSURD) {
      let found: unknown;
      try {
        give(absurd as never);
      } catch (error) {
        found = error;
      }
      assert.ok(isTidemarkError(found) && found.code === "OPTION_INVALID", `${typeof absurd}: ${String(found)}`);
      assert.match(found.message, /^Cannot /);
    }
  });
}
