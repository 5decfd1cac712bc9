import type { SimProcess } from "./process.ts";
import type { SimWorld } from "./world.ts";

/** Lives beyond those that a plan ends, after which a job is taken for one that will never end. */
const LIVES_MAX = 12;

/** What a {@link Supervisor} does. */
export interface SupervisorOptions {
  /** Runs the job in a new process, to its end. */
  readonly launch: (process: SimProcess) => Promise<unknown>;
  /** Looks at what a process has left behind, while none runs. */
  readonly inspect: () => Promise<void>;
  /** How many lives a plan ends. */
  readonly planned: number;
}

/**
 * What keeps a job running: it starts a process, and another one when that has died or does not answer for a while. A process
 * that stood still may come back and find itself overtaken.
 */
export class Supervisor {
  readonly #world: SimWorld;
  readonly #options: SupervisorOptions;
  readonly #livesMax: number;
  readonly #running: Set<SimProcess> = new Set();
  #newest: SimProcess | undefined;
  #lives = 0;
  #crashes = 0;

  constructor(world: SimWorld, options: SupervisorOptions) {
    this.#world = world;
    this.#options = options;
    this.#livesMax = LIVES_MAX + options.planned;
  }

  /** How many processes were started. */
  get lives(): number {
    return this.#lives;
  }

  /** How many of them were killed. */
  get crashes(): number {
    return this.#crashes;
  }

  /** Runs until the job is over, and what is still on its way has arrived. */
  async run(): Promise<void> {
    await this.#start();
    while (!(await this.#next()));
    // Late effects of dead processes, and processes that stood still and come back: what they do belongs to the output.
    await this.#world.runUntil(() => false);
    for (const process of this.#running) this.#judgeOvertaken(process);
    this.#running.clear();
  }

  async #start(): Promise<void> {
    if (this.#lives > 0 && this.#running.size === 0) await this.#options.inspect();
    if (++this.#lives > this.#livesMax) throw new Error(`Cannot finish the scenario: started ${this.#lives} times`);
    const process = this.#world.spawn();
    this.#newest = process;
    this.#running.add(process);
    process.start(() => this.#options.launch(process));
  }

  /** @returns whether the job is over. */
  async #next(): Promise<boolean> {
    const newest = this.#newest!;
    await this.#world.runUntil(() => this.#ended() !== undefined || newest.wasHeld);
    const ended = this.#ended();
    if (ended === undefined) {
      if (!newest.wasHeld) await this.#world.run(newest);
      else await this.#start();
      return false;
    }
    this.#running.delete(ended);
    const { outcome } = ended;
    if (outcome.kind === "finished") return true;
    if (outcome.kind === "killed") this.#crashes++;
    else if (!isOvertaken(ended) || this.#lives === 1) {
      for (const process of [ended, ...this.#running]) this.#world.kill(process);
      throw (outcome as { readonly error: unknown }).error;
    }
    if (this.#running.size === 0 || (ended === newest && outcome.kind === "killed")) await this.#start();
    return false;
  }

  #ended(): SimProcess | undefined {
    for (const process of this.#running) if (process.outcome.kind !== "running") return process;
    return undefined;
  }

  #judgeOvertaken(process: SimProcess): void {
    const { outcome } = process;
    if (outcome.kind === "failed" && !isOvertaken(process)) {
      this.#world.violation(`process ${process.incarnation} was overtaken, and failed with ${String(outcome.error)}`);
    }
    if (outcome.kind === "running") {
      this.#world.violation(
        `process ${process.incarnation} was overtaken, and waits for something that will never happen`,
      );
    }
  }
}

/** Whether a process ended because another one owns the job. */
function isOvertaken({ outcome }: SimProcess): boolean {
  return outcome.kind === "failed" && (outcome.error as { readonly code?: string }).code === "CHECKPOINT_FENCED";
}
