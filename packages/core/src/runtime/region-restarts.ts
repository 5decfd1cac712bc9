import type { Env } from "../env/env.ts";
import { isTidemarkError, messageOf } from "../errors.ts";
import { type Region, stageNamesOf } from "../graph/regions.ts";
import { logFailures } from "./closing.ts";
import { Pause } from "./pause.ts";
import type { RegionRun } from "./region-run.ts";
import type { TraceListener } from "./trace.ts";

/** What is needed to restart a region. */
export interface RegionRestartsOptions {
  readonly env: Env;
  readonly trace: TraceListener | undefined;
  /** A failure is answered with a pause of so many milliseconds; `undefined`: not at all. */
  readonly delayAfter: (error: unknown) => number | undefined;
  /** What a failure comes from. */
  readonly explain: (error: unknown) => Promise<unknown>;
  /** Resolves with a generation, once nothing is under way. */
  readonly drawGeneration: (region: number) => Promise<number>;
  /** Lays the region out anew under a generation and restores it: it is not set going yet. A failed one is closed. */
  readonly open: (region: Region, generation: number) => Promise<RegionRun>;
  /** The region is restored: sets it going. */
  readonly restored: (run: RegionRun) => void;
  /** The region cannot be restarted alone. */
  readonly giveUp: (error: unknown) => void;
}

/** Restarts regions that have failed, each by itself, while the others go on. */
export class RegionRestarts {
  readonly #options: RegionRestartsOptions;
  readonly #underWay = new Map<number, Promise<void>>();
  /** By region. */
  readonly #pauses = new Map<number, Pause>();
  #closed = false;

  constructor(options: RegionRestartsOptions) {
    this.#options = options;
  }

  /** Whether some region is down. */
  get isAnyDown(): boolean {
    return this.#underWay.size > 0;
  }

  /** Whether a region is down. It is closed then, or will be without anybody's help. */
  isDown({ index }: Region): boolean {
    return this.#underWay.has(index);
  }

  /** A region has failed: it is closed, and comes back after a pause. */
  begin(failed: RegionRun, error: unknown): void {
    const { index } = failed.region;
    this.#pauses.set(index, new Pause(this.#options.env));
    this.#underWay.set(index, this.#restart(failed, error).catch(this.#options.giveUp));
  }

  /** The job is to end: no failure that was there before is followed by a pause. */
  hurry(): void {
    for (const pause of this.#pauses.values()) pause.end();
  }

  /** Restarts nothing any more. Resolves when what was being opened is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.hurry();
    await Promise.all(this.#underWay.values());
  }

  async #restart(failed: RegionRun, cause: unknown): Promise<void> {
    const { env, explain, delayAfter, restored, giveUp } = this.#options;
    const { region } = failed;
    logFailures(env, await Promise.allSettled(failed.close()));
    for (let { generation } = failed, error = cause; ;) {
      error = await explain(error);
      if (this.#closed) return;
      this.#report(region, generation, error);
      const delayMs = delayAfter(error);
      if (delayMs === undefined) return giveUp(error);
      await this.#pauses.get(region.index)?.wait(delayMs);
      if (this.#closed) return;
      generation = await this.#options.drawGeneration(region.index);
      const opened = await this.#open(region, generation);
      if (opened.kind === "failed") {
        this.#pauses.set(region.index, new Pause(env));
        error = await explain(opened.error);
        continue;
      }
      this.#underWay.delete(region.index);
      this.#pauses.delete(region.index);
      return restored(opened.run);
    }
  }

  async #open(
    region: Region,
    generation: number,
  ): Promise<
    { readonly kind: "open"; readonly run: RegionRun } | { readonly kind: "failed"; readonly error: unknown }
  > {
    try {
      return { kind: "open", run: await this.#options.open(region, generation) };
    } catch (error) {
      return { kind: "failed", error };
    }
  }

  #report(region: Region, generation: number, error: unknown): void {
    const { env, trace } = this.#options;
    const code = isTidemarkError(error) ? error.code : "INTERNAL";
    const message = messageOf(error);
    env.log({
      level: "error",
      message: `Region ${region.index} of the job failed, generation ${generation}: ${message}`,
      fields: { code },
    });
    trace?.({ kind: "region-failed", region: region.index, stages: stageNamesOf(region), generation, message, code });
  }
}
