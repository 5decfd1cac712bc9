import type { TraceEvent } from "../../runtime/trace.ts";

/** Finds in the protocol of one run what should happen now and then, if the simulation is any good. */
export class TraceProbes {
  readonly #pending: Set<number> = new Set();
  readonly #ended: Set<string> = new Set();
  #subtasks = 0;
  #frozen: Set<string> = new Set();
  #restoredFrom: number | undefined;
  #records = 0;
  /** The newest checkpoint that is complete, and the newest whose rows are visible. */
  #completedId = 0;
  #committedId = 0;

  /** The probe that an event reaches. */
  of(event: TraceEvent): string | undefined {
    switch (event.kind) {
      case "attempt-started":
        return this.#started(event.restoredFrom);
      case "attempt-failed":
        return `attempt failed with ${event.code}`;
      case "region-failed":
        return `region failed with ${event.code}`;
      case "checkpoint-triggered":
        this.#pending.add(event.checkpointId);
        return this.#pending.size > 1 ? "checkpoint triggered while another is pending" : undefined;
      case "checkpoint-completed":
        return this.#completed(event.checkpointId);
      case "committed":
        this.#committedId = event.checkpointId;
        return undefined;
      case "checkpoint-aborted":
        this.#pending.delete(event.checkpointId);
        return `checkpoint aborted: ${event.reason}`;
      case "declined":
        return `checkpoint declined: ${event.reason}`;
      case "alignment-abandoned":
        return `alignment abandoned: ${event.reason}`;
      case "barrier-overtook":
        return "barrier overtook records";
      case "channel-blocked":
        return "channel blocked";
      case "snapshot-written":
        return event.inFlightBytes > 0 ? "records in flight written" : undefined;
      case "snapshot-frozen":
        return this.#froze(`${event.at.stage}/${event.at.subtask}`);
      case "batch":
        this.#records += event.values.length;
        return undefined;
      case "ended":
        this.#ended.add(`${event.at.stage}/${event.at.subtask}`);
        return undefined;
      default:
        return undefined;
    }
  }

  #started(restoredFrom: number | undefined): string | undefined {
    const before = this.#subtasks;
    const isRestored = restoredFrom !== undefined;
    this.#subtasks = this.#frozen.size;
    const isRescaled = isRestored && before > 0 && this.#subtasks > 0 && before !== this.#subtasks;
    const isAgain = isRestored && this.#restoredFrom === restoredFrom;
    this.#restoredFrom = restoredFrom;
    this.#pending.clear();
    this.#completedId = 0;
    this.#committedId = 0;
    this.#ended.clear();
    this.#frozen = new Set();
    if (isRescaled) return "restored on another number of subtasks";
    if (isAgain) return "restored twice from one checkpoint";
    return isRestored ? "restored from a checkpoint" : "started from nothing";
  }

  #froze(at: string): string | undefined {
    this.#frozen.add(at);
    return this.#ended.has(at) ? "snapshot of a subtask that has ended" : undefined;
  }

  #completed(checkpointId: number): string {
    this.#pending.delete(checkpointId);
    const before = this.#completedId;
    this.#completedId = checkpointId;
    const records = this.#records;
    this.#records = 0;
    if (this.#committedId < before) return "checkpoint complete before the one before it is committed";
    return records === 0 ? "checkpoint of nothing" : "checkpoint of something";
  }
}
