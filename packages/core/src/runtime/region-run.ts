import type { Barrier } from "../checkpoint/barrier.ts";
import type { DeclineReason } from "../checkpoint/abort-reason.ts";
import type { Manifest, SplitPosition } from "../checkpoint/manifest.ts";
import { StateError } from "../errors.ts";
import { type Plan, sourceStages } from "../graph/plan.ts";
import type { Region } from "../graph/regions.ts";
import type { BackendSession, StateStore } from "../state/backend.ts";
import type { StateLimits } from "../state/paging/state-limits.ts";
import type { StateMemory } from "../state/paging/state-memory.ts";
import type { AttemptOptions } from "./attempt-options.ts";
import type { Beginning } from "./beginning.ts";
import { statefulOperators } from "./checkpoint-collector.ts";
import { Crew } from "./crew.ts";
import type { Executor } from "./executor.ts";
import { restoreInstance } from "./restore-instance.ts";
import type { SnapshotWriter, SubtaskSnapshot } from "./snapshot-writer.ts";
import { SourceCoordinator } from "./source-coordinator.ts";
import { SourceDriver } from "./source-driver.ts";
import { tellAll } from "./tell-all.ts";
import { buildTopology, type Instance, sourceOf, type Topology } from "./topology.ts";

/** Whom a region reports to, until it fails. */
export interface RegionEvents {
  readonly written: (instance: Instance, checkpointId: number, snapshot: SubtaskSnapshot) => void;
  readonly declined: (instance: Instance, checkpointId: number, reason: DeclineReason, error: unknown) => void;
  readonly splits: (sourceId: string, checkpointId: number, splits: readonly SplitPosition[]) => void;
  /** A subtask has ended. */
  readonly ended: () => void;
  /** Something of the region has failed. Told once. */
  readonly failed: (run: RegionRun, error: unknown) => void;
}

/** What a region runs on. */
export interface RegionRunOptions {
  readonly region: Region;
  readonly attempt: AttemptOptions;
  readonly executor: Executor;
  readonly session: BackendSession;
  /** What is restored. */
  readonly beginning: Beginning;
  /** The generation of the takeover, by which is named what checkpoints write. */
  readonly takenOver: number;
  /** That of this run, by which is named what sinks stage. */
  readonly generation: number;
  /** Whether the region has run before in this session, so that its stores have to be taken back first. */
  readonly isAgain: boolean;
  /** No checkpoint after this one has been triggered yet. */
  readonly lastId: number;
  readonly events: RegionEvents;
}

/** One run of a region: its subtasks with all that drives them, from a restore to a failure or to the end. */
export class RegionRun {
  readonly region: Region;
  readonly generation: number;
  readonly #options: RegionRunOptions;
  readonly #crew: Crew;
  readonly #memory: StateMemory | undefined;
  readonly #topology: Topology;
  readonly #writers = new Map<Instance, SnapshotWriter>();
  readonly #stores: StateStore[] = [];
  #sources: readonly SourceCoordinator[] = [];
  #failure: { readonly error: unknown } | undefined;
  #endedSubtasks = 0;

  /** Lays it out. Nothing of it runs before {@link start}. */
  constructor(options: RegionRunOptions) {
    const { region, beginning, attempt } = options;
    this.#options = options;
    this.region = region;
    this.generation = options.generation;
    this.#crew = new Crew(options.executor, (error) => this.fail(error));
    this.#memory = attempt.state.paging?.memory(shareOf(attempt.state, region, beginning.plan));
    this.#topology = this.#build();
  }

  get instances(): readonly Instance[] {
    return this.#topology.instances;
  }

  get drivers(): readonly SourceDriver[] {
    return this.instances.map(({ input }) => input).filter((input) => input instanceof SourceDriver);
  }

  /** How many of its subtasks have ended. */
  get endedSubtasks(): number {
    return this.#endedSubtasks;
  }

  /** @throws what it failed with, if it has. */
  assertAlive(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Ends it at once, with an error: nothing of it does anything any more. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#crew.stop();
    this.#options.events.failed(this, error);
  }

  /** Gives its subtasks their state back. @param assertAlive throws when it is not to go on. */
  async restore(assertAlive: () => void): Promise<void> {
    for (const instance of this.instances) {
      this.#writers.set(instance, await this.#restoreInstance(instance));
      assertAlive();
    }
  }

  /** Puts records in flight back to where they were. */
  async restoreInFlight(): Promise<void> {
    const { attempt, session, beginning, region } = this.#options;
    const { manifest, plan } = beginning;
    if (manifest?.inFlight === undefined || manifest.inFlight.objects.length === 0) return;
    if (attempt.overtaking === undefined) throw holdsInFlight(manifest);
    await attempt.overtaking.restore(session.manifests, manifest, {
      plan,
      stages: region.stages,
      topology: this.#topology,
    });
  }

  /** Makes the coordinators of its sources. */
  coordinate(): void {
    const { beginning, region } = this.#options;
    const stages = sourceStages(beginning.plan).filter((stage) => region.stages.includes(stage));
    this.#sources = stages.map((stage) => this.#coordinate(stage.index));
  }

  /** Has its sources deal out their splits. @param assertAlive throws when it is not to go on. */
  async startSources(assertAlive: () => void): Promise<void> {
    for (const source of this.#sources) {
      await source.start();
      assertAlive();
    }
  }

  /** Sets its subtasks going. */
  start(): void {
    for (const { task, subtask } of this.instances) task.start(subtask);
  }

