import type { Barrier } from "../checkpoint/barrier.ts";
import type { Manifest } from "../checkpoint/manifest.ts";
import { type Region, regionsOf, sinkIdsOf, stageNamesOf } from "../graph/regions.ts";
import type { AttemptOptions } from "./attempt-options.ts";
import type { Beginning } from "./beginning.ts";
import { logFailures } from "./closing.ts";
import type { Executor } from "./executor.ts";
import type { OpenedJob, Opening } from "./opening.ts";
import { RegionRestarts } from "./region-restarts.ts";
import { type RegionEvents, RegionRun } from "./region-run.ts";
import type { SourceDriver } from "./source-driver.ts";
import { tellAll } from "./tell-all.ts";
import type { Instance } from "./topology.ts";

/** What the regions of an attempt need of it. */
export interface RegionsOptions extends Pick<RegionEvents, "written" | "declined" | "splits" | "ended"> {
  readonly attempt: AttemptOptions;
  readonly executor: Executor;
  readonly opening: Opening;
  /** Throws once the attempt has failed. */
  readonly assertAlive: () => void;
  /** A region has failed. Returns whether it may restart alone; otherwise the attempt fails. */
  readonly failed: (run: RegionRun) => boolean;
  /** Resolves with a generation for a region that is closed, once nothing is under way. */
  readonly drawGeneration: (region: number) => Promise<number>;
  /** It goes on under this generation. */
  readonly drawn: (generation: number) => void;
  /** A region is there again. */
  readonly restored: () => void;
  /** The attempt fails, and all of them with it. */
  readonly fail: (error: unknown) => void;
}

/**
 * The regions of an attempt: laid out and set going together, each thrown away and brought back by itself. Where there is
 * but one, what fails in it is a failure of the attempt.
 */
export class Regions {
  readonly #options: RegionsOptions;
  readonly #restarts: RegionRestarts;
  /** By region. One that is down has its last run here. */
  readonly #runs: RegionRun[] = [];
  #opened: OpenedJob | undefined;
  /** The newest complete checkpoint. */
  #newest: Manifest | undefined;
  /** The newest checkpoint that was begun. */
  #lastId = 0;
  #isOpen = false;
  #isDraining = false;
  #isCutShort = false;

