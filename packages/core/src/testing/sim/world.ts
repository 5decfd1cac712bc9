import type { LogEntry } from "../../env/env.ts";
import { messageOf } from "../../errors.ts";
import { Agenda, type AgendaItem } from "./agenda.ts";
import { guardAmbient, type AmbientGuard } from "./ambient.ts";
import { drainMicrotasks } from "./drain.ts";
import type { Damage, EffectRecord, Fault } from "./effect.ts";
import { type FaultPlan, faultsOfLife } from "./plan.ts";
import { drawPolicy, type DrawnPolicy } from "./draw-policy.ts";
import type { SchedulePolicy } from "./policy.ts";
import { type PointListener, Process, type ProcessHost, type SimOutcome, type SimProcess } from "./process.ts";
import { simRandom, type SimRandom } from "./random.ts";
import { simTrace, type SimTrace } from "./trace.ts";

/** Something durable that wants to know when a process dies. */
export interface SimMedium {
  /**
   * Told in the moment in which a process dies.
   *
   * @param power whether the machine lost power as well, so that what was not synced may go.
   */
  processDied(process: SimProcess, power: boolean, random: SimRandom): void;
  /** Spoils something that it holds. @returns what; `undefined` if it holds nothing. */
  damage?(how: Damage, random: SimRandom): string | undefined;
}

/** What a world is made with. */
export interface SimWorldOptions {
  /** Which faults strike which life. Default: none. */
  readonly plan?: FaultPlan;
  /** Who decides what happens next. Default: drawn by the seed. */
  readonly policy?: SchedulePolicy;
  /** The longest that an effect takes. Default: 5. */
  readonly latencyMs?: number;
  /** How much virtual time one step takes. Default: 0.02. */
  readonly stepMs?: number;
  /** The longest that a program is held up in the middle of its work, as a collector of garbage does. Default: 10. */
  readonly stallMs?: number;
  /** Steps after which the world gives up. Default: 200,000. */
  readonly stepsMax?: number;
  /** Virtual time after which the world gives up. Default: one hour. */
  readonly virtualMsMax?: number;
  /** Whether reaching for the ambient clock, timers or random numbers fails. Default: `true`. */
  readonly guard?: boolean;
}

/** A machine, its disks and its clock, all decided by one seed. */
export interface SimWorld {
  /** Decides everything that is left to chance. */
  readonly seed: number;
  /** For choices of what stands outside all processes. */
  readonly random: SimRandom;
  /** What has happened, line by line. */
  readonly trace: SimTrace;
  /** Virtual milliseconds since the epoch. */
  now(): number;
  /** How many steps it has taken. */
  readonly steps: number;
  /** Every effect that took place or was struck, in order. */
  readonly effects: readonly EffectRecord[];
  /** How often each named point of the engine was passed, and each probe of the simulator reached. */
  readonly points: ReadonlyMap<string, number>;
  /** Counts a probe: something that should happen now and then, if the simulation is any good. */
  reach(probe: string): void;
  /** Whether a fault has spoilt something that was stored: then a job may refuse to go on, and says so. */
  readonly isDamaged: boolean;
  /** What was found wrong, in order. */
  readonly violations: readonly string[];
  /** What happened, in words and in order: lives, faults, and what was told. The first few hundred lines are kept. */
  readonly story: readonly string[];
  /** Adds a line to the story, with the time. */
  tell(line: string): void;
  /** Notes that something is wrong. The run goes on, so that one bug shows all it does. */
  violation(text: string): void;
  /** Adds a check that is made after every step: the text of what is wrong, or `undefined`. */
  invariant(check: () => string | undefined): void;
  /** Adds somebody who is told of each point of the engine that a process passes, in that moment. */
  onPoint(listener: PointListener): void;
  /** Adds a medium, which is told of each death from then on. */
  attach(medium: SimMedium): void;
  /** Makes the next process. */
  spawn(): SimProcess;
  /**
   * Lets somebody else look at what is durable: in a process of its own, that no fault strikes and that counts as no life of
   * the job.
   *
   * @throws what `look` throws.
   */
  aside<T>(look: (process: SimProcess) => Promise<T>): Promise<T>;
  /** Lets the world go on until the process has ended, one way or the other. */
  run(process: SimProcess): Promise<SimOutcome>;
  /** Lets the world go on until the condition holds, or nothing is left to happen. */
  runUntil(condition: () => boolean): Promise<void>;
  /** Ends a process as SIGKILL does, or as a power cut does. */
  kill(process: SimProcess, fault?: Pick<Fault, "power" | "inFlight" | "damage">): void;
}

/**
 * Makes a world in which everything that happens, and when, follows from the seed.
 *
 * @example
 * ```ts
 * import { memory } from "@tidemark/backend-memory";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline, run } from "@tidemark/core";
 * import { simWorld } from "@tidemark/core/testing";
 *
 * const job = pipeline("words");
 * job.source("words", fromArray(["ebb", "flow"])).sink("out", toArray<string>().sink);
 *
 * const world = simWorld(1);
 * const process = world.spawn();
 * process.start(() => run(job, { backend: memory(), env: process.env, pick: (count, ready) => process.pick(count, ready) }).finished);
 * const { kind } = await world.run(process);
 * console.log(kind);
 * ```
 */
