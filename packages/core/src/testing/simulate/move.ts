import type { JobHandle } from "../../api/run.ts";
import { isTidemarkError } from "../../errors.ts";
import type { JobOrigin, SavepointLocation } from "../../savepoints/image.ts";
import { objectSavepoint } from "../../savepoints/location.ts";
import { claim, fork } from "../../savepoints/origin.ts";
import type { TraceEvent } from "../../runtime/trace.ts";
import type { SimBackend } from "../sim/job-scenario.ts";
import { simObjectStore, type SimObjectStore } from "../sim/object-store.ts";
import type { SimProcess } from "../sim/process.ts";
import type { SimWorld } from "../sim/world.ts";

/**
 * A job that is stopped with a savepoint and goes on from it on another backend: in its own place, or as a fork, which leaves
 * to the first one what that had still to commit. `"stay"`: the savepoint is taken while the job goes on, and nothing moves.
 */
export interface MoveSettings {
  /** How it goes on from the savepoint. */
  readonly how: "claim" | "fork" | "stay";
  /** After how many records of a life the savepoint is asked for. */
  readonly afterRecords: number;
  /** Where the job goes. */
  readonly backend: SimBackend;
}

/** One run of the job, before the move or after it. */
export type StartLeg = (
  process: SimProcess,
  leg: Leg,
  from: JobOrigin | undefined,
  trace: (event: TraceEvent) => void,
) => JobHandle;

/** Before the move, or after it. */
export type Leg = 0 | 1;

/** Savepoints that one life asks for, if they fail, before it goes on without one. */
const TRIES_MAX = 3;

/** What a job does no more when it has ended. */
const GOES_ON: ReadonlySet<TraceEvent["kind"]> = new Set(["attempt-started", "checkpoint-completed", "committed"]);

/** What moves a job: an operator who takes a savepoint, notes where it is, and starts the job there. */
export class Move {
  readonly #world: SimWorld;
  readonly #settings: MoveSettings;
  readonly #start: StartLeg;
  readonly #store: SimObjectStore;
  /** What the operator has noted: the savepoint that the job has moved with. */
  #moved: string | undefined;

  constructor(world: SimWorld, settings: MoveSettings, start: StartLeg) {
    this.#world = world;
    this.#settings = settings;
    this.#start = start;
    this.#store = simObjectStore(world);
  }

  /** Runs the job in a process, to its end. */
  async run(process: SimProcess): Promise<void> {
    if (this.#moved === undefined && (await this.#leave(process))) return;
    const location = objectSavepoint(this.#store.client(process), this.#moved!);
    const origin = this.#settings.how === "fork" ? fork(location, { committables: "drop" }) : claim(location);
    this.#world.reach(`job goes on from a savepoint: ${this.#settings.how}`);
    for (;;) {
      const { outcome } = await this.#start(process, 1, origin, ignore).finished;
      if (outcome === "finished") return;
    }
  }

  /** @returns whether the job has come to its end before it could move. */
  async #leave(process: SimProcess): Promise<boolean> {
    for (let attempt = 0; ; attempt++) {
      const place = `savepoints/${process.incarnation}-${attempt}`;
      const location = attempt < TRIES_MAX ? objectSavepoint(this.#store.client(process), place) : undefined;
      const { outcome, isThere } = await this.#runTo(process, location);
      if (outcome === "finished") return true;
      if (isThere && this.#settings.how !== "stay") {
        await this.#note(process, place);
        return false;
      }
    }
  }

  /** Runs the job to its end, or to the savepoint. */
  async #runTo(
    process: SimProcess,
    location: SavepointLocation | undefined,
  ): Promise<{ readonly outcome: string; readonly isThere: boolean }> {
    const { how, afterRecords } = this.#settings;
    let read = 0;
    let savepoint: Promise<boolean> | undefined;
    let isTold = false;
    const handle = this.#start(process, 0, undefined, (event) => {
      // Whoever goes on from it would do again what the job still does.
      if (isTold && how !== "stay" && GOES_ON.has(event.kind)) {
        this.#world.violation(`savepoint: the job was to stop with it, and goes on when it is told of: ${event.kind}`);
      }
      if (event.kind === "batch" && event.channel === undefined) read += event.values.length;
      if (read < afterRecords || savepoint !== undefined || location === undefined) return;
      // An operator is no part of the job: what it asks for comes between two steps of it.
      savepoint = soon(process)
        .then(() => isWritten(handle.savepoint(location, { after: how === "stay" ? "continue" : "stop" })))
        .then((isWhole) => (isTold = isWhole));
    });
    const { outcome } = await handle.finished;
    const isThere = (await savepoint) ?? false;
    if (isThere) this.#world.reach("savepoint written");
    return { outcome, isThere };
  }

  async #note(process: SimProcess, place: string): Promise<void> {
    await process.effect({
      name: "operator.note",
      apply: () => {
        this.#moved = place;
      },
    });
  }
}

function soon({ env }: SimProcess): Promise<void> {
  return new Promise((resolve) => env.schedule(0, resolve));
}

/** Whether it can be used. One that fails does no harm to the job, and is taken again. */
async function isWritten(savepoint: Promise<unknown>): Promise<boolean> {
  try {
    await savepoint;
    return true;
  } catch (error) {
    const code = isTidemarkError(error) ? error.code : undefined;
    if (code !== "SAVEPOINT_FAILED" && code !== "SAVEPOINT_EXISTS") throw error;
    return false;
  }
}

function ignore(): void {
  // What happens after the move asks for nothing.
}
