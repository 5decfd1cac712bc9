import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { drawAims, PHASES } from "../../src/soak/aims.ts";
import { expectedRows, verdictOf, visibleLines } from "../../src/soak/oracle.ts";
import { runMain } from "../../src/soak/run-main.ts";
import { complaints, phaseHit, type SoakResult } from "../../src/soak/soak.ts";

const SEED = process.env["SEED"] ?? "1";

test(`soak on LevelDB: killed 12 times in every phase, no row is lost, doubled or wrong, and nothing is left, seed ${SEED}`, async () => {
  const { code, output, result } = await runMain("--kills", "12", "--backend", "leveldb", "--seed", SEED, "--json");
  assert.equal(code, 0, output);
  const { passed, kills, lost, doubled, wrong, orphans, missed } = result;
  assert.deepEqual([passed, kills, lost, doubled, wrong, orphans], [true, 12, 0, 0, 0, 0], output);
  assert.ok(Object.values(result["hits"] as Record<string, number>).every((hits) => hits > 0) || missed !== 0, output);
  // All but the first life, and those that were killed before their restore was done.
  assert.ok(Number(result["restores"]) >= 9, output);
});

test("drawAims: draws the same for the same seed, every phase in its turn, and no restore before there is something", () => {
  assert.deepEqual(drawAims(50, 7), drawAims(50, 7));
  assert.notDeepEqual(drawAims(50, 7), drawAims(50, 8));
  for (let seed = 0; seed < 100; seed++) {
    const aims = drawAims(200, seed);
    const phases = aims.map(({ phase }) => phase);
    assert.equal(phases.length, 200);
    assert.ok(!phases[0]?.includes("restore"));
    for (const phase of PHASES) assert.ok(phases.filter((each) => each === phase).length >= 15, phase);
    for (const [at, phase] of phases.entries()) {
      if (phase !== "second kill during restore") continue;
      assert.equal(phases[at - 1], "restore");
      assert.equal(aims[at - 1]?.to, "restore.done", "the kill before comes before the restore is done");
    }
  }
});

test("phaseHit: a second kill counts as one only behind a first one", () => {
  const aims = drawAims(200, 1);
  const second = aims.find(({ phase }) => phase === "second kill during restore");
  const commit = aims.find(({ phase }) => phase === "inside commit");
  assert.ok(second !== undefined && commit !== undefined);
  assert.equal(phaseHit(second, "struck"), "second kill during restore");
  assert.equal(phaseHit(second, "missed"), "restore");
  assert.equal(phaseHit(second, undefined), "restore");
  assert.equal(phaseHit(commit, "missed"), "inside commit");
});

const END = 70_000;

async function judged(lines: readonly string[]): Promise<readonly number[]> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-verdict-"));
  await writeFile(join(directory, "g1-s0-n0.ndjson"), lines.slice(0, 100).join("\n"));
  await writeFile(join(directory, "g1-s1-n0.ndjson"), lines.slice(100).join("\n"));
  const { rows, lost, doubled, wrong } = await verdictOf(visibleLines(directory), END);
  await rm(directory, { recursive: true });
  return [rows, lost, doubled, wrong];
}

test("verdictOf: finds each row that is lost, doubled, wrong or of nobody's", async () => {
  const lines = [...expectedRows(END)].map(([name, value]) => {
    const [kind, key, at] = name.split(" ");
    return JSON.stringify({ kind, key, at: Number(at), value });
  });
  assert.ok(lines.length > 3_000);
  assert.deepEqual(await judged(lines), [lines.length, 0, 0, 0]);
  assert.deepEqual(await judged(lines.slice(1)), [lines.length - 1, 1, 0, 0]);
  assert.deepEqual(await judged([...lines, lines[7] ?? ""]), [lines.length + 1, 0, 1, 0]);
  assert.deepEqual(await judged(lines.with(5, (lines[5] ?? "").replace(/\d}$/, "x}"))), [lines.length, 1, 0, 1]);
  const other = JSON.stringify({ kind: "total", key: "g1", at: -2_000, value: 1 });
  assert.deepEqual(await judged([...lines, other]), [lines.length + 1, 0, 0, 1]);
});

test("complaints: a long run has to hit each phase ten times, a short one says how often it did", () => {
  const result = (kills: number, hits: number): SoakResult => ({
    kills,
    hits: { alignment: hits, release: 20 },
    missed: 0,
    checkpoints: 1,
    restores: 1,
    records: 1,
    verdict: { rows: 1, lost: 0, doubled: 0, wrong: 0, examples: [] },
    audit: { stored: 2, referenced: 2, pending: [], orphaned: [], missing: [] },
    staged: [],
  });
  assert.deepEqual(complaints(result(199, 9)), []);
  assert.deepEqual(complaints(result(200, 10)), []);
  assert.deepEqual(complaints(result(200, 9)), ["alignment: hit 9 times, and 10 are asked for"]);
  const audit = { stored: 3, referenced: 2, pending: [], orphaned: ["x"], missing: ["y"] };
  assert.equal(complaints({ ...result(1, 1), audit, staged: ["g1-s0-n0.ndjson"] }).length, 3);
});
