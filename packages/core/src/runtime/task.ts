import type { Barrier } from "../checkpoint/barrier.ts";
import type { Env } from "../env/env.ts";
import type { Batch } from "../operators/batch.ts";
import { AGAIN, DONE, FULL, PENDING, type Progress } from "../operators/progress.ts";
import { ActivityClock, type SubtaskActivity } from "./activity.ts";
import type { Actor } from "./executor.ts";
import type { Input, InputEvent } from "./input.ts";
import type { Outputs } from "./outputs.ts";
import type { Subtask } from "./subtask.ts";
import type { SubtaskName, TraceListener } from "./trace.ts";
import { SHARE_RECORDS } from "./work-share.ts";

/** What a task needs of its surroundings. */
export interface TaskOptions {
  readonly at: SubtaskName;
  readonly env: Env;
  readonly input: Input;
  readonly outputs: Outputs;
  readonly trace: TraceListener | undefined;
  /** There may be something to do. */
  readonly wake: () => void;
  /** The state has been frozen: it can be written. */
  readonly frozen: (checkpointId: number) => void;
  /** A request of the subtask has been taken: a snapshot that waited for it may go on. */
  readonly requestTaken: () => void;
  /** All input has ended and everything that follows from it is done. */
  readonly ended: () => void;
}

/** Drives one subtask from its input, in shares. Barriers are taken only when nothing is half done. */
export class Task implements Actor {
  readonly #options: TaskOptions;
  readonly #activity: ActivityClock;
  readonly #endedRequests: number[] = [];
  readonly #replays: { readonly operator: number; readonly input: number; readonly batch: Batch }[] = [];
  #subtask: Subtask | undefined;
  /** Whether all that was replayed is through. */
  #isBegun = false;
  #progress: Progress = DONE;
  #ending = false;
  #ended = false;
  /** The input has become idle, and those downstream do not know it yet. */
  #becomesIdle = false;
  #cancelTick: () => void = () => undefined;
  #tickAt = Infinity;

  constructor(options: TaskOptions) {
    this.#options = options;
    this.#activity = new ActivityClock(options.env);
  }

  /** Records of a restored checkpoint that were on their way to one of the operators: they come before all others. */
  replay(operator: number, input: number, batch: Batch): void {
    this.#replays.push({ operator, input, batch });
  }

  /** Sets it going. */
  start(subtask: Subtask): void {
    this.#subtask = subtask;
    // What was on its way to an operator comes before all that those before it hand on to it.
    this.#replays.sort((one, other) => other.operator - one.operator);
    this.#options.wake();
  }

  /** A request of the subtask has ended; it is told when it is its turn. */
  requestEnded(requestId: number): void {
    this.#endedRequests.push(requestId);
    this.#options.wake();
  }

  /** Stops its timer. */
  close(): void {
    this.#cancelTick();
  }

  /** Whether nothing is left of what came in. */
  get isDrained(): boolean {
    return this.#isBegun && this.#progress === DONE && this.#subtask?.isDrained() !== false;
  }

  get activity(): Omit<SubtaskActivity, "at"> {
    return this.#activity.times;
  }