export function simWorld(seed: number, options: SimWorldOptions = {}): SimWorld {
  return new World(seed, options);
}

const VIOLATIONS_MAX = 100;
const STORY_MAX = 400;
/** Points of a start that has not come to its end. */
const IN_RECOVERY: ReadonlySet<string> = new Set(["restore.starting", "restore.state"]);
/** 1 March 2026, so that virtual dates look like dates. */
const EPOCH_MS = 1_772_323_200_000;

/** How a fault reads in a story. */
function strikeLine(incarnation: number, fault: Fault, effect: string): string {
  const at = `effect ${fault.at}, ${effect}`;
  const power = fault.power === true ? ", and the power is cut" : "";
  switch (fault.form) {
    case "before":
      return `process ${incarnation} dies before ${at}${power}`;
    case "after":
      return `process ${incarnation} dies after ${at} took place, and before it is told${power}`;
    case "refused":
      return `${at} of process ${incarnation} fails: it does not take place`;
    case "unanswered":
      return `${at} of process ${incarnation} takes place, and is answered with an error`;
    case "held":
      return `process ${incarnation} stands still before ${at}, and another one is started`;
    default:
      return `process ${incarnation} dies in the middle of ${at}${power}`;
  }
}

class World implements SimWorld {
  readonly seed: number;
  readonly random: SimRandom;
  readonly trace: SimTrace = simTrace();
  readonly effects: EffectRecord[] = [];
  readonly points: Map<string, number> = new Map();
  readonly violations: string[] = [];
  readonly story: string[] = [];
  readonly #options: Required<Omit<SimWorldOptions, "policy">>;
  readonly #policy: DrawnPolicy;
  readonly #schedule: SimRandom;
  readonly #agenda: Agenda = new Agenda(EPOCH_MS);
  readonly #media: SimMedium[] = [];
  readonly #invariants: (() => string | undefined)[] = [];
  readonly #pointListeners: PointListener[] = [];
  readonly #processes: Map<number, Process> = new Map();
  #spawned = 0;
  #asides = 0;
  /** The last point that each process passed. */
  readonly #phases: Map<number, string> = new Map();
  #deathsInRecovery = 0;
  #steps = 0;
  #isDamaged = false;

