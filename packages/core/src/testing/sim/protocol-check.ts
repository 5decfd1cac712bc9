import type { ChannelName, SubtaskName, TraceEvent, TraceListener } from "../../runtime/trace.ts";
import { NOTHING_SEEN, observe, type Observed } from "./lineage.ts";
import type { SimProcess } from "./process.ts";
import type { SimWorld } from "./world.ts";

/**
 * Watches the protocol of every attempt, step by step, and notes each breach of its laws as a violation: alignment,
 * order of snapshot and barrier, no missing acknowledgement, and, over all attempts, the rules of {@link observe}.
 */
export interface ProtocolCheck {
  /** The listener for the `trace` option of a run in this process. */
  listener(process: SimProcess): TraceListener;
}

/** What the pipeline promises decides which laws hold. */
export interface ProtocolCheckOptions {
  /** Whether a barrier blocks its channel until all have come; an at-least-once pipeline blocks none. Default: `true`. */
  readonly blocks?: boolean;
  /** Whether the job begins with a checkpoint of another one, as a fork does. Default: `false`. */
  readonly isFork?: boolean;
}

/**
 * Makes a check for a world.
 *
 * @example
 * ```ts
 * import { memory } from "@tidemark/backend-memory";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline, run } from "@tidemark/core";
 * import { protocolCheck, simWorld } from "@tidemark/core/testing";
 *
 * const job = pipeline("words");
 * job.source("words", fromArray(["ebb", "flow"])).sink("out", toArray<string>().sink);
 *
 * const world = simWorld(1);
 * const check = protocolCheck(world);
 * const process = world.spawn();
 * process.start(() => run(job, { backend: memory(), env: process.env, trace: check.listener(process) }).finished);
 * await world.run(process);
 * console.log(world.violations);
 * // prints []
 * ```
 */
export function protocolCheck(
  world: SimWorld,
  { blocks = true, isFork = false }: ProtocolCheckOptions = {},
): ProtocolCheck {
  const breach = (text: string): void => world.violation(`protocol: ${text}`);
  let lineage = NOTHING_SEEN;
  const see = (observed: Observed): void => {
    const next = observe(lineage, observed);
    if (typeof next === "string") breach(next);
    else lineage = next;
  };
  return {
    listener: (process) => {
      let attempt: Attempt | undefined;
      return (event) => {
        if (event.kind === "channel-watermark" || event.kind === "channel-status") return;
        world.trace.note(`${process.incarnation} ${lineOf(event)}`);
        if (event.kind === "attempt-started") {
          const { generation, restoredFrom = 0 } = event;
          if (isFork && lineage.drawn.length === 0) lineage = { ...lineage, described: [restoredFrom] };
          see({ kind: "started", generation, restoredFrom });
          attempt = new Attempt(see, breach, generation, blocks);
        }
        if (event.kind === "attempt-failed") attempt = undefined;
        attempt?.on(event);
      };
    },
  };
}

/** What one subtask did for one checkpoint. */
interface Steps {
  readonly blocked: Set<number>;
  aligned: boolean;
  frozen: boolean;
  written: boolean;
}

class Attempt {
  readonly #see: (observed: Observed) => void;
  readonly #breach: (text: string) => void;
  readonly #generation: number;
  readonly #blocks: boolean;
  readonly #subtasks: Set<string> = new Set();
  readonly #steps: Map<string, Steps> = new Map();
  readonly #acknowledged: Map<number, Set<string>> = new Map();
  /** Subtasks may still be at work for these, to no effect. */
  readonly #aborted: Set<number> = new Set();

  constructor(see: (observed: Observed) => void, breach: (text: string) => void, generation: number, blocks: boolean) {
    this.#see = see;
    this.#breach = breach;
    this.#generation = generation;
    this.#blocks = blocks;
  }

