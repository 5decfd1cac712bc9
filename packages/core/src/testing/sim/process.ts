import type { Env, LogEntry, PointName } from "../../env/env.ts";
import type { Agenda, AgendaItem } from "./agenda.ts";
import type { Effect, EffectRecord, Fault } from "./effect.ts";
import type { SimRandom } from "./random.ts";
import type { SimTrace } from "./trace.ts";

/** How the life of a process stands. */
export type SimOutcome =
  | { readonly kind: "running" }
  | { readonly kind: "finished"; readonly value: unknown }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "killed" };

/**
 * One life of a program under simulation: from its start to its end, or to the moment it is killed. A killed process
 * gets no callback and no answer any more, so none of its code runs again, `finally` blocks included.
 */
export interface SimProcess {
  /** 0 for the first process of a world, then 1, and so on. */
  readonly incarnation: number;
  /** All that the program has of the outside. What it waits for never comes after the process has died. */
  readonly env: Env;
  /** Whether it has not been killed; one that has ended by itself counts as alive. */
  readonly alive: boolean;
  /** How its life stands. */
  readonly outcome: SimOutcome;
  /** Asks for an effect. The promise stays pending for ever if the process dies first. */
  effect<T>(effect: Effect<T>): Promise<T>;
  /** How many effects of this name were asked for and have not taken place; of those that are about one thing, one. */
  underWay(effect: string): number;
  /** Chooses one of `count` things. */
  choose(count: number): number;
  /**
   * As `choose`, with a leaning to the last one: for hosts that count from what has waited longest. Where the world goes by
   * priorities, they decide.
   *
   * @param ready the things themselves, each the same object every time.
   */
  pick(count: number, ready?: readonly object[]): number;
  /** Starts the program. Call it once. */
  start(main: () => Promise<unknown>): void;
  /** Whether the processor is withheld, or has been. */
  readonly wasHeld: boolean;
  /** Withholds the processor, as a pause of the machine does, until {@link thaw}. Other processes go on. */
  freeze(): void;
  /** Gives the processor back. What fell due meanwhile happens then. */
  thaw(): void;
}

/** What a point of the engine is passed with. */
export type PointDetail = Readonly<Record<string, unknown>>;

/** Hears of each point of the engine that a process passes. */
export type PointListener = (process: SimProcess, name: PointName, detail: PointDetail) => void;

/** What a process needs of its world. */
export interface ProcessHost {
  readonly agenda: Agenda;
  readonly trace: SimTrace;
  /** Chooses which of several ready subtasks goes on, where that is not left to chance. */
  readonly pick: ((ready: readonly object[]) => number) | undefined;
  /** Milliseconds that an effect may take; drawn anew for each. */
  latency(random: SimRandom): number;
  /** Milliseconds for which the program is held up while it looks at the clock; nearly always 0. */
  stall(random: SimRandom): number;
  recorded(effect: EffectRecord): void;
  /** A fault strikes at an effect that has just been recorded. */
  struck(process: Process, fault: Fault, effect: string): void;
  /** An effect takes place whose process died a while ago. */
  late(effect: string): void;
  logged(process: Process, entry: LogEntry): void;
  pointed(process: Process, name: PointName, detail: PointDetail | undefined): void;
  died(process: Process, fault: Fault): void;
}

/** How long a process is held. */
const HELD_MS = 1000;

/** The world's own view of a {@link SimProcess}. */
export class Process implements SimProcess {
  readonly incarnation: number;
  readonly env: Env;
  readonly #host: ProcessHost;
  readonly #random: SimRandom;
  readonly #faults: ReadonlyMap<number, Fault>;
  /** Effects that were asked for and have not taken place, by their item on the agenda. */
  readonly #inFlight: Map<AgendaItem, Effect<unknown>> = new Map();
  /** How often the one goes on that has become ready last, so that others wait for long. */
  readonly #haste: number;
  #outcome: SimOutcome = { kind: "running" };
  #effects = 0;
  #wasHeld = false;

  constructor(incarnation: number, host: ProcessHost, random: SimRandom, faults: readonly Fault[]) {
    this.incarnation = incarnation;
    this.#host = host;
    this.#random = random;
    this.#faults = new Map(faults.map((fault) => [fault.at, fault]));
    this.#haste = [0.5, 0.8, 0.95][random.below(3)]!;
    this.env = this.#createEnv();
  }

  get alive(): boolean {
    return this.#outcome.kind !== "killed";
  }

  get outcome(): SimOutcome {
    return this.#outcome;
  }

  get wasHeld(): boolean {
    return this.#wasHeld;
  }