  constructor(seed: number, options: SimWorldOptions) {
    this.seed = seed;
    const random = simRandom(seed);
    this.#schedule = random.fork();
    this.random = random.fork();
    this.#options = {
      plan: options.plan ?? [],
      latencyMs: options.latencyMs ?? 5,
      stepMs: options.stepMs ?? 0.02,
      stallMs: options.stallMs ?? 10,
      stepsMax: options.stepsMax ?? 200_000,
      virtualMsMax: options.virtualMsMax ?? 3_600_000,
      guard: options.guard ?? true,
    };
    const { policy } = options;
    this.#policy = policy === undefined ? drawPolicy(random) : { name: "given", policy };
    this.reach(`schedule: ${this.#policy.name}`);
  }

  get steps(): number {
    return this.#steps;
  }

  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  now(): number {
    return this.#agenda.now;
  }

  reach(probe: string): void {
    this.points.set(probe, (this.points.get(probe) ?? 0) + 1);
  }

  tell(line: string): void {
    if (this.story.length < STORY_MAX) this.story.push(`${(this.now() - EPOCH_MS).toFixed(1)} ms  ${line}`);
  }

  violation(text: string): void {
    this.trace.note(`! ${text}`);
    if (this.violations.length < VIOLATIONS_MAX) this.violations.push(text);
  }

  invariant(check: () => string | undefined): void {
    this.#invariants.push(check);
  }

  onPoint(listener: PointListener): void {
    this.#pointListeners.push(listener);
  }

  attach(medium: SimMedium): void {
    this.#media.push(medium);
  }

  spawn(): SimProcess {
    const incarnation = this.#spawned++;
    return this.#made(incarnation, faultsOfLife(this.#options.plan, incarnation));
  }

  #made(incarnation: number, faults: readonly Fault[]): Process {
    // Forked from a generator of its own, so that a fault in one life does not change the choices of the first part.
    const random = simRandom(this.seed * 1000 + incarnation);
    const process = new Process(incarnation, this.#host(), random, faults);
    this.#processes.set(incarnation, process);
    this.trace.note(`${incarnation} spawned`);
    return process;
  }

  async aside<T>(look: (process: SimProcess) => Promise<T>): Promise<T> {
    const process = this.#made(-++this.#asides, []);
    process.start(() => look(process));
    const outcome = await this.run(process);
    this.#processes.delete(process.incarnation);
    if (outcome.kind === "failed") throw outcome.error;
    return (outcome as { readonly value: unknown }).value as T;
  }

  #host(): ProcessHost {
    const { latencyMs, stallMs } = this.#options;
    return {
      agenda: this.#agenda,
      trace: this.trace,
      pick: this.#policy.pick,
      latency: (random) => (random.chance(0.5) ? 0 : random.next() * latencyMs),
      stall: (random) => (random.chance(0.4) ? random.next() * stallMs : 0),
      recorded: (effect) => {
        if (effect.incarnation >= 0) this.effects.push(effect);
        this.trace.note(`${effect.incarnation} effect ${effect.ordinal} ${effect.name}`);
      },
      struck: (process, fault, effect) => {
        this.tell(strikeLine(process.incarnation, fault, effect));
        this.reach(`fault ${fault.form} after ${this.#phases.get(process.incarnation) ?? "start"}`);
      },
      late: (effect) => {
        this.reach("effect of a dead process takes place late");
        this.tell(`${effect} of a dead process takes place`);
      },
      logged: (process, entry) => this.#logged(process, entry),
      pointed: (process, name, detail = {}) => {
        for (const listener of this.#pointListeners) listener(process, name, detail);
        // No step of the protocol: it only says what there is.
        if (name === "region.built") return;
        this.reach(name);
        this.#phases.set(process.incarnation, name);
        this.trace.note(`${process.incarnation} point ${name}`);
      },
      died: (process, fault) => {
        this.#countRecovery(process);
        this.trace.note(`${process.incarnation} killed${fault.power === true ? " by a power cut" : ""}`);
        for (const medium of this.#media) medium.processDied(process, fault.power === true, this.random);
        if (fault.damage !== undefined) this.#damage(fault.damage);
      },
    };
  }

  #damage(how: Damage): void {
    const media = this.#media.filter((medium) => medium.damage !== undefined);
    if (media.length === 0) return;
    const what = media[this.random.below(media.length)]!.damage!(how, this.random);
    if (what === undefined) return;
    this.#isDamaged = true;
    this.reach(how === "flip" ? "a stored bit flips" : "the end of something stored is gone");
    this.tell(how === "flip" ? `a bit of ${what} flips` : `the end of ${what} is gone`);
  }

  /** Three deaths in a row before a restore had ended: what a job must come out of as well. */
  #countRecovery({ incarnation }: Process): void {
    const phase = this.#phases.get(incarnation) ?? "start";
    this.#deathsInRecovery = phase === "start" || IN_RECOVERY.has(phase) ? this.#deathsInRecovery + 1 : 0;
    if (this.#deathsInRecovery === 3) this.reach("recovery killed three times in a row");
  }

  #logged(process: Process, entry: LogEntry): void {
    this.trace.note(`${process.incarnation} log ${entry.level}: ${entry.message}`);
  }

  kill(process: SimProcess, fault: Pick<Fault, "power" | "inFlight" | "damage"> = {}): void {
    this.#processes.get(process.incarnation)!.kill({ at: -1, form: "before", ...fault });
  }

  async run(process: SimProcess): Promise<SimOutcome> {
    await this.runUntil(() => process.outcome.kind !== "running");
    if (process.outcome.kind === "running") {
      throw this.#failure(`process ${process.incarnation} waits for something that will never happen`);
    }
    return process.outcome;
  }

  async runUntil(condition: () => boolean): Promise<void> {
    const guard = this.#options.guard ? guardAmbient() : undefined;
    const deadline = this.#agenda.now + this.#options.virtualMsMax;
    try {
      for (;;) {
        await drainMicrotasks();
        this.#checkInvariants(guard);
        if (condition()) return;
        const item = this.#agenda.take(this.#policy.policy, this.#schedule);
        if (item === undefined) return;
        if (++this.#steps > this.#options.stepsMax) throw this.#failure(`no end after ${this.#steps - 1} steps`);
        if (this.#agenda.now > deadline) throw this.#failure(`no end after ${this.#options.virtualMsMax} virtual ms`);
        this.#agenda.advance(this.#options.stepMs);
        this.#perform(item);
      }
    } finally {
      guard?.restore();
    }
  }

  #perform(item: AgendaItem): void {
    try {
      item.run();
    } catch (error) {
      if (item.owner === undefined) throw error;
      this.violation(`uncaught: process ${item.owner} threw out of a callback: ${messageOf(error)}`);
      this.#processes.get(item.owner)!.crashed(error);
    }
  }

  #checkInvariants(guard: AmbientGuard | undefined): void {
    if (guard !== undefined && guard.leaks.length > 0) {
      throw this.#failure(`the code under test reached for ${guard.leaks.join(", ")}`);
    }
    for (const check of this.#invariants) {
      const wrong = check();
      if (wrong !== undefined) this.violation(wrong);
    }
  }

  #failure(what: string): Error {
    const tail = this.trace.tail().slice(-20).join("\n  ");
    return new Error(`Cannot finish the simulation of seed ${this.seed}: ${what}\n  ${tail}`);
  }
}
