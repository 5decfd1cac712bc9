/** backend-leveldb in a page, on IndexedDB: the whole suite, and a job whose page crashes and that another one goes on with. */
import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import type { Invocation, InvocationAnswer, LookAnswer, SuiteAnswer } from "../../src/browser/page-calls.ts";
import { type Browser, newProfile, type Page, PageGone, startBrowser } from "../../src/browser/devtools.ts";
import { serveSite, type Site } from "../../src/browser/serve.ts";
import { drawn } from "../../src/proxy/faults.ts";
import { verdictOf } from "../../src/soak/oracle.ts";

const PROGRAM = process.env["TEST_CHROMIUM"] ?? "chromium";
/** Records of each run that is not killed. */
const STRETCH = 500;
/** How often the page of one job crashes, and how many numbers it reads at most before that. */
const CRASHES = Number(process.env["CRASHES"] ?? 3);
const NUMBERS_MAX = 2_000;
const SEED = Number(process.env["SEED"] ?? 1);

let site: Site;
let profile: string;
let browser: Browser;
before(async () => {
  site = await serveSite();
  profile = await newProfile();
  browser = await startBrowser(PROGRAM, profile);
});
after(async () => {
  await browser.dispose();
  await site.stop();
});

const runIn = async (page: Page, invocation: Invocation): Promise<InvocationAnswer> =>
  (await page.evaluate(`runJob(${JSON.stringify(invocation)})`)) as InvocationAnswer;

/** Every row of a place is held against a plain loop over the numbers. */
async function assertExact(context: TestContext, place: string, end: number): Promise<void> {
  const lines = async function* (): AsyncGenerator<string> {
    for (const [name, text] of site.rows) if (name.startsWith(`${place}/`)) yield* text.split("\n");
  };
  const { rows, ...verdict } = await verdictOf(lines(), end);
  context.diagnostic(`${place}: ${end} records, ${rows} rows`);
  assert.deepEqual(verdict, { lost: 0, doubled: 0, wrong: 0, examples: [] });
}

test("a page: the suite of state backends passes on IndexedDB", async (context) => {
  const page = await browser.open(site.url);
  const { passed, failed } = (await page.evaluate("runSuite()")) as SuiteAnswer;
  await page.close();
  context.diagnostic(`${passed} tests of the suite passed in the page`);
  assert.deepEqual(failed, []);
  assert.ok(passed > 40, `${passed} tests were run`);
});

test("a page: a look for checkpoints makes no database where none is, and finds those that are there", async () => {
  const page = await browser.open(site.url);
  const look = async (): Promise<LookAnswer> => (await page.evaluate('lookedInto("looked-into")')) as LookAnswer;
  for (const { told, databases } of [await look(), await look()]) {
    assert.equal(told, "CHECKPOINT_MISSING");
    assert.ok(!databases.includes("tidemark-leveldb/looked-into"), databases.join());
  }
  await runIn(page, { place: "looked-into", until: { records: 10 }, parallelism: 1 });
  const { told, databases } = await look();
  assert.equal(told, "some checkpoints");
  assert.ok(databases.includes("tidemark-leveldb/looked-into"), databases.join());
  await page.close();
});

test("a page: of two that want one database the second is refused, until the first has crashed, and goes on from there", async (context) => {
  const first = await browser.open(site.url);
  const second = await browser.open(site.url);
  const gone = assert.rejects(runIn(first, { place: "resumed", until: "end", parallelism: 1 }), PageGone);
  await first.evaluate("begun()");
  assert.equal(await second.evaluate('lockedOut("resumed")'), "STATE_LOCKED");
  await first.crash();
  await gone;
  const { reached } = await runIn(second, { place: "resumed", until: { records: STRETCH }, parallelism: 2 });
  const end = reached + STRETCH;
  const { outcome, restoredFrom } = await runIn(second, { place: "resumed", until: "end", end, parallelism: 3 });
  assert.equal(outcome, "finished");
  assert.ok(restoredFrom !== undefined);
  await assertExact(context, "resumed", end);
  await second.close();
});

test(`a page: a job of which 256 KiB stay in memory, and whose page crashes ${CRASHES} times, leaves every row once, seed ${SEED}`, async (context) => {
  const below = (limit: number, what: string): number => Math.floor(drawn(`${SEED} ${what}`) * limit);
  const place = `crashing-${SEED}`;
  const life = { place, limitBytes: 256 * 1024 };
  for (let crash = 0; crash < CRASHES; crash++) {
    const page = await browser.open(site.url);
    const parallelism = 1 + below(3, `parallelism ${crash}`);
    const gone = assert.rejects(runIn(page, { ...life, until: "end", parallelism }), PageGone);
    await page.evaluate(`begun(${1 + below(NUMBERS_MAX, `numbers ${crash}`)})`);
    await page.crash();
    await gone;
  }
  const page = await browser.open(site.url);
  const { reached } = await runIn(page, { ...life, until: { records: STRETCH }, parallelism: 1 });
  const end = reached + STRETCH;
  const { outcome } = await runIn(page, { ...life, until: "end", end, parallelism: 2 });
  assert.equal(outcome, "finished");
  await assertExact(context, place, end);
  await page.close();
});

test("a page: an owner whom another one has come after writes nothing more, though it has its lock", async () => {
  const page = await browser.open(site.url);
  const other = await browser.open(site.url);
  const overtaken = assert.rejects(
    runIn(page, { place: "overtaken", until: "end", parallelism: 1 }),
    /owner 2 has come after owner 1/,
  );
  await page.evaluate("begun()");
  const before = await other.evaluate('comeAfter("overtaken")');
  await overtaken;
  assert.equal(await other.evaluate('comeAfter("overtaken")'), before);
  await page.close();
  await other.close();
});
