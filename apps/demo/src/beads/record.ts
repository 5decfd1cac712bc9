import { memory } from "@tidemark/backend-memory";
import { run, type TraceEvent } from "@tidemark/core";
import { below, chance } from "../flights/chance.ts";
import { beadSink, type Row } from "./bead-sink.ts";
import type { Costs } from "./costs.ts";
import type { Beads } from "./deal.ts";
import { beadJob, STEPS } from "./job.ts";
import { slowBackend } from "./slow-backend.ts";
import { VirtualEnv } from "./virtual-env.ts";

/** A trace event of the engine, and when it happened on the virtual clock. */
export interface TimedEvent {
  readonly atMs: number;
  readonly event: TraceEvent;
}

/** What the engine did. */
export interface Recording {
  readonly events: readonly TimedEvent[];
  /** The rows that the sinks have committed, in the order of the commits. */
  readonly committed: readonly Row[];
}

/** What to have the engine do. */
export interface RecordOptions {
  readonly beads: Beads;
  readonly costs: Costs;
  /** Draws which of several ready subtasks goes on. */
  readonly seed: number;
  /** Off: only the last checkpoint, which a job that ends always takes. */
  readonly checkpoints: boolean;
  /** The ordinal of the checkpoint in the middle of which the job crashes; `undefined`: it does not. */
  readonly crashIn: number | undefined;
}

export const CRASH_MESSAGE = "somebody tripped over the power cable";

/** Runs the job in virtual time, to its end, and takes down what the engine says it does. */
export async function record({ beads, costs, seed, checkpoints, crashIn }: RecordOptions): Promise<Recording> {
  const random = chance(seed);
  const env = new VirtualEnv(random);
  const { sink, rows } = beadSink(costs.beadMs);
  const events: TimedEvent[] = [];
  const plug = new Plug(crashIn);
  const job = beadJob({ beads, costs, sink, mishap: () => plug.check() });
  const handle = run(job, {
    backend: slowBackend(memory(), env, costs),
    env,
    fuse: false,
    channelRecords: costs.channelBeads,
    checkpoint: { interval: checkpoints ? `${costs.intervalMs}ms` : "none" },
    restart: { attempts: 1, delay: `${costs.restartMs}ms` },
    pick: (count) => below(count, random),
    trace: (event) => {
      events.push({ atMs: env.now(), event });
      plug.see(event);
    },
  });
  await env.drive(handle.finished);
  return { events, committed: rows };
}

/** Pulls the plug once: when one sum has its snapshot of the chosen checkpoint, and the other one may not. */
class Plug {
  readonly #crashIn: number | undefined;
  #triggered = 0;
  #armed = false;

  constructor(crashIn: number | undefined) {
    this.#crashIn = crashIn;
  }

  see(event: TraceEvent): void {
    if (event.kind === "checkpoint-triggered") this.#triggered++;
    if (this.#triggered !== this.#crashIn || event.kind !== "alignment-ended" || event.at.stage !== STEPS.sum) return;
    this.#armed = true;
    this.#triggered = Infinity;
  }

  check(): void {
    if (!this.#armed) return;
    this.#armed = false;
    throw new Error(CRASH_MESSAGE);
  }
}
