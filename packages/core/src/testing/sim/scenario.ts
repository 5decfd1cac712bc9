import { messageOf } from "../../errors.ts";
import type { EffectRecord } from "./effect.ts";
import type { OutputCheck, OutputTally } from "./output-check.ts";
import type { FaultPlan } from "./plan.ts";
import type { SimProcess } from "./process.ts";
import { Supervisor } from "./supervisor.ts";
import { simWorld, type SimWorld, type SimWorldOptions } from "./world.ts";

/** A job with all it needs, ready to be run in any number of worlds. */
export interface Scenario {
  /** Names it in messages and on the line that replays a failure. */
  readonly name: string;
  /** Whether it has a disk that loses what was not synced when the power goes. */
  readonly disk: boolean;
  /** Puts the durable things into a new world. */
  prepare(world: SimWorld): PreparedScenario;
}

/** A {@link Scenario} in one world. */
export interface PreparedScenario {
  /** Runs the job in a new process, from durable things only, to its end. */
  launch(process: SimProcess): Promise<unknown>;
  /** What has to be visible at the end. */
  readonly output: Pick<OutputCheck<never>, "end" | "tally">;
  /** Further checks when the job is over: the text of each thing that is wrong. */
  end?(): readonly string[];
  /**
   * Looks at what is durable while no process of the job runs, before another one is started and when it is over: the text of
   * each thing that is wrong.
   */
  inspect?(process: SimProcess, isOver: boolean): Promise<readonly string[]>;
  /**
   * Takes a job that is over back to one of its older checkpoints, with all that it has led to outside. It is run again from
   * there.
   *
   * @returns whether there was one.
   */
  goBack?(process: SimProcess): Promise<boolean>;
}

/** How one run went. */
export interface ScenarioReport {
  /** The name of the scenario. */
  readonly scenario: string;
  /** What decided everything but the faults. */
  readonly seed: number;
  /** The faults. */
  readonly plan: FaultPlan;
  /** Every effect that took place or was struck, in order. */
  readonly effects: readonly EffectRecord[];
  /** How often each named point was passed, and each probe reached. */
  readonly points: ReadonlyMap<string, number>;
  /** How many rows were wrong, and how. */
  readonly tally: OutputTally;
  /** Empty if all went well. */
  readonly violations: readonly string[];
  /** How many processes it took. */
  readonly lives: number;
  /** How many of them were killed. */
  readonly crashes: number;
  /** How many steps the world took. */
  readonly steps: number;
  /** How much time passed in the world. */
  readonly virtualMs: number;
  /** Two runs of the same scenario, seed and plan have the same. */
  readonly traceHash: string;
  /** The last lines of the trace. */
  readonly tail: readonly string[];
  /** What happened, in words. */
  readonly story: readonly string[];
}

/**
 * Runs a scenario once: starts a process, and another one each time it is killed, until the job is over.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { countingJob, jobScenario, runScenario } from "@tidemark/core/testing";
 *
 *
 * const scenario = jobScenario(countingJob(), simMemory(), { checkpoint: { interval: "20ms" } });
 * const { crashes, lives, violations } = await runScenario(scenario, 1, [{ at: 41, form: "before" }]);
 * console.log(crashes, lives, violations);
 * // prints 1 2 []
 * ```
 */
export async function runScenario(
  scenario: Scenario,
  seed: number,
  plan: FaultPlan = [],
  options: Omit<SimWorldOptions, "plan"> = {},
): Promise<ScenarioReport> {
  const world = simWorld(seed, { ...options, plan });
  const bornAt = world.now();
  const prepared = scenario.prepare(world);
  const inspect = async (isOver: boolean): Promise<void> => {
    if (prepared.inspect === undefined) return;
    for (const wrong of await world.aside((process) => prepared.inspect!(process, isOver))) world.violation(wrong);
  };
  const supervisor = new Supervisor(world, {
    launch: (process) => prepared.launch(process),
    inspect: () => inspect(false),
    planned: plan.length,
  });
  const report = (): ScenarioReport => ({
    scenario: scenario.name,
    seed,
    plan,
    effects: world.effects,
    points: world.points,
    tally: prepared.output.tally,
    violations: world.violations,
    lives: supervisor.lives,
    crashes: supervisor.crashes,
    steps: world.steps,
    virtualMs: world.now() - bornAt,
    traceHash: world.trace.hash(),
    tail: world.trace.tail(),
    story: world.story,
  });
  const toItsEnd = async (): Promise<void> => {
    await supervisor.run();
    prepared.output.end();
    for (const wrong of prepared.end?.() ?? []) world.violation(wrong);
    await inspect(true);
  };
  try {
    await toItsEnd();
    const mayGoBack = prepared.goBack !== undefined && world.violations.length === 0;
    if (mayGoBack && (await world.aside((process) => prepared.goBack!(process)))) await toItsEnd();
  } catch (error) {
    world.violation(messageOf(error));
  }
  return report();
}