  step(until: number): boolean {
    const subtask = this.#subtask;
    if (subtask === undefined) return false;
    this.#activity.turnTo("busy");
    const goesOn = this.#goOn(subtask, until);
    // A request under way is the subtask's own work; who has more to do at once stays busy.
    if (this.#progress === FULL || this.#options.outputs.isFull) this.#activity.turnTo("backPressured");
    else if (!goesOn && this.#progress !== PENDING) this.#activity.turnTo("idle");
    return goesOn;
  }

  #goOn(subtask: Subtask, until: number): boolean {
    this.#takeRequests(subtask);
    const { env } = this.#options;
    let records = 0;
    const isOver = (): boolean => records >= SHARE_RECORDS || env.monotonic() >= until;
    do {
      const { urgency } = this.#options.input;
      this.#options.outputs.overdraw(urgency !== "none");
      if (this.#progress !== DONE) {
        if (this.#takeBarrier(subtask)) continue;
        if (!this.#resume(subtask)) return this.#progress === AGAIN;
        continue;
      }
      if (this.#ending && subtask.isDrained()) this.#finishEnding(subtask);
      const replayed = this.#replays[0];
      if (replayed === undefined && !this.#isBegun) {
        this.#isBegun = true;
        // A restored checkpoint may have been taken before a watermark was through.
        this.#progress = subtask.begin();
        continue;
      }
      if (this.#options.outputs.isFull && (urgency !== "next" || replayed !== undefined)) return false;
      if (replayed !== undefined) {
        this.#replays.shift();
        records += replayed.batch.values.length;
        this.#progress = subtask.replay(replayed.operator, replayed.input, replayed.batch);
        continue;
      }
      if (urgency === "none" && this.#tick(subtask)) {
        records++;
        continue;
      }
      const event = this.#options.input.next();
      if (event === undefined) break;
      records += event.kind === "batch" ? event.batch.values.length : 1;
      this.#take(subtask, event);
    } while (!isOver());
    this.#sayIdle(subtask);
    this.#armTick(subtask);
    return isOver();
  }

  #takeRequests(subtask: Subtask): void {
    if (this.#endedRequests.length === 0) return;
    for (const requestId of this.#endedRequests.splice(0)) subtask.completed(requestId);
    this.#options.requestTaken();
    // What has come back may let results go on, though no call is half done.
    if (this.#progress === PENDING || this.#progress === DONE) this.#progress = AGAIN;
  }

  /** Those downstream no longer wait for an idle input, and so not before all is there that it has led to. */
  #sayIdle(subtask: Subtask): void {
    if (!this.#becomesIdle || this.#progress !== DONE || !subtask.isDrained()) return;
    this.#becomesIdle = false;
    this.#options.outputs.status("idle");
  }

  /** Takes a barrier between two timers of one watermark, if nothing is to be handled before it. */
  #takeBarrier(subtask: Subtask): boolean {
    const { input, outputs } = this.#options;
    if (!input.awaitsBarrier || outputs.isFull || !subtask.mayBeCut()) return false;
    const event = input.nextOfBarrier();
    if (event === undefined) return false;
    this.#take(subtask, event);
    return true;
  }

  /** Goes on with what was left. False: not now. */
  #resume(subtask: Subtask): boolean {
    const { input, outputs } = this.#options;
    const waits = this.#progress === PENDING;
    if (waits && !input.awaitsBarrier) return false;
    if (this.#progress === FULL && outputs.isFull) return false;
    this.#progress = waits ? subtask.makeWay() : subtask.resume();
    return this.#progress !== AGAIN && (!waits || this.#progress !== PENDING);
  }

  #take(subtask: Subtask, event: InputEvent): void {
    switch (event.kind) {
      case "batch":
        this.#progress = subtask.batch(event.input, event.batch);
        return;
      case "watermark":
        this.#options.trace?.({ kind: "watermark", at: this.#options.at, time: event.time });
        this.#progress = subtask.watermark(event.time);
        return;
      case "status":
        this.#becomesIdle = event.status === "idle";
        if (event.status === "active") this.#options.outputs.status("active");
        this.#sayIdle(subtask);
        return;
      case "barrier":
        this.#barrier(subtask, event.barrier);
        return;
      case "end":
        this.#ending = true;
    }
  }

  /** The snapshot first, then the barrier goes on, and only then the channels flow again. */
  #barrier(subtask: Subtask, barrier: Barrier): void {
    const { at, env, input, outputs, trace, frozen } = this.#options;
    const { checkpointId } = barrier;
    const begunAt = env.monotonic();
    subtask.barrier(checkpointId);
    env.point("snapshot.frozen", { checkpointId, ...at });
    trace?.({ kind: "snapshot-frozen", checkpointId, at, durationMs: env.monotonic() - begunAt });
    outputs.barrier(barrier);
    trace?.({ kind: "barrier-forwarded", checkpointId, at });
    input.barrierTaken(checkpointId);
    frozen(checkpointId);
  }

  /** Barriers pass before this, and after it; records do not. */
  #finishEnding(subtask: Subtask): void {
    subtask.endInput();
    this.#ending = false;
    this.#ended = true;
    this.#options.trace?.({ kind: "ended", at: this.#options.at });
    this.#options.ended();
  }

  /** Lets processing-time timers fire that are due. After the end of input none does: nothing may follow it. */
  #tick(subtask: Subtask): boolean {
    const next = this.#ending || this.#ended ? undefined : subtask.nextTick();
    if (next === undefined) return false;
    const now = this.#options.env.now();
    if (next > now) return false;
    this.#progress = subtask.tick(now);
    return true;
  }

  #armTick(subtask: Subtask): void {
    const next = this.#ending || this.#ended ? Infinity : (subtask.nextTick() ?? Infinity);
    if (next === this.#tickAt) return;
    this.#cancelTick();
    this.#tickAt = next;
    if (next === Infinity) return;
    this.#cancelTick = this.#options.env.schedule(Math.max(0, next - this.#options.env.now()), () => {
      this.#tickAt = Infinity;
      this.#options.wake();
    });
  }
}