  constructor(options: RegionsOptions) {
    const { attempt, opening } = options;
    this.#options = options;
    this.#restarts = new RegionRestarts({
      env: attempt.env,
      trace: attempt.trace,
      delayAfter: attempt.regionFailed,
      explain: (error) => opening.explain(error),
      drawGeneration: options.drawGeneration,
      open: (region, generation) => this.#reopen(region, generation),
      restored: (run) => this.#restored(run),
      giveUp: options.fail,
    });
  }

  /** All subtasks, in their order. */
  get instances(): readonly Instance[] {
    return this.#runs.flatMap((run) => run.instances).toSorted((one, other) => one.index - other.index);
  }

  get drivers(): readonly SourceDriver[] {
    return this.#runs.flatMap((run) => run.drivers);
  }

  /** Whether all that the sources have given has gone through every subtask. */
  get isDrained(): boolean {
    return !this.#restarts.isAnyDown && this.instances.every(({ task }) => task.isDrained);
  }

  /** Whether draining has cut some source short: event time is further than the records. */
  get isCutShort(): boolean {
    return this.#isCutShort;
  }

  /** Lays all of them out. @param lastId no checkpoint after this one has been triggered yet. */
  layOut(opened: OpenedJob, lastId: number): void {
    const { opening } = this.#options;
    this.#opened = opened;
    this.#lastId = lastId;
    for (const region of regionsOf(opened.beginning.plan)) {
      this.#runs.push(this.#newRun(region, opened.beginning, { generation: opening.generation, isAgain: false }));
    }
  }

  /** Gives all of them their state back. */
  async restore(): Promise<void> {
    const { opening, assertAlive } = this.#options;
    for (const run of this.#runs) await run.restore(assertAlive);
    // A region that fails before there is a checkpoint brings its part of a savepoint in once more.
    if (this.#runs.length === 1) await opening.closeImage();
    for (const run of this.#runs) await run.restoreInFlight();
    assertAlive();
  }

  /** Sets all of them going. */
  async start(): Promise<void> {
    for (const run of this.#runs) run.coordinate();
    for (const run of this.#runs) await run.startSources(this.#options.assertAlive);
    for (const run of this.#runs) run.start();
  }

  /** From now on one that fails may restart alone. */
  opened(): void {
    this.#isOpen = true;
  }

  /** Puts a barrier into all sources. @param enumerator takes the state of each. */
  trigger(barrier: Barrier, enumerator: (sourceId: string, state: Uint8Array) => void): void {
    this.#lastId = barrier.checkpointId;
    for (const run of this.#runs) run.trigger(barrier, enumerator);
  }

  /** A checkpoint will not be complete. */
  abort(checkpointId: number): void {
    for (const run of this.#runs) run.abort(checkpointId);
  }

  /** The head lists a checkpoint: who fails now goes back to this one. */
  completed(manifest: Manifest): void {
    const { attempt, opening } = this.#options;
    this.#newest = manifest;
    void Promise.allSettled([opening.closeImage()]).then((ends) => logFailures(attempt.env, ends));
  }

  /** What a complete checkpoint holds is settled. */
  committed(checkpointId: number): void {
    tellAll(this.#runs, (run) => run.committed(checkpointId));
  }

  /** What a complete checkpoint holds of a sink could not be committed: it is, when the region of the sink restarts. */
  commitFailed(sinkId: string, error: unknown): void {
    const run = this.#runs.find(({ region }) => sinkIdsOf(region).has(sinkId));
    if (run === undefined) this.#options.fail(error);
    else run.fail(error);
  }

  /** Ends all sources where they are; those of a region that is down when it is there again. */
  drain(): void {
    this.#isDraining = true;
    for (const run of this.#runs) this.#drain(run);
  }

  /** No failure that was there before is followed by a pause: the job is to end. */
  hurry(): void {
    this.#restarts.hurry();
  }

  /** Stops all of them, and gives back what they hold: one promise for each thing. */
  close(): readonly Promise<void>[] {
    const up = this.#runs.filter(({ region }) => !this.#restarts.isDown(region));
    return [this.#restarts.close(), ...up.flatMap((run) => run.close())];
  }

  #drain(run: RegionRun): void {
    if (run.drain()) this.#isCutShort = true;
  }

  #newRun(
    region: Region,
    beginning: Beginning,
    { generation, isAgain }: { readonly generation: number; readonly isAgain: boolean },
  ): RegionRun {
    const { attempt, executor, opening, written, declined, splits, ended } = this.#options;
    return new RegionRun({
      region,
      attempt,
      executor,
      session: (this.#opened as OpenedJob).session,
      beginning,
      takenOver: opening.generation,
      generation,
      isAgain,
      lastId: this.#lastId,
      events: { written, declined, splits, ended, failed: (run, error) => this.#failed(run, error) },
    });
  }

  #failed(run: RegionRun, error: unknown): void {
    // Who opens a region hears of it from that region.
    if (this.#isOpen && this.#runs[run.region.index] !== run) return;
    const isAlone = this.#isOpen && this.#runs.length > 1 && this.#options.failed(run);
    if (isAlone) this.#restarts.begin(run, error);
    else this.#options.fail(error);
  }

  /** What a region begins from that restarts now: the newest checkpoint, otherwise what the job began with. */
  #sinceCheckpoint({ beginning }: OpenedJob): Beginning {
    const manifest = this.#newest;
    if (manifest === undefined) return beginning;
    return { ...beginning, manifest, epoch: manifest.checkpointId, image: undefined };
  }

  async #reopen(region: Region, generation: number): Promise<RegionRun> {
    const { attempt, opening, assertAlive, drawn } = this.#options;
    const { env, trace } = attempt;
    const opened = this.#opened as OpenedJob;
    const beginning = this.#sinceCheckpoint(opened);
    const { checkpointId = 0, sinks = [] } = beginning.manifest ?? {};
    assertAlive();
    opening.drawn(generation);
    drawn(generation);
    await opened.commits.restart(sinkIdsOf(region), generation, checkpointId, sinks);
    assertAlive();
    const run = this.#newRun(region, beginning, { generation, isAgain: true });
    const bothAlive = (): void => {
      assertAlive();
      run.assertAlive();
    };
    try {
      await run.restore(bothAlive);
      await run.restoreInFlight();
      bothAlive();
      env.point("region.restored", { region: region.index, checkpointId });
      run.coordinate();
      await run.startSources(bothAlive);
      const restoredFrom = beginning.manifest?.checkpointId;
      trace?.({
        kind: "region-restarted",
        region: region.index,
        stages: stageNamesOf(region),
        generation,
        restoredFrom,
      });
      return run;
    } catch (error) {
      logFailures(env, await Promise.allSettled(run.close()));
      throw error;
    }
  }

  #restored(run: RegionRun): void {
    this.#runs[run.region.index] = run;
    run.start();
    if (this.#isDraining) this.#drain(run);
    this.#options.restored();
  }
}
