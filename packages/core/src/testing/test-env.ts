import type { Env, LogEntry, PointName } from "../env/env.ts";
import { standardEnv } from "../env/standard-env.ts";
import { seededRandom } from "./state-backend/suite-env.ts";

/** An env whose time belongs to a test. Nothing in it depends on how fast the machine is. */
export interface TestEnv {
  /** What is handed to the code under test. */
  readonly env: Env;
  /** The engine's log so far. */
  readonly logged: readonly LogEntry[];
  /** The named points passed so far. */
  readonly points: readonly PointName[];
  /** How many calls are scheduled. */
  waiting(): number;
}

/** A {@link TestEnv} whose clock a test moves. */
export interface ManualEnv extends TestEnv {
  /** Lets time pass, and makes the calls that fall due. */
  pass(ms: number): void;
}

/** Options of {@link manualEnv} and {@link frozenEnv}. */
export interface TestEnvOptions {
  /** Both clocks begin here. Default: 0. */
  readonly now?: number;
  /** Chance follows from it. Default: 1. */
  readonly seed?: number;
  /** Whether mistakes of user code are looked for; see `Env`. Default: true. */
  readonly development?: boolean;
}

/** Options of {@link frozenEnv}. */
export interface FrozenEnvOptions extends TestEnvOptions {
  /** How much time a turn takes. Default: 1. */
  readonly turnMs?: number;
}

/**
 * An env whose clock stands still until {@link ManualEnv.pass}.
 *
 * @example
 * ```ts
 * import { manualEnv } from "@tidemark/core/testing";
 *
 * const { env, pass, waiting } = manualEnv();
 * console.log(env.now(), waiting());
 * pass(5_000);
 * console.log(env.now());
 * // prints 0 0
 * // prints 5000
 * ```
 */
export function manualEnv(options: TestEnvOptions = {}): ManualEnv {
  const time = new VirtualTime(options.now ?? 0);
  return { ...testEnv(time, standardEnv().turn, options), pass: (ms) => time.passTo(time.now + ms) };
}

/**
 * An env whose clock stands still while code runs and between awaits, as it does in deployed isolates: it moves only
 * when a turn is taken, and skips to the next scheduled call when nobody takes one. So a job of hours ends at once, and
 * whoever relies on a clock to stop him never stops.
 *
 * @example
 * ```ts
 * import { memory } from "@tidemark/backend-memory";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline, run } from "@tidemark/core";
 * import { frozenEnv } from "@tidemark/core/testing";
 *
 * const { env } = frozenEnv();
 * const out = toArray<string>();
 * const job = pipeline("words");
 * job.source("words", fromArray(["ebb", "flow"])).sink("out", out.sink);
 * await run(job, { backend: memory(), env }).finished;
 * console.log(out.values);
 * // prints ["ebb","flow"]
 * ```
 */
export function frozenEnv(options: FrozenEnvOptions = {}): TestEnv {
  const time = new VirtualTime(options.now ?? 0);
  const pump = new Pump(time, options.turnMs ?? 1);
  time.onSchedule = () => pump.start();
  return testEnv(time, () => pump.turn(), options);
}

function testEnv(time: VirtualTime, turn: Env["turn"], options: TestEnvOptions): TestEnv {
  const logged: LogEntry[] = [];
  const points: PointName[] = [];
  const env: Env = {
    now: () => Math.floor(time.now),
    monotonic: () => time.now,
    random: seededRandom(options.seed ?? 1),
    development: options.development ?? true,
    schedule: (delayMs, callback) => time.schedule(delayMs, callback),
    turn,
    log: (entry) => {
      logged.push(entry);
    },
    point: (name) => {
      points.push(name);
    },
  };
  return { env, logged, points, waiting: () => time.waiting };
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock, and what waits for it. */
class VirtualTime {
  now: number;
  onSchedule: () => void = () => undefined;
  readonly #timers = new Set<Timer>();

  constructor(now: number) {
    this.now = now;
  }

  get waiting(): number {
    return this.#timers.size;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { at: this.now + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    this.onSchedule();
    return () => this.#timers.delete(timer);
  }

  /** The earliest; of several at one time the one that was scheduled first. */
  get next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (next === undefined || timer.at < next.at) next = timer;
    return next;
  }

  passTo(until: number): void {
    for (let { next } = this; next !== undefined && next.at <= until; { next } = this) {
      this.#timers.delete(next);
      this.now = Math.max(this.now, next.at);
      next.callback();
    }
    this.now = Math.max(this.now, until);
  }
}

/** Takes turns of the runtime as long as somebody waits for one, or for the clock. */
class Pump {
  readonly #time: VirtualTime;
  readonly #turnMs: number;
  readonly #takeTurn = standardEnv().turn;
  #turns: (() => void)[] = [];
  #running = false;

  constructor(time: VirtualTime, turnMs: number) {
    this.#time = time;
    this.#turnMs = turnMs;
  }

  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#turns.push(resolve);
      this.start();
    });
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#takeTurn().then(() => this.#step());
  }

  #step(): void {
    this.#running = false;
    const turns = this.#turns;
    this.#turns = [];
    const until = turns.length > 0 ? this.#time.now + this.#turnMs : this.#time.next?.at;
    if (until !== undefined) this.#time.passTo(until);
    for (const resolve of turns) resolve();
    if (this.#turns.length > 0 || this.#time.waiting > 0) this.start();
  }
}
