import { STATES } from "../states.ts";
import { type Swept, SWEPT, SWEPT_TWICE, sweepOnce, sweepPairs } from "../sweep.ts";

/** Sweeps the small jobs. @returns whether nothing is wrong, and the process died in every state of the protocol. */
export async function runSweepMode(json: boolean): Promise<boolean> {
  const singles: Swept[] = [];
  for (const scenario of SWEPT) singles.push(told("every crash", await sweepOnce(scenario)));
  const pairs: Swept[] = [];
  for (const scenario of SWEPT_TWICE) pairs.push(told("every pair", await sweepPairs(scenario)));
  const all = [...singles, ...pairs];
  const reached = new Map<string, number>();
  for (const [state, count] of all.flatMap(({ states }) => [...states])) {
    reached.set(state, (reached.get(state) ?? 0) + count);
  }
  const missing = STATES.filter((state) => !reached.has(state));
  const violations = all.flatMap(({ job, violations: found }) => found.map((violation) => ({ job, ...violation })));
  console.error(
    `died in ${STATES.length - missing.length} of ${STATES.length} states, ${violations.length} violations`,
  );
  if (missing.length > 0) console.error(`in none of: ${missing.join(", ")}`);
  for (const { job, plan, found } of violations.slice(0, 10)) console.error(`  ${job} 1 ${plan}: ${found[0]}`);
  if (json) {
    const counts = ({ job, effects, runs, crashes }: Swept): object => ({ job, effects, runs, crashes });
    const states = Object.fromEntries(reached);
    console.log(
      JSON.stringify({ singles: singles.map(counts), pairs: pairs.map(counts), states, missing, violations }),
    );
  }
  return violations.length === 0 && missing.length === 0;
}

function told(what: string, swept: Swept): Swept {
  const { job, effects, runs, crashes, violations } = swept;
  console.error(
    `${what} of ${job}: ${effects} effects, ${runs} runs, ${crashes} crashes, ${violations.length} violations`,
  );
  return swept;
}