  on(event: TraceEvent): void {
    if ("at" in event) this.#subtasks.add(nameOf(event.at));
    switch (event.kind) {
      case "batch":
        if (event.channel !== undefined && this.#blocks) this.#batch(event.at, event.channel);
        return;
      case "checkpoint-triggered":
        return this.#see({ kind: "drawn", generation: this.#generation, id: event.checkpointId });
      case "barrier-received":
        if (!this.#aborted.has(event.checkpointId)) {
          this.#of(event.checkpointId, event.at).blocked.add(event.channel.index);
        }
        return;
      case "alignment-ended":
        this.#of(event.checkpointId, event.at).aligned = true;
        return;
      case "snapshot-frozen":
        this.#of(event.checkpointId, event.at).frozen = true;
        return;
      case "barrier-forwarded":
        this.#inOrder(event, "frozen", "passed the barrier on before its snapshot");
        return;
      case "snapshot-written":
        this.#inOrder(event, "frozen", "wrote a snapshot before it was taken");
        this.#of(event.checkpointId, event.at).written = true;
        return;
      case "acknowledged":
        return this.#acknowledge(event);
      case "manifest-written":
        return this.#manifest(event.checkpointId);
      case "head-written":
        return this.#head(event.checkpointId);
      case "committed":
        return this.#see({ kind: "committed", generation: this.#generation, id: event.checkpointId });
      case "checkpoint-aborted":
        this.#aborted.add(event.checkpointId);
        return this.#forget(event.checkpointId);
      default:
        return;
    }
  }

  #of(checkpointId: number, at: SubtaskName): Steps {
    const key = `${checkpointId} ${nameOf(at)}`;
    let steps = this.#steps.get(key);
    if (steps === undefined) {
      steps = { blocked: new Set(), aligned: false, frozen: false, written: false };
      this.#steps.set(key, steps);
    }
    return steps;
  }

  #forget(checkpointId: number): void {
    for (const key of this.#steps.keys()) if (key.startsWith(`${checkpointId} `)) this.#steps.delete(key);
  }

  #batch(at: SubtaskName, channel: ChannelName): void {
    const suffix = ` ${nameOf(at)}`;
    for (const [key, steps] of this.#steps) {
      if (steps.aligned || !steps.blocked.has(channel.index) || !key.endsWith(suffix)) continue;
      this.#breach(`${nameOf(at)} took records of channel ${channel.index} behind barrier ${key.split(" ")[0]}`);
    }
  }

  #inOrder(
    event: { readonly checkpointId: number; readonly at: SubtaskName },
    before: "frozen" | "written",
    text: string,
  ): void {
    if (this.#aborted.has(event.checkpointId)) return;
    if (!this.#of(event.checkpointId, event.at)[before]) {
      this.#breach(`${nameOf(event.at)} ${text} (checkpoint ${event.checkpointId})`);
    }
  }

  #acknowledge(event: { readonly checkpointId: number; readonly at: SubtaskName }): void {
    this.#inOrder(event, "written", "acknowledged a snapshot before it was written");
    const names = this.#acknowledged.get(event.checkpointId) ?? new Set();
    names.add(nameOf(event.at));
    this.#acknowledged.set(event.checkpointId, names);
  }

  #manifest(checkpointId: number): void {
    if (this.#aborted.has(checkpointId)) {
      this.#breach(`checkpoint ${checkpointId} got its manifest after it was aborted`);
    }
    for (const name of this.#subtasks) {
      if (this.#acknowledged.get(checkpointId)?.has(name) !== true) {
        this.#breach(`the manifest of checkpoint ${checkpointId} lacks the acknowledgement of ${name}`);
      }
    }
    this.#see({ kind: "described", generation: this.#generation, id: checkpointId });
  }

  #head(checkpointId: number): void {
    this.#see({ kind: "listed", generation: this.#generation, id: checkpointId });
    this.#forget(checkpointId);
  }
}

function nameOf(at: SubtaskName): string {
  return `${at.stage}/${at.subtask}`;
}

function lineOf(event: TraceEvent): string {
  const id = "checkpointId" in event ? ` ${event.checkpointId}` : "";
  const at = "at" in event ? ` ${nameOf(event.at)}` : "";
  const time = event.kind === "watermark" ? ` ${event.time}` : "";
  const region = "region" in event ? ` ${event.region} ${event.generation}` : "";
  const failed = "code" in event ? ` ${event.code}: ${event.message}` : "";
  return `${event.kind}${id}${at}${time}${region}${failed}`;
}
