import type { StateBackend } from "../../state/backend.ts";
import type { TraceListener } from "../../runtime/trace.ts";
import type { SimProcess } from "../sim/process.ts";
import type { SimWorld } from "../sim/world.ts";
import type { Trial } from "./trial.ts";

/** Where a job that does not run has left its durable state. */
export interface JobPlace {
  /** The name of the pipeline. */
  readonly job: string;
  /** Where the state is, as that process sees it. */
  readonly backend: StateBackend;
  /** Who looks at it: no process of the job. */
  readonly process: SimProcess;
}

/** Looks into what a simulated job has stored, while it does not run. */
export interface JobInspection {
  /**
   * Looks at what a life has left behind, and at the end at what remains.
   *
   * @returns the text of each thing that is wrong.
   */
  inspect(
    place: JobPlace,
    run: { readonly world: SimWorld; readonly trial: Trial; readonly isOver: boolean },
  ): Promise<readonly string[]>;
  /**
   * Makes an older retained checkpoint the newest one.
   *
   * @param choose which of so many, from 0, the oldest.
   * @returns its id; `undefined` if there is none but the newest, and nothing was changed.
   */
  goBack(place: JobPlace, choose: (count: number) => number): Promise<number | undefined>;
  /** Watches a run of the job in a process, whether its storage is looked into or not. Default: nobody does. */
  watch?(world: SimWorld, process: SimProcess): TraceListener;
}
