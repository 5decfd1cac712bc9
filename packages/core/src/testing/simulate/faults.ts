import type { Fault, FaultForm, InFlight } from "../sim/effect.ts";
import type { SimBackend } from "../sim/job-scenario.ts";
import type { FaultPlan } from "../sim/plan.ts";
import type { SimRandom } from "../sim/random.ts";

/** Which faults strike the runs of a simulation, and how many. */
export interface SimFaults {
  /** How often a run is killed at most, before it is left alone. Default: 8. */
  readonly crashes?: number;
  /** Whether some crashes cut the power as well, so that a disk loses what was not synced. Default: `true`. */
  readonly power?: boolean;
  /** How many effects of each life fail at most, or take place and are answered with an error. Default: 3. */
  readonly failures?: number;
  /** Whether requests that were on their way at a crash may take place, at once or later. Default: `true`. */
  readonly inFlight?: boolean;
  /**
   * Whether a process may stand still for a while and go on when another one has taken its place, on a backend that several
   * processes can open. Default: `true`.
   */
  readonly held?: boolean;
  /**
   * Whether something that is stored is spoilt at one of the crashes: a bit flips, or its end is gone. The job may then refuse
   * to go on. Default: `false`.
   */
  readonly damage?: boolean;
}

/** What a plan is drawn for. */
export interface FaultGround {
  /** How many effects a run without a fault has, about. */
  readonly effects: number;
  /** What the backend lies on: a disk can lose what was not synced, a shared store can be written late. */
  readonly backend: Pick<SimBackend, "disk" | "shared">;
}

/** An effect has at most so many torn forms; where it has fewer, it does not take place. */
const TORN_MAX = 2;
/** Effects within which a process that was started after a crash recovers. */
const RECOVERY_EFFECTS = 30;

/**
 * Draws which faults strike a run: how many, how strong and where all follow from the generator.
 *
 * @example
 * ```ts
 * import { drawFaults, simRandom } from "@tidemark/core/testing";
 *
 * const plan = drawFaults(simRandom(1), { effects: 100, backend: { disk: true } }, { crashes: 3 });
 * console.log(plan.length <= 4);
 * // prints true
 * ```
 */
export function drawFaults(random: SimRandom, ground: FaultGround, faults: SimFaults = {}): FaultPlan {
  const { crashes = 8, failures = 3 } = faults;
  const lives = random.below(crashes + 1);
  // Most runs have a few kinds of faults only, so that one kind does not hide what another one would show.
  const withFailures = failures > 0 && random.chance(0.4);
  const plan = Array.from({ length: lives + (withFailures ? 1 : 0) }, (_, life) => {
    const failing = withFailures ? drawFailures(random, ground, failures) : [];
    return life < lives ? [...failing, drawCrash(random, ground, faults, life)] : failing;
  });
  return faults.damage === true && lives > 0 ? withDamage(plan, random.below(lives), random) : plan;
}

/** The same plan, and at the crash of one life something stored is spoilt. */
function withDamage(plan: readonly (readonly Fault[])[], damaged: number, random: SimRandom): FaultPlan {
  const damage = random.chance(0.5) ? "flip" : "cut";
  return plan.map((life, at) => (at === damaged ? [...life.slice(0, -1), { ...life.at(-1)!, damage }] : life));
}

function drawFailures(random: SimRandom, ground: FaultGround, most: number): readonly Fault[] {
  return Array.from({ length: random.below(most + 1) }, () => ({
    at: random.below(ground.effects + 1),
    form: random.chance(0.5) ? "refused" : "unanswered",
  }));
}

function drawCrash(random: SimRandom, ground: FaultGround, faults: SimFaults, life: number): Fault {
  const { effects, backend } = ground;
  // Some of the lives after a crash are struck early, while they recover.
  const early = life > 0 && random.chance(0.3);
  const at = random.below(Math.max(1, early ? Math.min(RECOVERY_EFFECTS, effects) : effects));
  if (backend.shared === true && faults.held !== false && random.chance(0.15)) {
    return { at, form: "held", heldMs: 2 ** random.below(13) };
  }
  return {
    at,
    form: drawForm(random),
    power: backend.disk && faults.power !== false && random.chance(0.4),
    inFlight: faults.inFlight === false ? "lost" : drawInFlight(random),
  };
}

function drawForm(random: SimRandom): FaultForm {
  const forms = ["before", "after", `torn${random.below(TORN_MAX)}`] as const;
  return forms[random.below(forms.length)]!;
}

function drawInFlight(random: SimRandom): InFlight {
  const forms = ["lost", "lost", "applied", "late"] as const;
  return forms[random.below(forms.length)]!;
}
