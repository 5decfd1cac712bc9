import { compareBytes } from "../../bytes/compare.ts";
import type { StateBackend } from "../../state/backend.ts";
import { expect, expectLines } from "./expect.ts";
import { labelKey, SUITE_KEY_GROUPS } from "./suite-bytes.ts";
import { seededRandom } from "./suite-env.ts";
import { SuiteJob } from "./suite-job.ts";
import type { StateBackendCase, StateBackendFixture } from "./suite-types.ts";

const STEPS = 250;
const SEEDS = [1, 2, 3, 4];
const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** Random histories, compared with a plain map for each epoch. */
export const modelCases: readonly StateBackendCase[] = SEEDS.map((seed) => ({
  name: `model: ${STEPS} random steps agree with a map for each epoch, seed ${seed}`,
  run: async (fixture) => {
    const run = await ModelRun.start(fixture, seed);
    for (let step = 0; step < STEPS; step++) await run.step(step);
  },
}));

type Model = ReadonlyMap<string, string>;

class ModelRun {
  readonly #fixture: StateBackendFixture;
  readonly #random: () => number;
  readonly #sealed = new Map<number, Model>();
  #backend: StateBackend;
  #job: SuiteJob;
  #restored = 0;
  #now = new Map<string, string>();
  #epoch = 1;
  #values = 0;
  #what = "the start";

  private constructor(fixture: StateBackendFixture, job: SuiteJob, random: () => number) {
    this.#fixture = fixture;
    this.#backend = fixture.backend;
    this.#job = job;
    this.#random = random;
  }

  static async start(fixture: StateBackendFixture, seed: number): Promise<ModelRun> {
    return new ModelRun(fixture, await SuiteJob.start(fixture.backend, { parallelism: 2 }), seededRandom(seed));
  }

  async step(step: number): Promise<void> {
    const dice = this.#random();
    if (dice < 0.55) await this.#write(step);
    else if (dice < 0.72) await this.#checkpoint(step);
    else if (dice < 0.78) await this.#abort(step);
    else if (dice < 0.86) await this.#restore(step, false);
    else if (dice < 0.9) await this.#restore(step, true);
    else await this.#export(step);
    const lines = await this.#job.lines();
    expectLines(lines, linesOf(this.#now), `the entries after ${this.#what}`);
  }

  async #write(step: number): Promise<void> {
    this.#what = `step ${step}, a write to epoch ${this.#epoch}`;
    const ranges: (readonly [string, string])[] = [];
    if (this.#random() < 0.25) {
      const group = this.#pick(SUITE_KEY_GROUPS);
      const [from, to] = [this.#name(), this.#name()].toSorted() as [string, string];
      ranges.push([`${group}/${from}`, `${group}/${to}`]);
      for (const name of NAMES) if (name >= from && name < to) this.#now.delete(`${group}/${name}`);
    }
    const entries: Record<string, string | null> = {};
    for (let left = this.#pick(6); left > 0; left--) {
      const label = `${this.#pick(SUITE_KEY_GROUPS)}/${this.#name()}`;
      entries[label] = this.#random() < 0.3 ? null : `v${++this.#values}`;
    }
    for (const [label, value] of Object.entries(entries)) {
      if (value === null) this.#now.delete(label);
      else this.#now.set(label, value);
    }
    await this.#job.write(this.#epoch, { entries, ranges });
  }

  async #checkpoint(step: number): Promise<void> {
    this.#what = `step ${step}, checkpoint ${this.#epoch}`;
    this.#sealed.set(this.#epoch, new Map(this.#now));
    await this.#job.checkpoint(this.#epoch, 1 + this.#pick(3));
    this.#epoch++;
  }

  async #abort(step: number): Promise<void> {
    this.#what = `step ${step}, aborted checkpoint ${this.#epoch}`;
    await this.#job.seal(this.#epoch);
    if (this.#random() < 0.5) await this.#job.release();
    this.#epoch++;
  }

  async #restore(step: number, isOlder: boolean): Promise<void> {
    const epochs = this.#job.retained.map((checkpoint) => checkpoint.epoch);
    const epoch = (isOlder ? epochs[this.#pick(epochs.length)] : epochs.at(-1)) ?? 0;
    this.#what = `step ${step}, a restore of epoch ${epoch}`;
    // Half of the time the process goes on, and the older session is still there.
    if (this.#random() < 0.5) this.#backend = await this.#fixture.reopen();
    this.#job = await SuiteJob.start(this.#backend, { epoch, parallelism: 1 + this.#pick(4) });
    this.#restored = epoch;
    this.#now = new Map(this.#sealed.get(epoch) ?? []);
    this.#epoch++;
  }

  async #export(step: number): Promise<void> {
    const retained = this.#job.retained.filter((checkpoint) => checkpoint.epoch >= this.#restored);
    const epoch = retained[this.#pick(retained.length)]?.epoch;
    if (epoch === undefined) return;
    this.#what = `step ${step}, an export of epoch ${epoch}`;
    const expected = this.#sealed.get(epoch);
    expect(expected !== undefined, `the model has no epoch ${epoch}`);
    expectLines(await this.#job.exported(epoch), linesOf(expected), this.#what);
  }

  #pick(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #name(): string {
    return NAMES[this.#pick(NAMES.length)] as string;
  }
}

function linesOf(model: Model): readonly string[] {
  return [...model]
    .map(([label, value]) => ({ key: labelKey(label), line: `${label}=${value}` }))
    .toSorted((a, b) => compareBytes(a.key, b.key))
    .map(({ line }) => line);
}