  underWay(effect: string): number {
    const found = new Set<unknown>();
    for (const each of this.#inFlight.values()) if (each.name === effect) found.add(each.about ?? each);
    return found.size;
  }

  #createEnv(): Env {
    const { agenda } = this.#host;
    const random = this.#random.fork();
    const bornAt = agenda.now;
    return {
      now: () => Math.floor(agenda.now),
      monotonic: () => {
        agenda.advance(this.#host.stall(random));
        return agenda.now - bornAt;
      },
      random: () => random.next(),
      development: true,
      schedule: (delayMs, callback) => {
        if (!this.alive) return () => undefined;
        const item = agenda.add(this.incarnation, `${this.incarnation}:timer`, Math.max(0.001, delayMs), callback);
        return () => agenda.cancel(item);
      },
      turn: () =>
        new Promise((resolve) => {
          if (this.alive) agenda.add(this.incarnation, `${this.incarnation}:turn`, 0, resolve);
        }),
      log: (entry) => this.#host.logged(this, entry),
      point: (name, detail) => {
        if (this.alive) this.#host.pointed(this, name, detail);
      },
    };
  }

  choose(count: number): number {
    return this.#random.below(count);
  }

  pick(count: number, ready?: readonly object[]): number {
    if (ready !== undefined && this.#host.pick !== undefined) return this.#host.pick(ready);
    return this.#random.chance(this.#haste) ? count - 1 : this.#random.below(count);
  }

  start(main: () => Promise<unknown>): void {
    main().then(
      (value) => this.#settle({ kind: "finished", value }),
      (error: unknown) => this.#settle({ kind: "failed", error }),
    );
  }

  #settle(outcome: SimOutcome): void {
    if (this.#outcome.kind === "running") this.#outcome = outcome;
  }

  /** Ends the process with an error that no promise carries, such as one thrown by a timer's callback. */
  crashed(error: unknown): void {
    this.#settle({ kind: "failed", error });
  }

  freeze(): void {
    this.#wasHeld = true;
    this.#host.agenda.freeze(this.incarnation);
  }

  thaw(): void {
    this.#host.agenda.thaw(this.incarnation);
  }

  effect<T>(effect: Effect<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.alive) return;
      const label = `${this.incarnation}:${effect.name}`;
      const delay = this.#host.latency(this.#random) + this.#random.next() * (effect.slowMs ?? 0);
      const item = this.#host.agenda.add(this.incarnation, label, delay, () => {
        this.#inFlight.delete(item);
        this.#perform(effect, resolve, reject);
      });
      this.#inFlight.set(item, effect as Effect<unknown>);
    });
  }

  #perform<T>(effect: Effect<T>, resolve: (value: T) => void, reject: (error: unknown) => void): void {
    const ordinal = this.#effects++;
    this.#host.recorded(recordOf(this.incarnation, ordinal, effect));
    const fault = this.#faults.get(ordinal);
    if (fault !== undefined) this.#host.struck(this, fault, effect.name);
    if (fault?.form === "held") return this.#hold(fault, effect, resolve, reject);
    if (fault?.form === "before") return this.kill(fault);
    if (fault?.form.startsWith("torn") === true) {
      effect.torn?.[Number(fault.form.slice(4))]?.();
      return this.kill(fault);
    }
    if (fault?.form === "refused" && effect.failure !== undefined) {
      return this.#answer(effect, () => reject(effect.failure!(false)));
    }
    const done = (settle: () => void): void => {
      if (!this.alive) return;
      if (fault?.form === "after") return this.kill(fault);
      if (fault?.form === "unanswered" && effect.failure !== undefined) {
        return this.#answer(effect, () => reject(effect.failure!(true)));
      }
      this.#answer(effect, settle);
    };
    let reply: T | PromiseLike<T>;
    try {
      reply = effect.apply();
    } catch (error) {
      return done(() => reject(error));
    }
    if (!isThenable(reply)) {
      const value = reply;
      return done(() => resolve(value));
    }
    reply.then(
      (value) => done(() => resolve(value)),
      (error: unknown) => done(() => reject(error)),
    );
  }

  /** Stops at an effect, which takes place when the process goes on. */
  #hold<T>(fault: Fault, effect: Effect<T>, resolve: (value: T) => void, reject: (error: unknown) => void): void {
    const { agenda } = this.#host;
    const item = agenda.add(this.incarnation, `${this.incarnation}:${effect.name}`, 0, () => {
      this.#inFlight.delete(item);
      this.#perform(effect, resolve, reject);
    });
    this.#inFlight.set(item, effect as Effect<unknown>);
    this.freeze();
    agenda.add(undefined, `${this.incarnation}:thaw`, fault.heldMs ?? HELD_MS, () => this.thaw());
  }

  /** Half of the answers come at once, so that what waits on them goes on in the same step; the others wait as well. */
  #answer(effect: Effect<unknown>, settle: () => void): void {
    if (this.#random.chance(0.5)) return settle();
    const label = `${this.incarnation}:${effect.name}.reply`;
    this.#host.agenda.add(this.incarnation, label, this.#host.latency(this.#random), settle);
  }

  /** Ends the process on the spot, as SIGKILL does. */
  kill(fault: Fault): void {
    if (this.#outcome.kind !== "running") return;
    this.#outcome = { kind: "killed" };
    const inFlight = fault.inFlight ?? "lost";
    for (const item of this.#host.agenda.removeOf(this.incarnation)) {
      const effect = this.#inFlight.get(item);
      if (effect === undefined || inFlight === "lost") continue;
      if (inFlight === "applied") applyUnheard(effect);
      else if (effect.remote === true) {
        const delay = this.#random.below(3000);
        this.#host.agenda.add(undefined, `late:${effect.name}`, delay, () => {
          this.#host.late(effect.name);
          applyUnheard(effect);
        });
      }
    }
    this.#inFlight.clear();
    this.#host.died(this, fault);
  }
}

function recordOf(incarnation: number, ordinal: number, effect: Effect<unknown>): EffectRecord {
  return {
    incarnation,
    ordinal,
    name: effect.name,
    read: effect.read === true,
    torn: effect.torn?.length ?? 0,
    fails: effect.failure !== undefined,
  };
}

/** Lets an effect take place whose process is dead: neither its reply nor its error reaches anybody. */
function applyUnheard(effect: Effect<unknown>): void {
  try {
    const reply = effect.apply();
    if (isThenable(reply)) reply.then(undefined, () => undefined);
  } catch {
    // Nobody is left to hear of it.
  }
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && typeof (value as PromiseLike<T>).then === "function";
}