  /** Puts a barrier into its sources. @param enumerator takes the state of each. */
  trigger(barrier: Barrier, enumerator: (sourceId: string, state: Uint8Array) => void): void {
    for (const source of this.#sources) enumerator(source.sourceId, source.trigger(barrier));
  }

  /** A checkpoint will not be complete. */
  abort(checkpointId: number): void {
    if (this.#failure !== undefined) return;
    for (const { input, task } of this.instances) {
      input.abort(checkpointId);
      // Channels that waited for its barriers may be full of records: nobody else would wake their reader.
      this.#crew.wake(task);
    }
  }

  /** A checkpoint is complete, and its commits are settled. */
  committed(checkpointId: number): void {
    if (this.#failure !== undefined) return;
    const subtasks = (): void => tellAll(this.instances, ({ subtask }) => subtask.complete(checkpointId));
    const readers = (): void => tellAll(this.drivers, (driver) => driver.checkpointCompleted(checkpointId));
    tellAll([subtasks, readers], (tell) => tell());
  }

  /** Ends its sources where they are. @returns whether that has cut one short. */
  drain(): boolean {
    const cut = this.drivers.map((driver) => driver.drain());
    return cut.includes(true);
  }

  /** Stops it, and gives back what it holds: one promise for each thing. */
  close(): readonly Promise<void>[] {
    this.#crew.stop();
    const closing: Promise<void>[] = this.#sources.map((source) => source.close());
    for (const { task, input, subtask } of this.instances) {
      task.close();
      if (input instanceof SourceDriver) closing.push(input.close());
      else input.close();
      closing.push(subtask.close());
    }
    closing.push(...this.#stores.map((store) => store.close()));
    return closing;
  }

  #build(): Topology {
    const { attempt, beginning, region, generation, events } = this.#options;
    const { config, overtaking, env, channelRecords, budget, createSubtask, trace, records } = attempt;
    return buildTopology({
      plan: beginning.plan,
      stages: region.stages,
      env,
      generation,
      channelRecords,
      barriers: config.barriers,
      captures: overtaking,
      crew: this.#crew,
      budget,
      createSubtask,
      trace,
      memory: this.#memory,
      paging: attempt.state.paging,
      events: {
        spilled: (instance, spill) => this.#writers.get(instance)?.addSpill(spill),
        frozen: (instance, checkpointId) =>
          this.#writers.get(instance)?.add(checkpointId, instance.input.captureOf(checkpointId)),
        decline: (instance, checkpointId, reason) =>
          this.#unlessFailed(() => events.declined(instance, checkpointId, reason, undefined)),
        splits: events.splits,
        requestTaken: (instance) => this.#wakeWriter(instance),
        ended: () => {
          this.#endedSubtasks++;
          events.ended();
        },
        ...records,
        fail: (error) => this.fail(error),
      },
    });
  }

  #restoreInstance(instance: Instance): Promise<SnapshotWriter> {
    const { attempt, session, takenOver, beginning, lastId, isAgain, events } = this.#options;
    return restoreInstance(instance, {
      env: attempt.env,
      session,
      generation: takenOver,
      beginning,
      isAgain,
      lastId,
      reading: this.#memory?.reading(this.instances.length),
      trace: attempt.trace,
      overtaking: attempt.overtaking,
      opened: (store) => this.#stores.push(store),
      wake: (writer) => this.#crew.wake(writer),
      written: (of, checkpointId, snapshot) => this.#unlessFailed(() => events.written(of, checkpointId, snapshot)),
      declined: (of, checkpointId, reason, error) =>
        this.#unlessFailed(() => events.declined(of, checkpointId, reason, error)),
      fail: (error) => this.fail(error),
    });
  }

  #coordinate(stageIndex: number): SourceCoordinator {
    const { attempt, beginning } = this.#options;
    const instances = this.instances.filter(({ stage }) => stage.index === stageIndex);
    const planned = sourceOf((instances[0] as Instance).stage);
    if (planned === undefined) throw new Error("Cannot coordinate a stage without a source");
    const { sourceId, source } = planned;
    return new SourceCoordinator({
      env: attempt.env,
      sourceId,
      source,
      drivers: instances.map(({ input }) => input as SourceDriver),
      restored: beginning.manifest?.sources.find((state) => state.sourceId === sourceId),
    });
  }

  /** What was begun before a failure may end after it, and is of no use any more. */
  #unlessFailed(report: () => void): void {
    if (this.#failure === undefined) report();
  }

  #wakeWriter(instance: Instance): void {
    const writer = this.#writers.get(instance);
    if (writer !== undefined) this.#crew.wake(writer);
  }
}

function holdsInFlight({ checkpointId }: Manifest): StateError {
  return new StateError(
    "STATE_INCOMPATIBLE",
    `Cannot restore checkpoint ${checkpointId}: it was taken unaligned and holds records in flight, which this run cannot take up. ` +
      'Give it { checkpoint: { mode: unaligned } }, of "@tidemark/core", and stop it once (a stop is aligned and leaves none in flight) ' +
      "before the mode is changed; nothing was changed",
    { details: { checkpointId } },
  );
}

/** Memory is divided once, by subtasks with state: what a failed region had used is free with it. */
function shareOf(state: StateLimits, region: Region, { stages }: Plan): StateLimits {
  const count = (of: readonly Region["stages"][number][]): number =>
    of.reduce((sum, stage) => sum + (statefulOperators(stage).length === 0 ? 0 : stage.parallelism), 0);
  const all = count(stages);
  return all === 0 ? state : { ...state, limitBytes: (state.limitBytes * count(region.stages)) / all };
}
