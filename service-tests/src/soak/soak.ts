/** Life after life: each is killed where its aim says, two more run to the end, and then what is there is judged. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Aim, drawAims, type PhaseName, PHASES, SECOND_KILL } from "./aims.ts";
import { type Life, live } from "./life.ts";
import { type SoakVerdict, verdictOf, visibleLines } from "./oracle.ts";
import type { AuditReport, SoakPlace } from "./task.ts";

/** What to do. */
export interface SoakOptions {
  readonly kills: number;
  readonly seed: number;
  readonly place: SoakPlace;
  /** An empty folder for the rows. */
  readonly output: string;
  /** Resolves when nothing is under way any more that an earlier life has sent. */
  readonly settled: () => Promise<void>;
  /** Told after each life. */
  readonly progress: (state: SoakProgress) => void;
}

/** How far it is. */
export interface SoakProgress {
  readonly kills: number;
  readonly life: Life;
  readonly aim: Aim | undefined;
}

/** What it came to. */
export interface SoakResult {
  readonly kills: number;
  /** Kills by phase. */
  readonly hits: Readonly<Record<string, number>>;
  /** Kills of lives whose aim did not come by. */
  readonly missed: number;
  readonly checkpoints: number;
  readonly restores: number;
  readonly records: number;
  readonly verdict: SoakVerdict;
  readonly audit: AuditReport;
  /** Files that were staged and never committed. */
  readonly staged: readonly string[];
}

/** From the greatest number that was ever read to the last one: what is read again, and then some. */
const LAST_STRETCH = 4_000;
/** A run of at least so many kills has to hit each phase so often. */
export const KILLS_LONG = 200;
export const HITS_MIN = 10;

/** Runs it. Throws if a life fails by itself. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { place, output, progress } = options;
  const hits: Record<string, number> = Object.fromEntries(PHASES.map((phase) => [phase, 0]));
  let [kills, missed, checkpoints, restores, reached] = [0, 0, 0, 0, 0];
  let before: Life["end"] | undefined;
  const note = (life: Life, aim: Aim | undefined): void => {
    if (life.end === "failed") throw new Error(`Cannot go on: a life of the job failed. ${life.detail}`);
    checkpoints += life.checkpoints;
    restores += life.restored ? 1 : 0;
    reached = Math.max(reached, life.reached);
    if (aim !== undefined) kills++;
    if (life.end === "missed") missed++;
    else if (aim !== undefined) {
      const phase = phaseHit(aim, before);
      hits[phase] = (hits[phase] ?? 0) + 1;
    }
    before = life.end;
    progress({ kills, life, aim });
  };
  for (const aim of drawAims(options.kills, options.seed)) {
    note(await live({ place, output, aim, end: undefined, audits: false }), aim);
  }
  const last = { place, output, aim: undefined, end: reached + LAST_STRETCH };
  note(await live({ ...last, audits: false }), undefined);
  // What was sent by the dead and still comes, comes now. One more start is what clears it away.
  await options.settled();
  const life = await live({ ...last, audits: true });
  note(life, undefined);
  if (life.audit === undefined) throw new Error("Cannot judge: the last life brought no audit");
  return {
    kills,
    hits,
    missed,
    checkpoints,
    restores,
    records: last.end,
    verdict: await verdictOf(visibleLines(output), last.end),
    audit: life.audit,
    staged: await stagedFiles(output),
  };
}

/** In which phase a kill was, from how the life before it ended: a second one needs a first one. */
export function phaseHit({ phase }: Aim, before: Life["end"] | undefined): PhaseName {
  return phase === SECOND_KILL && before !== "struck" ? "restore" : phase;
}

/** What is wrong with a result, in words; empty if nothing is. */
export function complaints({ kills, hits, verdict, audit, staged }: SoakResult): readonly string[] {
  const found: string[] = [];
  const { lost, doubled, wrong, examples } = verdict;
  if (lost + doubled + wrong > 0) {
    found.push(`lost ${lost}, doubled ${doubled}, wrong ${wrong}: ${examples.join("; ")}`);
  }
  const left = [...audit.orphaned, ...audit.pending];
  if (left.length > 0 || audit.stored !== audit.referenced) {
    found.push(`${audit.stored} stored, ${audit.referenced} of them needed; left over: ${left.slice(0, 5).join(", ")}`);
  }
  if (audit.missing.length > 0) found.push(`missing: ${audit.missing.join(", ")}`);
  if (staged.length > 0) found.push(`staged and never committed: ${staged.join(", ")}`);
  for (const [phase, times] of Object.entries(hits)) {
    if (kills >= KILLS_LONG && times < HITS_MIN) {
      found.push(`${phase}: hit ${times} times, and ${HITS_MIN} are asked for`);
    }
  }
  return found;
}

async function stagedFiles(output: string): Promise<readonly string[]> {
  return (await readdir(join(output, ".staged"))).filter((name) => name.startsWith("g"));
}
