import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "./fixtures.ts";
import { examine, makeSmallDatabase } from "./small-database.ts";

type Files = ReadonlyMap<string, Uint8Array>;

/** Files up to this size are damaged at every byte. */
const SMALL_BYTES = 40;
/** Positions damaged in a larger file; a quarter of them on other runtimes than the development runtime: `docs/runtimes.md`. */
const POSITIONS = Number(process.env["RUNS"] ?? 32 * Number(process.env["WIDTH"] ?? 1));
const SEED = Number(process.env["SEED"] ?? 1);

/** LevelDB's own notes; it begins them anew whenever it is asked to open a database. */
const NOTES: ReadonlySet<string> = new Set(["LOG", "LOG.old"]);

test(`leveldb: a bit flipped or a file cut short anywhere is refused, or changes nothing (seed ${SEED})`, async () => {
  const { path, remove } = await temporaryDirectory();
  const original = join(path, "original");
  await makeSmallDatabase(original);
  const files = await readFiles(original);
  assert.deepEqual(kindsOf(files), ["CURRENT", "LOCK", "LOG", "LOG.old", "MANIFEST", "head.witness", "ldb", "log"]);
  const copy = join(path, "copy");
  const expected = await examineFiles(copy, files);
  assert.ok("state" in expected);
  const histogram = new Map<string, number>();
  const random = randomOf(SEED);
  for (const [name, bytes] of files) {
    for (const at of positionsOf(name, bytes, random)) {
      const bit = 1 << Math.floor(random() * 8);
      const damages = [
        [
          `bit ${bit} of byte ${at} of ${bytes.length} flipped`,
          bytes.map((byte, index) => (index === at ? byte ^ bit : byte)),
        ],
        [`cut at byte ${at} of ${bytes.length}`, bytes.slice(0, at)],
      ] as const;
      for (const [damage, damaged] of damages) {
        const outcome = await examineDamaged(
          copy,
          new Map([...files, [name, damaged]]),
          expected.state,
          `${name}: ${damage}`,
        );
        const line = `${kindOf(name)}, ${damage.startsWith("cut") ? "cut" : "flipped"}: ${outcome}`;
        histogram.set(line, (histogram.get(line) ?? 0) + 1);
      }
    }
  }
  for (const [line, count] of histogram) console.log(`${count} times ${line}`);
  for (const kind of ["CURRENT", "MANIFEST", "head.witness", "ldb", "log"]) {
    for (const act of ["flipped", "cut"]) assert.ok(histogram.has(`${kind}, ${act}: STATE_CORRUPT`), `${kind}, ${act}`);
  }
  await remove();
});

/** What comes of damaged files: the newest state, or a refusal which leaves them as they are. */
async function examineDamaged(location: string, files: Files, newest: string, damage: string): Promise<string> {
  const outcome = await examineFiles(location, files).catch((error: unknown) =>
    assert.fail(`${damage}: ${String(error)}`),
  );
  if ("state" in outcome) {
    assert.equal(outcome.state, newest, damage);
    return "the newest state";
  }
  // Blocks of rows are looked at while the database is in use. Whatever LevelDB made of them, the damage stays known.
  if (kindOf(damage.split(":", 1)[0] ?? "") === "ldb") {
    assert.deepEqual(await examine(location), outcome, `${damage}, opened again`);
    return outcome.refused;
  }
  const left = await readFiles(location);
  for (const [name, bytes] of files) {
    if (!NOTES.has(name)) assert.deepEqual(left.get(name), bytes, `${damage}: ${name} was changed by the refusal`);
  }
  return outcome.refused;
}

async function examineFiles(location: string, files: Files): ReturnType<typeof examine> {
  await rm(location, { recursive: true, force: true });
  await mkdir(location);
  for (const [name, bytes] of files) await writeFile(join(location, name), bytes);
  return examine(location);
}

async function readFiles(location: string): Promise<Files> {
  const names = (await readdir(location)).toSorted();
  // Plain arrays: those of Node's own kind are cut in place.
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, Uint8Array.from(await readFile(join(location, name)))] as const),
    ),
  );
}

/** Every byte of a small file; of a larger one some of each stretch, and its first and last bytes. */
function positionsOf(name: string, bytes: Uint8Array, random: () => number): readonly number[] {
  if (NOTES.has(name)) return [0];
  if (bytes.length <= SMALL_BYTES) return [...bytes.keys()];
  const stretch = bytes.length / POSITIONS;
  const inside = Array.from({ length: POSITIONS }, (_, index) => Math.floor((index + random()) * stretch));
  return [0, 4, 5, 6, ...inside, bytes.length - 1];
}

function kindsOf(files: Files): readonly string[] {
  return [...new Set([...files.keys()].map(kindOf))].toSorted();
}

function kindOf(name: string): string {
  return name.replace(/^\d+\./, "").replace(/-\d+$/, "");
}

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
