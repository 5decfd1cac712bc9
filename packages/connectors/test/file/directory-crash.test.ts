/** The directory sink on a disk that loses its power at every effect, one after the other. */
import assert from "node:assert/strict";
import { basename } from "node:path";
import { test } from "node:test";

import {
  csvSink,
  type DirectorySink,
  type DirectorySinkOptions,
  type FileSystem,
  ndjsonSink,
} from "../../src/file/mod.ts";
import { type CrashForm, CrashingDisk, type Failure } from "./crashing-disk.ts";
import { newJob, runSmallJob, type SmallJobState } from "./small-job.ts";

const ROWS = 23;
const FORMS: readonly CrashForm[] = ["before", "torn", "after"];
const FAILURES: readonly Failure[] = ["power", "power, removals first", "process"];
const DIRECTORY = "/out";
/** Other runtimes than the development runtime take every fourth: `docs/runtimes.md`. */
const STRIDE = Math.round(1 / Number(process.env["WIDTH"] ?? 1));

type Open = (fileSystem: FileSystem) => DirectorySink<number>;

function visible(disk: CrashingDisk): readonly string[] {
  return [...disk.files()]
    .filter(([path]) => !path.includes("/.staged/"))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => text);
}

function rowsIn(texts: readonly string[]): number[] {
  return texts.flatMap((text) => {
    assert.ok(text.endsWith("\n"), `a visible file is torn: ${JSON.stringify(text)}`);
    return text
      .split("\n")
      .slice(0, -1)
      .filter((line) => line !== "row")
      .map((line) => Number(line.replaceAll(/[^\d]/g, "")));
  });
}

/** Whatever is visible at any time is whole, and there once. */
function checkSoFar(disk: CrashingDisk, state: SmallJobState, singleFile: string | undefined): void {
  const paths = [...disk.files().keys()];
  const isOver = singleFile !== undefined && paths.includes(`${DIRECTORY}/${singleFile}`);
  const rows = isOver ? rowsIn([disk.files().get(`${DIRECTORY}/${singleFile}`)!]) : rowsIn(visible(disk));
  assert.equal(new Set(rows).size, rows.length, "a row is visible twice");
  const early = rows.filter((row) => row >= state.position);
  assert.deepEqual(early, [], `visible, and no checkpoint covers them: it ends at ${state.position}`);
  if (isOver) assert.equal(rows.length, ROWS, "the single file is visible and not complete");
}

function checkEnd(disk: CrashingDisk, singleFile: string | undefined): void {
  const rows = rowsIn(visible(disk)).toSorted((a, b) => a - b);
  assert.deepEqual(
    rows,
    Array.from({ length: ROWS }, (_, index) => index),
  );
  const names = [...disk.files().keys()].map((path) => basename(path));
  const kept = names.filter((name) => !name.endsWith(".json"));
  if (singleFile !== undefined) assert.deepEqual(kept, [singleFile]);
  assert.ok(
    [...disk.files().values()].every((text) => text !== ""),
    "an empty file is left",
  );
  const staged = [...disk.files().keys()].filter((path) => path.includes("/.staged/") && !path.endsWith(".json"));
  assert.deepEqual(staged, [], "staged files are left");
}

async function runOn(disk: CrashingDisk, open: Open, state: SmallJobState): Promise<"done" | "crashed"> {
  const run = runSmallJob(open(disk.fileSystem), state, ROWS).then(() => "done" as const);
  return Promise.race([run, disk.crashed]);
}

const variants: readonly (readonly [string, (fileSystem: FileSystem) => DirectorySink<number>, string | undefined])[] =
  (
    [
      ["parts", {}],
      ["rolling parts", { rollBytes: 6, bufferBytes: 8 }],
      ["one file", { singleFile: "rows.ndjson" }],
    ] satisfies readonly (readonly [string, DirectorySinkOptions])[]
  ).map(([name, options]) => {
    const open: Open = (fileSystem) => ndjsonSink<number>(DIRECTORY, { ...options, fileSystem });
    return [name, open, (options as DirectorySinkOptions).singleFile] as const;
  });

for (const [name, open, singleFile] of variants) {
  test(`ndjsonSink to ${name}: rows are there once after a crash at any effect`, async () => {
    const calm = new CrashingDisk();
    assert.equal(await runOn(calm, open, newJob()), "done");
    checkEnd(calm, singleFile);
    for (const form of FORMS) {
      for (const failure of FAILURES) {
        for (let crashAt = 1; crashAt <= calm.effects; crashAt += STRIDE) {
          await crashOnce(open, singleFile, form, failure, crashAt);
        }
      }
    }
  });

  test(`ndjsonSink to ${name}: rows are there once after a crash during the recovery from a crash`, async () => {
    const calm = new CrashingDisk();
    await runOn(calm, open, newJob());
    for (const failure of FAILURES) {
      for (let first = 1; first <= calm.effects; first += 5) {
        for (let second = 1; second <= 24; second += STRIDE) {
          const form = FORMS[(first + second) % FORMS.length]!;
          await crashOnce(open, singleFile, form, failure, first, second);
        }
      }
    }
  });
}

async function crashOnce(
  open: Open,
  singleFile: string | undefined,
  form: CrashForm,
  failure: Failure,
  ...crashes: readonly number[]
): Promise<void> {
  const state = newJob();
  let disk = new CrashingDisk(crashes[0], form);
  const traces: string[] = [];
  try {
    for (let run = 0; (await runOn(disk, open, state)) === "crashed"; run++) {
      traces.push(disk.trace.at(-1) ?? "");
      disk = disk.restart(failure, crashes[run + 1], form);
      checkSoFar(disk, state, singleFile);
    }
    // What a job that is over has written is durable, and another start of it changes nothing.
    disk = disk.restart("power");
    checkEnd(disk, singleFile);
    await runOn(disk, open, state);
    checkEnd(disk, singleFile);
  } catch (error) {
    throw new Error(`crash ${form} effect ${crashes.join(", ")} (${traces.join("; ")}), the ${failure} fails`, {
      cause: error,
    });
  }
}

test("csvSink to one file: the header stands once", async () => {
  const disk = new CrashingDisk();
  const fileSystem = disk.fileSystem;
  const sink = csvSink<{ readonly row: number }>(DIRECTORY, { columns: ["row"], singleFile: "rows.csv", fileSystem });
  const wrapped: DirectorySink<number> = {
    ...sink,
    createWriter: (context) => {
      const writer = sink.createWriter(context);
      return {
        write: (values, timestamps) =>
          writer.write(
            values.map((row) => ({ row })),
            timestamps,
          ),
        get full() {
          return writer.full;
        },
        drained: () => writer.drained(),
        prepareCommit: (id) => writer.prepareCommit(id),
        close: () => writer.close(),
      };
    },
  };
  await runSmallJob(wrapped, newJob(), ROWS);
  const [text = ""] = visible(disk);
  assert.equal(text.split("row").length, 2);
  assert.ok(text.startsWith("row\n"));
  checkEnd(disk, "rows.csv");
});
