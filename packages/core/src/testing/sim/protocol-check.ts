import type { ChannelName, SubtaskName, TraceEvent, TraceListener } from "../../runtime/trace.ts";
import type { SimProcess } from "./process.ts";
import type { SimWorld } from "./world.ts";

/**
 * Watches the protocol of every attempt, step by step, and notes each breach of its laws as a violation: alignment,
 * order of snapshot and barrier, no missing acknowledgement, commit only after the head, ids and generations that grow.
 */
export interface ProtocolCheck {
  /** The listener for the `trace` option of a run in this process. */
  listener(process: SimProcess): TraceListener;
}

/** Makes a check for a world. */
export function protocolCheck(world: SimWorld): ProtocolCheck {
  const history: History = { completed: 0, drawn: 0, generations: new Set(), newest: 0 };
  return {
    listener: (process) => {
      let attempt: Attempt | undefined;
      return (event) => {
        world.trace.note(`${process.incarnation} ${lineOf(event)}`);
        if (event.kind === "attempt-started") {
          const breach = (text: string): void => world.violation(`protocol: ${text}`);
          attempt = new Attempt(history, breach, event.generation, event.restoredFrom ?? 0);
          attempt.started();
        }
        if (event.kind === "attempt-failed") attempt = undefined;
        attempt?.on(event);
      };
    },
  };
}

/** What holds across all lives of a job. */
interface History {
  /** The newest checkpoint that a head was seen to list. */
  completed: number;
  /** The newest checkpoint id that was drawn. */
  drawn: number;
  readonly generations: Set<number>;
  newest: number;
}

/** What one subtask did for one checkpoint. */
interface Steps {
  readonly blocked: Set<number>;
  aligned: boolean;
  frozen: boolean;
  written: boolean;
}

class Attempt {
  readonly #history: History;
  readonly #breach: (text: string) => void;
  readonly #generation: number;
  readonly #restoredFrom: number;
  readonly #subtasks: Set<string> = new Set();
  readonly #steps: Map<string, Steps> = new Map();
  readonly #acknowledged: Map<number, Set<string>> = new Map();
  readonly #manifests: Set<number> = new Set();
  readonly #heads: Set<number> = new Set();
  /** Subtasks may still be at work for these, to no effect. */
  readonly #aborted: Set<number> = new Set();

  constructor(history: History, breach: (text: string) => void, generation: number, restoredFrom: number) {
    this.#history = history;
    this.#breach = breach;
    this.#generation = generation;
    this.#restoredFrom = restoredFrom;
  }

  started(): void {
    const { completed, generations } = this.#history;
    if (generations.has(this.#generation)) this.#breach(`generation ${this.#generation} began twice`);
    generations.add(this.#generation);
    this.#history.newest = Math.max(this.#history.newest, this.#generation);
    if (!this.#isOvertaken && this.#restoredFrom < completed) {
      this.#breach(`restored from checkpoint ${this.#restoredFrom}, and ${completed} was complete`);
    }
  }

  /** Whether a later attempt owns the job: until this one learns of it, it may go on with what comes to nothing. */
  get #isOvertaken(): boolean {
    return this.#generation < this.#history.newest;
  }

  on(event: TraceEvent): void {
    if ("at" in event) this.#subtasks.add(nameOf(event.at));
    switch (event.kind) {
      case "batch":
        if (event.channel !== undefined) this.#batch(event.at, event.channel);
        return;
      case "checkpoint-triggered":
        return this.#triggered(event.checkpointId);
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
        return this.#committed(event.checkpointId, event.sinkId);
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

  #triggered(checkpointId: number): void {
    if (this.#isOvertaken) return;
    if (checkpointId <= this.#history.drawn) {
      this.#breach(`checkpoint id ${checkpointId} was drawn after ${this.#history.drawn}`);
    }
    this.#history.drawn = Math.max(this.#history.drawn, checkpointId);
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
    this.#manifests.add(checkpointId);
  }

  #head(checkpointId: number): void {
    if (!this.#manifests.has(checkpointId)) {
      this.#breach(`the head lists checkpoint ${checkpointId} before its manifest`);
    }
    this.#heads.add(checkpointId);
    this.#forget(checkpointId);
    if (this.#isOvertaken) return;
    if (checkpointId <= this.#history.completed) {
      this.#breach(`checkpoint ${checkpointId} was completed after ${this.#history.completed}`);
    }
    this.#history.completed = Math.max(this.#history.completed, checkpointId);
  }

  #committed(checkpointId: number, sinkId: string): void {
    if (checkpointId > this.#restoredFrom && !this.#heads.has(checkpointId)) {
      this.#breach(`"${sinkId}" committed checkpoint ${checkpointId} before the head listed it`);
    }
  }
}

function nameOf(at: SubtaskName): string {
  return `${at.stage}/${at.subtask}`;
}

function lineOf(event: TraceEvent): string {
  const id = "checkpointId" in event ? ` ${event.checkpointId}` : "";
  const at = "at" in event ? ` ${nameOf(event.at)}` : "";
  const time = event.kind === "watermark" ? ` ${event.time}` : "";
  const failed = event.kind === "attempt-failed" ? ` ${event.code}: ${event.message}` : "";
  return `${event.kind}${id}${at}${time}${failed}`;
}
